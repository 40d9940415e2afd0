"""Whose answer each record of a log is: by id, by clip, by question and choices, or by position.

A log that answers another benchmark, another edition or one item twice would give a number that says nothing, so each
such record is an error with its line, unless the caller leaves it out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath

import msgspec

from mmar.errors import InputError
from mmar.items import Benchmark, Item
from mmar.logs.record import LogRecord, OnError, PredictionLog


class JoinedAnswer(msgspec.Struct, frozen=True):
    """A record of the log, and the item's choices in the order of its prompt; `None` for the item's own order."""

    record: LogRecord
    choice_order: tuple[str, ...] | None = None


class JoinedLog(msgspec.Struct, frozen=True):
    """A log joined to a benchmark.

    Attributes:
        answers: by item id, in the log's order.
        methods: how many records were joined by `id`, `audio`, `question` and `position`.
        notes: what a reader of the scores must know, one sentence each.
    """

    program: str
    answers: Mapping[str, JoinedAnswer]
    methods: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def verdicts(self) -> dict[str, bool]:
        """What the program itself scored, by item id, where the log says so."""
        return {
            name: each.record.verdict
            for name, each in self.answers.items()
            if each.record.verdict is not None
        }


def join_log(
    log: PredictionLog,
    benchmark: Benchmark,
    on_error: OnError = None,
    *,
    answers_only: bool = False,
) -> JoinedLog:
    """Find the item of each record.

    `on_error` is called with the error of a record that does not belong, which is then left out. With `answers_only`,
    prompts and reasoning are not kept, which are most of a large log.

    Raises:
        InputError: without `on_error`: codes `unknown-item`, `ambiguous-item`, `duplicate-id`, `other-question`.
    """
    index = _Index(benchmark)
    answers: dict[str, JoinedAnswer] = {}
    methods: dict[str, str] = {}
    later = 0
    reworded: list[str] = []
    for position, record in enumerate(log.records(on_error)):
        later += record.further
        try:
            item, method = index.find(record, position)
            answer = JoinedAnswer(record, _choice_order(item, record))
            if (before := answers.get(item.id)) is not None:
                later += record.repeat is not None
                answer = _chosen(item, before, answer, log)
                if answer is before:
                    continue
        except InputError as error:
            error.located(record.file or log.file, record.line)
            if on_error is None:
                raise
            on_error(error)
            continue
        methods[item.id] = method
        if record.question is not None and _plain(item.question) not in _plain(record.question):
            reworded.append(item.id)
        if answers_only:
            slim = msgspec.structs.replace(answer.record, question=None, choices=None, thinking="", ids=())
            answer = JoinedAnswer(slim, answer.choice_order)
        answers[item.id] = answer
    counts = Counter(methods.values())
    listed = ", ".join(f"{name} ({count})" for name, count in counts.items() if name != "id")
    shuffled = sum(each.choice_order is not None for each in answers.values())
    example = reworded[0] if reworded else ""
    notes = {
        f"joined to the benchmark by {listed}": listed,
        f"the order of the choices is that of each prompt; it differs from the benchmark's for {shuffled}": shuffled,
        f"the log puts the question of {len(reworded):,} in other words than the benchmark, such as {example}": reworded,
        f"{later:,} further answers to the same items (repeats, epochs) are left out; the first of each counts": later,
    }
    applicable = (note for note, applies in notes.items() if applies)
    return JoinedLog(log.program, answers, counts, (*log.notes, *applicable))


def _chosen(item: Item, first: JoinedAnswer, second: JoinedAnswer, log: PredictionLog) -> JoinedAnswer:
    """Which of two records of one item counts.

    Raises:
        InputError: they are not repeats, and not copies in two files of one run (code `duplicate-id`).
    """
    before, record = first.record, second.record
    if before.repeat is not None and record.repeat is not None and before.repeat != record.repeat:
        return first if before.repeat < record.repeat else second
    if before.file != record.file and before.text == record.text:
        if before.verdict is None and record.verdict is not None:
            own = {"verdict": record.verdict, "extracted": record.extracted}
            return msgspec.structs.replace(first, record=msgspec.structs.replace(before, **own))
        return first
    where, hint = "", "keep one answer for each item, or use --lenient to keep the first"
    if before.file != record.file:
        where, hint = f" of {before.file}", f"name one of the files: {', '.join(log.files)}"
    problem = f'"{item.id}" is answered a second time, first in record {before.line}{where}'
    raise InputError(problem, code="duplicate-id", hint=hint)


class _Index:
    """The ways to find an item."""

    def __init__(self, benchmark: Benchmark) -> None:
        self._benchmark = benchmark
        self._items = list(benchmark)
        self._clips: defaultdict[str, list[Item]] = defaultdict(list)
        self._questions: defaultdict[str, list[Item]] = defaultdict(list)
        for item in self._items:
            self._clips[_stem(item.audio_path)].append(item)
            self._questions[_plain(item.question)].append(item)

    def find(self, record: LogRecord, position: int) -> tuple[Item, str]:
        """The item of a record and the method by which it was found."""
        for name in record.ids:
            if (item := self._benchmark.by_id.get(name)) is not None:
                return item, "id"
        item_id = next(iter(record.ids), None)
        audio = record.audio if record.audio is not None else item_id
        if audio is not None and (same_clip := self._clips.get(_stem(audio))):
            items = self._by_text(record, same_clip)
            if len(items) == 1:
                return items[0], "audio"
        if record.question is not None:
            items = self._by_question(record)
            if len(items) == 1:
                return items[0], "question"
            own = record.position
            if own is not None and own < len(self._items) and self._items[own] in items:
                return self._items[own], "question and position"
            if items:
                problem = f"{len(items)} items have this question and these choices"
                hint = "name the field with the item's id with --id; of evalscope, the file in reviews/"
                raise InputError(problem, code="ambiguous-item", hint=hint)
        elif audio is None:
            own = position if record.position is None else record.position
            if own < len(self._items):
                return self._items[own], "position"
        name = "this record" if item_id is None else f'"{item_id}"'
        raise InputError(
            f'{name} is not an item of the benchmark "{self._benchmark.name}"',
            field=None if item_id is None else "id",
            code="unknown-item",
            hint="check that --benchmark names the benchmark, and the edition, that the log answers; --id names the id's field",
        )

    def _by_question(self, record: LogRecord) -> list[Item]:
        """Items whose question is a line of the prompt, and whose choices the record has."""
        prompt = record.question or ""
        whole = _plain(prompt)
        candidates = list(self._questions.get(whole, ()))
        for line in map(_plain, prompt.splitlines()):
            candidates += self._questions.get(line, ())
            # Prompts put a word such as "Question:" before, or a sentence behind it.
            _, colon, rest = line.partition(":")
            candidates += self._questions.get(rest.strip(), ()) if colon else ()
        if not candidates:
            candidates = [
                item for item in self._items if len(item.question) > 20 and _plain(item.question) in whole
            ]
        unique = list({item.id: item for item in candidates}.values())
        return self._by_text(record, unique)

    def _by_text(self, record: LogRecord, items: list[Item]) -> list[Item]:
        """Of several items those whose choices the record has, all where it has none; a single one as it is."""
        if len(items) < 2:
            return items
        prompt = _plain(record.question or "")
        if record.choices is not None:
            own = sorted(map(_plain, record.choices))
            if exact := [item for item in items if sorted(map(_plain, item.choices)) == own]:
                return exact
        named = [
            item
            for item in items
            if _plain(item.question) in prompt and all(_plain(choice) in prompt for choice in item.choices)
        ]
        return named or (items if record.choices is None else [])


def _choice_order(item: Item, record: LogRecord) -> tuple[str, ...] | None:
    """The item's choices in the order of the record's prompt, where that is another one."""
    if record.choices is None:
        return None
    own = [_plain(choice) for choice in item.choices]
    prompted = [_plain(choice) for choice in record.choices]
    if own == prompted:
        return None
    if sorted(own) == sorted(prompted):
        remaining = dict(enumerate(own))
        order = []
        for choice in prompted:
            index = next(index for index, name in remaining.items() if name == choice)
            del remaining[index]
            order.append(item.choices[index])
        return tuple(order)
    prompt = _plain(record.question or "")
    if prompt and all(choice in prompt for choice in own):
        return None  # lettered lines of the prompt that are not the choices
    problem = f'the choices are not those of the item "{item.id}": the log has {list(record.choices)!r}'
    hint = "the log answers another edition of the benchmark; name it with --benchmark"
    raise InputError(problem, code="other-question", hint=hint)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _stem(path: str) -> str:
    name = (PureWindowsPath if "\\" in path else PurePosixPath)(path.partition("?")[0]).name
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and suffix.casefold() in _SUFFIXES else name


_SUFFIXES = {"wav", "mp3", "flac", "ogg", "opus", "m4a", "aac", "webm", "mp4"}
