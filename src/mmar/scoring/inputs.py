"""What is scored: a run's folder or a predictions file, and whose answer each record is.

A file that answers another benchmark, another edition, or one item twice would give a number that says
nothing; so each of these is an error with its line, unless the caller goes on without the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mmar.errors import InputError, UsageError
from mmar.items import Benchmark, Item, Prediction, PredictionField, Question, load_benchmark
from mmar.items.benchmark import duplicate_id
from mmar.items.item import FIELDS
from mmar.items.predictions import is_cut_off
from mmar.protocols import ReadingRule
from mmar.scoring.result import ItemScore

if TYPE_CHECKING:
    from mmar.models import Answer
    from mmar.runs.ledger import RequestKey
    from mmar.runs.manifest import Manifest


class Task(msgspec.Struct, frozen=True):
    """What to score, and how.

    Attributes:
        benchmark: the questions; for a file of whole records it may be left out.
        key: the field that holds the prediction; found in the file when `None`.
        rule: how to read answers; for a run its own protocol's when `None`.
        protocol: the label of the protocol that `rule` comes from.
        keep: which item scores to keep: `none`, `differing` or `all`.
        published: the name of the published benchmark that has a content digest, if one has.
        clustered: whether to add the intervals by source video, where the benchmark names videos.
        on_item: called with the score of every item, in order.
        restart: called when `on_item` will be called again from the first item.
        manifest: of a run, where the caller has read it.
        id_field: dotted path of the field with the item's id, for a log of another program.
        earlier: runs of the whole benchmark that sharpen the estimate of a sample.
        model: name of the model, for a file that does not say it.
    """

    path: Path
    benchmark: Benchmark | None = None
    key: str | None = None
    rule: ReadingRule | None = None
    protocol: str | None = None
    keep: str = "differing"
    lenient: bool = False
    published: Callable[[str], str | None] = lambda _: None
    clustered: bool = True
    on_item: Callable[[ItemScore], None] | None = None
    restart: Callable[[], None] = lambda: None
    manifest: Manifest | None = None
    id_field: str | None = None
    earlier: tuple[Path, ...] = ()
    model: str | None = None

    def collector(self, errors: list[InputError]) -> Callable[[InputError], None] | None:
        """What takes the error of a bad record; `None` if it is to be raised."""
        return errors.append if self.lenient else None


def load_questions(task: Task) -> Benchmark:
    """The questions of what is scored: those that were given, the run's own, or those in the file."""
    manifest = task.manifest if task.manifest is not None else find_run(task.path)
    if manifest is not None:
        return check_run_benchmark(task.path, task.benchmark, manifest)
    return task.benchmark if task.benchmark is not None else load_benchmark(task.path, lenient=task.lenient)


def resolve_run_folder(path: Path) -> Path:
    """The folder of a run for its ledger, any other path as it is.

    A ledger holds each failure and every answer that came later for the same item; read as a plain file of
    predictions it would be full of repeated ids.
    """
    if path.name != "answers.jsonl":
        return path
    from mmar.runs.manifest import MANIFEST_NAME

    return path.parent if (path.parent / MANIFEST_NAME).is_file() else path


def find_run(path: Path) -> Manifest | None:
    """The manifest of the run in a folder, `None` for a file or a folder with the log of another program."""
    if not path.is_dir():
        return None
    from mmar.runs.manifest import read_manifest

    manifest = read_manifest(path)
    if manifest is None:
        from mmar.logs import open_log

        try:
            open_log(path)
        except InputError as error:
            raise InputError(
                "is a folder that holds neither a run nor a log of another program",
                file=str(path),
                code="no-run",
                hint=error.hint,
            ) from None
    return manifest


def check_run_benchmark(path: Path, benchmark: Benchmark | None, manifest: Manifest) -> Benchmark:
    """Return the benchmark that was named for a run, which must have the run's questions."""
    if benchmark is None:
        raise UsageError(f"{path}: name the benchmark with --benchmark", code="benchmark-needed")
    if benchmark.digest != manifest.benchmark.digest:
        raise UsageError(
            f'{path} is a run of "{manifest.benchmark.name}" with content digest {manifest.benchmark.digest[:8]}; '
            f'"{benchmark.name}" has {benchmark.digest[:8]}',
            code="other-benchmark",
            hint="name the same edition with --benchmark",
        )
    return benchmark


def no_choices_error(path: Path, line: int | None = None) -> InputError:
    """The error for records that cannot be scored without their benchmark."""
    return InputError(
        "a record has no choices, so it cannot be scored by itself",
        file=str(path),
        line=line,
        field="choices",
        code="benchmark-needed",
        hint="name the benchmark that it answers: --benchmark mmar, or a path",
    )


def last_answers(folder: Path) -> dict[RequestKey, tuple[int, Answer]]:
    """Line and answer that count for each request of a run."""
    from mmar.runs.ledger import LEDGER_NAME, latest_answers, read_ledger

    return latest_answers(read_ledger(folder / LEDGER_NAME))


def first_answers(answers: Mapping[RequestKey, tuple[int, Answer]]) -> Iterator[tuple[int, Prediction]]:
    """Line and prediction of each item as published: the first repeat without rotation."""
    for (_, rotation, repeat), (line, answer) in answers.items():
        if rotation or repeat:
            continue
        failure = None if answer.failure is None else answer.failure.kind
        text = answer.text if failure is None else None
        cut_off = is_cut_off(answer.finish_reason)
        yield line, Prediction(answer.id, text, True, failure, None, cut_off=cut_off)


def join(
    benchmark: Benchmark,
    predictions: Iterable[tuple[int, Prediction]],
    file: str,
    on_error: Callable[[InputError], None] | None = None,
) -> dict[str, tuple[int, Prediction]]:
    """Find the item of each prediction: line and prediction by item id. Errors name `file`.

    Raises:
        InputError: an id that is not in the benchmark or stands twice, or a record whose question is not the
            benchmark's; with `on_error` the record is left out, and the error goes there.
    """
    by_id: dict[str, tuple[int, Prediction]] = {}
    for line, prediction in predictions:
        try:
            item = _item_of(benchmark, prediction)
            if item.id in by_id:
                raise duplicate_id(item.id, file, by_id[item.id][0], line)
        except InputError as error:
            error.located(file, line)
            if on_error is None:
                raise
            on_error(error)
            continue
        by_id[item.id] = line, prediction
    return by_id


def key_notes(choice: PredictionField) -> list[str]:
    """What to say of the field that predictions are read from, where there was a choice."""
    return [f'predictions are read from "{choice.key}": {choice.reason}'] if choice.reason else []


def no_prediction(path: Path, key: str, fields: Sequence[str]) -> InputError:
    """The error for a file of which no record has the field `key`; `fields` are those that its first records have."""
    others = [name for name in fields if name not in FIELDS and name != "thinking_prediction"]
    hint = "its records are questions without answers; mmar run makes answers"
    if not others and "choices" not in fields:
        hint = 'if "answer" is what the model answered, say so with --key answer'
    if others:
        verb = "is" if len(others) == 1 else "are"
        hint = f"name the field that holds the predictions with --key; there {verb} {', '.join(others)}"
    return InputError(f'no record has "{key}"', file=str(path), field=key, code="no-predictions", hint=hint)


def _item_of(benchmark: Benchmark, prediction: Prediction) -> Item:
    item = benchmark.by_id.get(prediction.id)
    if item is None:
        raise InputError(
            f'"{prediction.id}" is not an item of the benchmark "{benchmark.name}"',
            field="id",
            code="unknown-id",
            hint="check that --benchmark names the benchmark, and the edition, that the file answers",
        )
    whole = prediction.whole
    if whole is not None and (field := _differing_field(whole, item)):
        raise InputError(
            f'"{item.id}" differs from the item of "{benchmark.name}" in its {field}',
            field=field,
            code="other-question",
            hint="the file belongs to another edition (see mmar diff): score it without --benchmark, or correct it",
        )
    return item


def _differing_field(whole: Question, item: Item) -> str | None:
    """What a record asks otherwise than the benchmark, white space aside; its own answer does not matter."""
    if [choice.strip() for choice in whole.choices] != [choice.strip() for choice in item.choices]:
        return "choices"
    if whole.question is not None and whole.question.split() != item.question.split():
        return "question"
    return None
