"""Scoring files of other programs: logs, and the published files of other benchmarks with a column of predictions.

A log's own score stands beside ours. A file of a benchmark without predictions is refused; MMAU-Pro's own
evaluation fills a missing column with the key, and everything is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import msgspec

from mmar.errors import InputError
from mmar.files.typed import decode_json, json_type, text_or_none
from mmar.items import PREDICTION_KEYS, Benchmark, Item, Prediction
from mmar.items.layouts import Layout
from mmar.logs import JoinedLog, PredictionLog, join_log
from mmar.logs.fields import answer_field
from mmar.scoring.inputs import Task
from mmar.scoring.result import ItemScore, ProgramDifference, ProgramScore
from mmar.scoring.stream import FileCounts, score_with_benchmark


def score_log(
    log: PredictionLog, benchmark: Benchmark, task: Task
) -> tuple[FileCounts, list[str], ProgramScore | None]:
    """Score an opened log against a benchmark; return the counts, notes, and what its program scored itself."""
    errors: list[InputError] = []
    joined = join_log(log, benchmark, task.collector(errors), answers_only=True)
    if not joined.answers:
        problem = f"; the first problem: {errors[0].problem}" if errors else ""
        raise InputError(
            f"no record of this log ({log.program}) can be used{problem}",
            file=str(task.path),
            code="no-usable-records",
            hint="check that it answers this benchmark",
        )
    verdicts = joined.verdicts
    if verdicts:
        task = msgspec.structs.replace(task, keep="all")
    streamed = score_with_benchmark(benchmark, _predictions(joined), task, errors)
    streamed.tally.cut_off = sum(each.record.finish_reason == "length" for each in joined.answers.values())
    notes = [f"layout of the log: {joined.program}", *joined.notes]
    return streamed, notes, _program(joined, streamed.tally.rows) if verdicts else None


def _predictions(joined: JoinedLog) -> Iterator[tuple[int, Prediction]]:
    for item_id, answer in joined.answers.items():
        record = answer.record
        yield record.line, Prediction(item_id, record.text, True, record.failure, None, answer.choice_order)


def _program(joined: JoinedLog, rows: list[ItemScore]) -> ProgramScore:
    verdicts = joined.verdicts
    correct = sum(verdicts.values())
    return ProgramScore(
        joined.program,
        len(verdicts),
        correct,
        100 * correct / len(verdicts),
        tuple(
            ProgramDifference(
                row.id,
                verdicts[row.id],
                row.choice,
                joined.answers[row.id].record.extracted,
                row.named,
                row.reason,
                row.prediction,
            )
            for row in rows
            if verdicts.get(row.id, row.choice) != row.choice
        ),
    )


_MAX_INSPECTED = 50


def prediction_key(path: Path, layout: Layout, requested: str | None) -> str:
    """The field that holds the predictions: the one asked for, or the first of the usual names."""
    names: dict[str, None] = {}
    for line, row in islice(layout.rows(path), _MAX_INSPECTED):
        record = decode_json(row, file=str(path), line=line) if isinstance(row, bytes) else row
        names |= dict.fromkeys(record if isinstance(record, dict) else ())
    key = requested or next((name for name in PREDICTION_KEYS if name in names), None) or answer_field(names)
    if key is None or key not in names:
        raise InputError(
            "no record has predictions" if key is None else f'no record has "{key}"',
            file=str(path),
            field=key,
            code="no-predictions",
            hint=f"name the field that holds them with --key; the records have {', '.join(names)}",
        )
    return key


def layout_predictions(
    path: Path, layout: Layout, key: str, on_error: Callable[[InputError], None] | None = None
) -> Iterator[tuple[int, Prediction]]:
    """Line and prediction of each record, with its question so that it can be compared with a benchmark's.

    `key` is the field that holds the prediction. A bad record goes to `on_error`, or is raised without it.
    """
    for line, row in layout.rows(path):
        try:
            record = decode_json(row, line=line) if isinstance(row, bytes) else row
            item = Item.from_record(layout.fields.apply(record), withheld=True, key_may_differ=True)
            value = record.get(key)
            text = text_or_none(value)
            if text is None and value is not None and value == value:  # noqa: PLR0124 - NaN is no answer
                raise InputError(
                    f"expected text, found {json_type(value)}",
                    field=key,
                    code="wrong-type",
                    hint="write the prediction as text, or use --lenient",
                )
        except InputError as error:
            error.located(str(path), line)
            if on_error is None:
                raise
            on_error(error)
            continue
        yield line, Prediction(item.id, text, key in record, None, item)
