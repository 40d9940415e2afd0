"""Scored runs as the columns and texts that a page holds."""

from __future__ import annotations

import hashlib
import itertools
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mmar.errors import InputError, UsageError
from mmar.items import Benchmark, Item
from mmar.items.predictions import is_cut_off
from mmar.logs import join_log, open_log
from mmar.models.answer import Answer, Failure
from mmar.protocols.reading.rules import quoted
from mmar.reports.page.questions import replace_surrogates
from mmar.reports.page.texts import Text, shorten
from mmar.reports.scored_source import ScoredSource
from mmar.runs.ledger import RequestKey
from mmar.scoring.align_runs import run_label
from mmar.scoring.official import official_words
from mmar.scoring.result import ItemScore
from mmar.scoring.robustness import ItemReadings
from mmar.scoring.rubric.judge import stored_judgements
from mmar.scoring.rubric.reply import JudgedItem, item_score
from mmar.scoring.rubric.result import RubricResult

_STATES = {"choice": "c", "unresolved": "u", "refused": "r", "failed": "f", "missing": "m"}


class PageRun(msgspec.Struct, frozen=True):
    """A scored run or predictions file on a page.

    Attributes:
        key: names it in addresses, whatever its position among the others.
        label: a letter, as `mmar compare` has it.
        name: the model, with its condition if that is not `full`; for a file its name.
        answers: the first answer to each item, by id; for a log without their texts.
        rubrics: the judgements beside it, by judge.
        cost: of the run's requests by the price table; `None` without one.
    """

    key: str
    label: str
    name: str
    source: ScoredSource
    answers: Mapping[str, Answer]
    rubrics: Mapping[str, RubricResult]
    cost: float | None


def page_runs(sources: Sequence[ScoredSource], prices: str | Path | None = None) -> list[PageRun]:
    """The runs of a page, in its order.

    Raises:
        InputError: the price table or the judgements beside a run are not valid.
    """
    keys: set[str] = set()
    return [_page_run(source, index, keys, prices) for index, source in enumerate(sources)]


def _page_run(source: ScoredSource, index: int, keys: set[str], prices: str | Path | None) -> PageRun:
    manifest, path, condition = source.manifest, source.path, source.condition
    name = path.name if manifest is None else manifest.model
    if condition not in ("full", "?", "none") or (condition == "none" and manifest is not None):
        name = f"{name} ({condition})"
    seed = "\n".join((name, source.protocol, path.name)).encode(errors="replace")
    digests = (hashlib.sha256(b"%s\n%d" % (seed, number)).hexdigest()[:8] for number in itertools.count())
    key = next(digest for digest in digests if digest not in keys)
    keys.add(key)
    return PageRun(
        key=key,
        label=run_label(index),
        name=replace_surrogates(name),
        source=source,
        answers=_answers_of_log(source) if manifest is None else source.answers,
        rubrics=dict(stored_judgements(path, source.benchmark)),
        cost=source.cost(prices),
    )


def _answers_of_log(source: ScoredSource) -> dict[str, Answer]:
    """The records of a file as answers without the texts, which the scores have."""
    try:
        log = open_log(source.path, key=source.task.key, id_field=source.task.id_field)
        joined = join_log(log, source.benchmark, lambda _: None)
    except (InputError, UsageError):  # it was scored, but cannot be read as a log
        return {}
    answers = {}
    for name, each in joined.answers.items():
        record = each.record
        failure = Failure("server", record.failure) if record.failure else None
        answers[name] = Answer(name, "", "" if failure else record.thinking, failure, record.finish_reason)
    return answers


def run_columns(run: PageRun, benchmark: Benchmark) -> dict[str, Any]:
    """A run column by column: one character an item, in the benchmark's order.

    `states` has c, u, r, f, m; `picks` the letter of the choice named or "-"; `verdicts` a digit of the bits 1
    (official) and 2 (choice); `cut` 1 where the token limit ended the answer; `steady` 1 where all answers to
    an item that was asked several times agree; `rules` indexes `rule_names` from "A" on.
    """
    source, manifest = run.source, run.source.manifest
    rows = [source.scores.get(item.id) for item in benchmark]
    rules, rule_names = _encode(["" if row is None else row.rule or row.reason for row in rows])
    shapes, shape_names = _encode(["" if row is None else row.shape for row in rows])
    readings = {each.item.id: each for each in source.scored.readings}
    score = source.score.to_dict()
    del score["disagreements"]
    return {
        "key": run.key,
        "label": run.label,
        "name": run.name,
        "file": replace_surrogates(source.path.name),
        "isRun": manifest is not None,
        "condition": source.condition,
        "protocol": source.protocol,
        "maxTokens": None if manifest is None else manifest.settings.max_tokens,
        "finished": manifest is None or manifest.finished,
        "score": score,
        "speed": _speed(run),
        "rubrics": [_rubric(judge, result) for judge, result in run.rubrics.items()],
        "states": "".join("m" if row is None else _STATES[row.state] for row in rows),
        "picks": "".join(map(_pick, benchmark, rows)),
        "verdicts": "".join("0" if row is None else str(row.official + 2 * row.choice) for row in rows),
        "cut": "".join("1" if _is_cut(run, item) else "0" for item in benchmark),
        "rules": rules,
        "ruleNames": rule_names,
        "steady": "".join(_steadiness(readings.get(item.id)) for item in benchmark) if readings else "",
        "shapes": shapes,
        "shapeNames": shape_names,
    }


def _encode(values: Sequence[str]) -> tuple[str, list[str]]:
    """One character for each value, from "A" on and "-" for an empty one; and the values by character."""
    names = sorted(set(values) - {""})
    characters = {name: chr(ord("A") + index) for index, name in enumerate(names)}
    return "".join(characters.get(value, "-") for value in values), names


def _pick(item: Item, row: ItemScore | None) -> str:
    if row is None or row.named is None or row.named not in item.choices:
        return "-"
    return chr(ord("A") + item.choices.index(row.named))


def _is_cut(run: PageRun, item: Item) -> bool:
    row, answer = run.source.scores.get(item.id), run.answers.get(item.id)
    if row is None or row.prediction is None or answer is None:
        return False
    return is_cut_off(answer.finish_reason)


def _speed(run: PageRun) -> dict[str, Any] | None:
    """Seconds of an answer, tokens and cost, as far as they are recorded."""
    seconds = sorted(answer.latency_s for answer in run.answers.values() if answer.latency_s is not None)
    usages = [answer.usage for _, answer in run.source.scored.answers.values() if answer.usage is not None]
    if not seconds and not usages:
        return None
    return {
        "answers": len(seconds),
        "median": statistics.median(seconds) if seconds else None,
        "p95": seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))] if seconds else None,
        "inputTokens": sum(usage.input_tokens or 0 for usage in usages),
        "outputTokens": sum(usage.output_tokens or 0 for usage in usages),
        "reasoningTokens": sum(usage.reasoning_tokens or 0 for usage in usages),
        "cost": run.cost,
    }


def _rubric(judge: str, result: RubricResult) -> dict[str, Any]:
    return {
        "judge": judge,
        **{
            name: getattr(result, name)
            for name in ("score", "interval", "high", "unjudged", "alpha", "signature")
        },
    }


def answer_records(run: PageRun, benchmark: Benchmark) -> list[dict[str, Any] | None]:
    """The data of the view of an item for the run's answer; `None` without one."""
    judged = {judge: {each.id: each for each in result.items} for judge, result in run.rubrics.items()}
    readings = {each.item.id: each for each in run.source.scored.readings}
    return [_answer_record(run, item, judged, readings.get(item.id)) for item in benchmark]


def _answer_record(
    run: PageRun,
    item: Item,
    judged: Mapping[str, Mapping[str, JudgedItem]],
    readings: ItemReadings | None,
) -> dict[str, Any] | None:
    row, answer = run.source.scores.get(item.id), run.answers.get(item.id, Answer(item.id, "", ""))
    if row is None or row.state == "missing":
        return None
    text = row.prediction or ""
    short_text, words = shorten(text, row.start, row.end)
    failure = "" if answer.failure is None else answer.failure.message
    record: dict[str, Any] = {
        "answer": short_text,
        "words": words,
        "thinking": shorten(answer.thinking)[0],
        "thinkingLength": len(answer.thinking),
        "quote": replace_surrogates(quoted(text, row.start, row.end)),
        "why": "" if row.rule else replace_surrogates(row.reason),
        "official": _official(item, row),
        "finish": answer.finish_reason,
        "failure": replace_surrogates(failure[:2000]),
        "seconds": answer.latency_s,
        "tokens": None if answer.usage is None else [answer.usage.input_tokens, answer.usage.output_tokens],
        "caption": None if answer.caption is None else shorten(answer.caption)[0],
        "again": [] if readings is None else _further_answers(readings, run.source.scored.answers),
        "rubric": [
            _votes(judge, items[item.id], item) for judge, items in judged.items() if item.id in items
        ],
    }
    return {name: value for name, value in record.items() if value not in (None, "", [], 0)}


def _further_answers(
    readings: ItemReadings, answers: Mapping[RequestKey, tuple[int, Answer]]
) -> list[tuple[int, int, str, Text]]:
    """The answers besides the first: rotation, repeat, letter of the choice named, text."""
    further = []
    for rotation in range(readings.rotations):
        for repeat in range(readings.repeats):
            stored = answers.get(RequestKey(readings.item.id, rotation, repeat))
            if stored is None or not (rotation or repeat):
                continue
            answer = stored[1]
            text = answer.text if answer.failure is None else answer.failure.message
            further.append((rotation, repeat, _letter(readings, rotation, repeat), shorten(text)[0]))
    return further


def _letter(readings: ItemReadings, rotation: int, repeat: int) -> str:
    """The letter of the choice named, in the published order; "?" for none, "!" where no answer came."""
    if (rotation, repeat) not in readings.named:
        return "!"
    index = readings.named[rotation, repeat]
    return "?" if index is None else chr(ord("A") + index)


def _steadiness(readings: ItemReadings | None) -> str:
    """1 where all answers to an item name one choice, 0 where they do not, "-" where it was asked once."""
    if readings is None:
        return "-"
    named = {readings.choice(*each) for each in readings.named}
    return str(int(len(named) == 1 and None not in named))


def _official(item: Item, row: ItemScore) -> tuple[str, str]:
    if row.prediction is None or item.answer not in item.choices:
        return "none", ""
    code, words = official_words(item.answer, row.prediction, item.choices)
    return code, replace_surrogates(words)


def _votes(judge: str, judged: JudgedItem, item: Item) -> dict[str, Any]:
    judgements = [each for each in judged.judgements if each is not None]
    return {
        "judge": judge,
        "passes": judged.passes,
        "score": item_score(judged, item.rubric or ()),
        "criteria": [
            {
                "name": replace_surrogates(criterion.name),
                "scores": [each.votes[index].score for each in judgements],
                "reason": replace_surrogates(judgements[0].votes[index].reason[:2000]) if judgements else "",
            }
            for index, criterion in enumerate(item.rubric or ())
        ],
    }


def prompts(runs: Sequence[PageRun], item: Item) -> dict[str, list[list[str]]]:
    """The messages of an item's request, by protocol: role, text, and where the clip stands."""
    return {
        manifest.protocol.label: [
            [message.role, replace_surrogates(message.text), message.audio or ""]
            for message in manifest.protocol.request(
                item, Path("clip") if manifest.condition != "none" else None
            ).messages
        ]
        for run in runs
        if (manifest := run.source.manifest) is not None
    }
