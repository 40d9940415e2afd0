"""Submissions: writing one from a run, and checking one.

- Interspeech 2026 Audio Reasoning Challenge: JSONL with `id`, `answer_prediction` and `thinking_prediction` for every
  item, each once, all strings. The challenge judges reasoning of fewer than 10,000 characters
  (audio-reasoning-challenge.github.io, read 2026-11).
- MMAU, whose test answers are withheld: the publisher's own JSON array with the prediction added to every record. Its
  page names the field `model_prediction` and its script reads `model_output` (Sakshi113/MMAU at 110127f), so both are
  written.

The layout is that of the benchmark: MMAU's for records with `audio_id`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from mmar.files.atomic import write_atomic
from mmar.files.typed import decode_json
from mmar.items import Benchmark, Item, raw_records
from mmar.protocols import ReadingRule
from mmar.protocols.reading import read
from mmar.scoring.rubric.submissions import LENGTH_LIMIT
from mmar.scoring.tally import score_answer

_CHALLENGE = ("answer_prediction", "thinking_prediction")
_MMAU = ("model_prediction", "model_output")


class SubmissionReport(msgspec.Struct, frozen=True):
    """What a scorer will make of a submission.

    Attributes:
        official: percent right by the published rule; `None` where the answers are withheld.
        choice: percent right by the choice named; `None` where the answers are withheld.
        long_reasoning: items with 10,000 or more characters of reasoning.
        problems: what a scorer will refuse or drop, one sentence each; empty for a valid submission.
    """

    n: int
    official: float | None
    choice: float | None
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
    """Write a submission; return its report, and the number of items whose reasoning was cut to the limit.

    `answers` are text (`None` where none came) and reasoning by item id. An answer is written as the text of
    the choice that it names, and as it came where it names none, or with `raw`. An item without an answer has
    an empty one.
    """
    records: dict[str, tuple[str, str]] = {}
    cut = 0
    for item in benchmark:
        text, reasoning = answers.get(item.id, (None, ""))
        named = None if raw or text is None else _named(item, text, rule)
        if len(reasoning) >= LENGTH_LIMIT:
            reasoning, cut = reasoning[: LENGTH_LIMIT - 1], cut + 1
        records[item.id] = (named if named is not None else text or "", reasoning)
    if _fields(benchmark) == _MMAU:
        rows = [{**item.to_record(), **dict.fromkeys(_MMAU, records[item.id][0])} for item in benchmark]
        write_atomic(path, msgspec.json.format(msgspec.json.encode(rows), indent=2) + b"\n")
    else:
        encode = msgspec.json.Encoder().encode
        write_atomic(
            path,
            (
                encode({"id": name, "answer_prediction": answer, "thinking_prediction": reasoning}) + b"\n"
                for name, (answer, reasoning) in records.items()
            ),
        )
    return report_of(benchmark, records, rule), cut


def check_submission(benchmark: Benchmark, path: Path) -> SubmissionReport:
    """Check a submission as its scorer reads it."""
    records: dict[str, tuple[str, str]] = {}
    problems: list[str] = []
    for line, text in raw_records(path):
        record = decode_json(text, file=str(path), line=line)
        problem = _problem(record, benchmark, records)
        if problem is not None:
            problems.append(f"line {line}: {problem}")
        else:
            records[record["id"]] = (record[_fields(benchmark)[0]], record.get("thinking_prediction", ""))
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
    texts = [(item, records.get(item.id, (None, ""))[0]) for item in benchmark]
    n = len(texts)
    scores = [score_answer(item, text, rule) for item, text in texts if item.answer is not None]
    withheld = len(scores) < n
    return SubmissionReport(
        n=n,
        official=None if withheld else 100 * sum(score.official for score in scores) / n,
        choice=None if withheld else 100 * sum(score.choice for score in scores) / n,
        empty_answers=sum(not answer.strip() for answer, _ in records.values()),
        empty_reasoning=sum(not reasoning.strip() for _, reasoning in records.values()),
        long_reasoning=sum(len(reasoning) >= LENGTH_LIMIT for _, reasoning in records.values()),
        unresolved=sum(
            text is not None and read(text, item.choices, rule).state == "unresolved" for item, text in texts
        ),
    )


def _fields(benchmark: Benchmark) -> tuple[str, ...]:
    """The fields with a prediction, in the layout of the benchmark's own scorer."""
    return _MMAU if "audio_id" in benchmark.items[0].names else _CHALLENGE


def _named(item: Item, text: str, rule: ReadingRule | None) -> str | None:
    index = read(text, item.choices, rule).index
    return None if index is None else item.choices[index]


def _problem(record: Any, benchmark: Benchmark, known: Mapping[str, object]) -> str | None:
    """What is wrong with one record, or `None`."""
    if not isinstance(record, dict):
        return "is not a JSON object"
    item_id = record.get("id")
    if not isinstance(item_id, str) or item_id not in benchmark.by_id:
        return f'"{item_id}" is not an item of "{benchmark.name}"'
    if item_id in known:
        return f'"{item_id}" occurs twice; the scorer counts both'
    if (field := _changed(record, benchmark.by_id[item_id])) is not None:
        return f'the {field} of "{item_id}" is not the published one'
    for name in _fields(benchmark):
        if name not in record:
            return f'"{name}" of "{item_id}" is missing'
        if not isinstance(record[name], str):
            return f'"{name}" of "{item_id}" is {"null" if record[name] is None else "not a string"}'
    return None


def _changed(record: dict[str, Any], item: Item) -> str | None:
    """A field of the question that a record has otherwise than published."""
    published = {"question": item.question, "choices": list(item.choices)}
    return next((name for name, value in published.items() if record.get(name, value) != value), None)
