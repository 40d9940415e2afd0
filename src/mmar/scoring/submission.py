"""Submissions to the Interspeech 2026 Audio Reasoning Challenge: writing one from a run, and checking one.

A submission is JSONL with `id`, `answer_prediction` and `thinking_prediction` for every item, each once, all strings.
The challenge judges reasoning of fewer than 10,000 characters (audio-reasoning-challenge.github.io, read 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from mmar.files.atomic import write_atomic
from mmar.files.typed import decode_json
from mmar.items import Benchmark, raw_records
from mmar.protocols import ReadingRule
from mmar.scoring.rubric.submissions import LENGTH_LIMIT
from mmar.scoring.tally import score_answer

__all__ = ["SubmissionReport", "check_submission", "report_of", "write_submission"]

_FIELDS = ("answer_prediction", "thinking_prediction")


class SubmissionReport(msgspec.Struct, frozen=True):
    """What a scorer will make of a submission.

    Attributes:
        n: number of items of the benchmark.
        official: percent right by the published rule.
        choice: percent right by the choice named.
        empty_answers: items with an empty answer.
        empty_reasoning: items with empty reasoning.
        long_reasoning: items with 10,000 or more characters of reasoning.
        unresolved: items whose answer names no choice.
        problems: what a scorer will refuse or drop, one sentence each; empty for a valid submission.
    """

    n: int
    official: float
    choice: float
    empty_answers: int
    empty_reasoning: int
    long_reasoning: int
    unresolved: int
    problems: tuple[str, ...] = ()


def write_submission(
    benchmark: Benchmark,
    answers: Mapping[str, tuple[str | None, str]],
    path: Path,
    *,
    raw: bool = False,
    rule: ReadingRule | None = None,
) -> tuple[SubmissionReport, int]:
    """Write a submission.

    Args:
        benchmark: the questions.
        answers: text (`None` where none came) and reasoning by item id.
        path: the file to write.
        raw: write each answer as it came; by default the text of the choice that it names, and as it came where it names
            none. An item without an answer has an empty one.
        rule: how answers are read.

    Returns:
        The report, and the number of items whose reasoning was cut to the limit.
    """
    records: dict[str, tuple[str, str]] = {}
    cut = 0
    for item in benchmark:
        text, reasoning = answers.get(item.id, (None, ""))
        named = None if raw or text is None else score_answer(item, text, rule).named
        if len(reasoning) >= LENGTH_LIMIT:
            reasoning, cut = reasoning[: LENGTH_LIMIT - 1], cut + 1
        records[item.id] = (named if named is not None else text or "", reasoning)
    encode = msgspec.json.Encoder().encode
    lines = (
        encode({"id": name, "answer_prediction": answer, "thinking_prediction": reasoning}) + b"\n"
        for name, (answer, reasoning) in records.items()
    )
    write_atomic(path, lines)
    return report_of(benchmark, records, rule), cut


def check_submission(benchmark: Benchmark, path: Path) -> SubmissionReport:
    """Check a submission as the challenge's scorer reads it.

    Raises:
        InputError: the file is not JSON or JSONL at all.
    """
    records: dict[str, tuple[str, str]] = {}
    problems: list[str] = []
    for line, text in raw_records(path):
        record = decode_json(text, file=str(path), line=line)
        problem = _problem(record, benchmark, records)
        if problem is not None:
            problems.append(f"line {line}: {problem}")
        else:
            records[record["id"]] = (record["answer_prediction"], record["thinking_prediction"])
    missing = [item.id for item in benchmark if item.id not in records]
    if missing:
        problems.append(
            f"{len(missing):,} of {len(benchmark):,} items are missing, the first is {missing[0]}"
        )
    return msgspec.structs.replace(report_of(benchmark, records), problems=tuple(problems))


def report_of(
    benchmark: Benchmark, records: Mapping[str, tuple[str, str]], rule: ReadingRule | None = None
) -> SubmissionReport:
    """What a scorer makes of answers and reasoning by item id."""
    scores = [score_answer(item, records.get(item.id, (None, ""))[0], rule) for item in benchmark]
    n = len(scores)
    return SubmissionReport(
        n=n,
        official=100 * sum(score.official for score in scores) / n,
        choice=100 * sum(score.choice for score in scores) / n,
        empty_answers=sum(not answer.strip() for answer, _ in records.values()),
        empty_reasoning=sum(not reasoning.strip() for _, reasoning in records.values()),
        long_reasoning=sum(len(reasoning) >= LENGTH_LIMIT for _, reasoning in records.values()),
        unresolved=sum(score.state == "unresolved" for score in scores),
    )


def _problem(record: Any, benchmark: Benchmark, known: Mapping[str, object]) -> str | None:
    """What is wrong with one record, or `None`."""
    if not isinstance(record, dict):
        return "is not a JSON object"
    item_id = record.get("id")
    if not isinstance(item_id, str) or item_id not in benchmark.by_id:
        return f'"{item_id}" is not an item of "{benchmark.name}"'
    if item_id in known:
        return f'"{item_id}" stands twice; the scorer counts both'
    for name in _FIELDS:
        if not isinstance(record.get(name), str):
            found = (
                "null"
                if record.get(name) is None and name in record
                else "missing"
                if name not in record
                else "not a string"
            )
            return f'"{name}" of "{item_id}" is {found}'
    return None
