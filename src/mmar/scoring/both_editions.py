"""One run or file scored on two editions of a benchmark, and the items whose verdict differs.

An answer counts for an edition only where it was asked that edition's question with that edition's choices.
The others are left out and counted, since an answer to another question is neither right nor wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from mmar.errors import UsageError
from mmar.items import Benchmark, Prediction
from mmar.runs.manifest import Manifest
from mmar.scoring.editions import ChangedKey, OldKeys, count_old_keys
from mmar.scoring.inputs import (
    Task,
    check_run_benchmark,
    find_run,
    first_answers,
    last_answers,
    resolve_run_folder,
)
from mmar.scoring.result import GroupScore, ItemScore
from mmar.scoring.score import score_task
from mmar.scoring.stream import score_with_benchmark


class EditionScore(msgspec.Struct, frozen=True):
    """The score on one edition.

    Attributes:
        asked: number of items that were asked as this edition has them.
        left_out: answers to a question or choices that differ, or to items that the edition does not have.
    """

    n: int
    asked: int
    left_out: int
    score: GroupScore


class VerdictChange(msgspec.Struct, frozen=True):
    """The verdicts, on each edition, of an item that is right on one and wrong on the other."""

    id: str
    official: tuple[bool, bool]
    choice: tuple[bool, bool]


class RunOnBoth(msgspec.Struct, frozen=True):
    """A run or file on two editions; `old_keys` is `None` where the second edition corrected none."""

    path: str
    first: EditionScore
    second: EditionScore
    changes: tuple[VerdictChange, ...]
    old_keys: OldKeys | None


def score_on_both(
    path: Path, first: Benchmark, second: Benchmark, changed: Mapping[str, ChangedKey]
) -> RunOnBoth:
    """Score a run, a predictions file or a log on an earlier and a later edition, with `changed_keys` of the two."""
    path = resolve_run_folder(path)
    manifest = find_run(path)
    one, rows = _score_on(path, first, second, manifest)
    other, later_rows = _score_on(path, second, first, manifest)
    return RunOnBoth(
        str(path),
        one,
        other,
        tuple(_changes(rows, later_rows)),
        count_old_keys(changed, rows | later_rows) if changed else None,
    )


def _score_on(
    path: Path, benchmark: Benchmark, other: Benchmark, manifest: Manifest | None
) -> tuple[EditionScore, dict[str, ItemScore]]:
    if manifest is None or manifest.benchmark.digest == benchmark.digest:
        scored = score_task(Task(path, benchmark, keep="all", lenient=True, clustered=False))
        score = scored.score
        group = score.asked or GroupScore(score.n, score.official, score.choice, score.chance)
        rows, left_out = scored.rows, len(scored.errors)
    else:
        own_questions = check_run_benchmark(path, other, manifest)
        task = Task(path, benchmark, rule=manifest.protocol.reading, keep="all", lenient=True)
        streamed = score_with_benchmark(benchmark, _asked_of(path, own_questions), task)
        total = streamed.tally.total()
        group, rows, left_out = total.asked or total, tuple(streamed.tally.rows), len(streamed.errors)
        if not group.n:
            raise UsageError(f'{path} was asked no question of "{benchmark.name}"', code="other-benchmark")
    by_id = {row.id: row for row in rows if row.state != "missing"}
    return EditionScore(len(benchmark), group.n, left_out, group), by_id


def _asked_of(path: Path, own_questions: Benchmark) -> Iterator[tuple[int, Prediction]]:
    """The answers of a run with the questions that it asked, so that they are compared with another edition's."""
    for line, prediction in first_answers(last_answers(path)):
        yield line, msgspec.structs.replace(prediction, whole=own_questions.by_id[prediction.id])


def _changes(first: Mapping[str, ItemScore], second: Mapping[str, ItemScore]) -> Iterator[VerdictChange]:
    for item_id, after in second.items():
        before = first.get(item_id)
        if before is not None and (before.official, before.choice) != (after.official, after.choice):
            yield VerdictChange(item_id, (before.official, after.official), (before.choice, after.choice))
