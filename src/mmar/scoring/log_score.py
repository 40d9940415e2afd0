"""Scoring the log of another program, with what that program scored itself beside it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mmar.errors import InputError
from mmar.items import Benchmark, Prediction
from mmar.logs import JoinedLog, PredictionLog, join_log
from mmar.scoring.result import ItemScore, ProgramDifference, ProgramScore
from mmar.scoring.sources import Task
from mmar.scoring.stream import Streamed, score_against

__all__ = ["score_log"]


def score_log(
    log: PredictionLog, benchmark: Benchmark, task: Task
) -> tuple[Streamed, list[str], ProgramScore | None]:
    """Score a log of another program against a benchmark.

    Args:
        log: the log, opened.
        benchmark: the questions.
        task: how to score.

    Returns:
        The counts, what a reader must know (one sentence each), and what the program scored itself.

    Raises:
        InputError: a record does not belong to the benchmark, or none can be used (code `no-usable-records`).
    """
    errors: list[InputError] = []
    joined = join_log(log, benchmark, errors.append if task.lenient else None, answers_only=True)
    if not joined.answers:
        problem = f"; the first problem: {errors[0].problem}" if errors else ""
        raise InputError(
            f"no record of this log ({log.program}) can be used{problem}",
            file=str(task.path),
            code="no-usable-records",
            hint="check that it answers this benchmark",
        )
    verdicts = joined.verdicts
    rows: list[ItemScore] = []

    def on_item(row: ItemScore) -> None:
        if row.id in verdicts:
            rows.append(row)
        if task.on_item is not None:
            task.on_item(row)

    streamed = score_against(benchmark, _predictions(joined), msgspec.structs.replace(task, on_item=on_item))
    streamed.tally.cut_off = sum(each.record.finish_reason == "length" for each in joined.answers.values())
    streamed.errors += errors
    notes = [f"read as a log of {joined.program}", *joined.notes]
    return streamed, notes, _program(joined, rows) if verdicts else None


def _predictions(joined: JoinedLog) -> Iterator[tuple[int, Prediction]]:
    for item_id, answer in joined.answers.items():
        record = answer.record
        yield record.line, Prediction(item_id, record.text, True, record.failure, None, answer.shown)


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
            if verdicts[row.id] != row.choice
        ),
    )
