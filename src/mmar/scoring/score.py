"""Scoring what a person names: a run's folder or a predictions file, alone or against a benchmark."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mmar.errors import InputError, UsageError
from mmar.items import Benchmark, choose_key, first_names
from mmar.protocols import ReadingRule
from mmar.runs.signature import Signature, run_parts
from mmar.scoring.choice import CHOICE_VERSION
from mmar.scoring.official import OFFICIAL_VERSION
from mmar.scoring.plan import Plan
from mmar.scoring.result import Accuracy, ItemScore, RowFile, Score
from mmar.scoring.sources import answers_of, asked_once, benchmark_of, find_run, key_notes, no_prediction
from mmar.scoring.stream import Streamed, read_predictions, score_against, score_whole

if TYPE_CHECKING:
    from mmar.models import Answer
    from mmar.runs.keys import RequestKey
    from mmar.runs.manifest import Manifest
    from mmar.scoring.repetition import Repeats
    from mmar.scoring.rotation import Rotations
    from mmar.scoring.tally import Tally

__all__ = ["Scored", "Task", "score_task"]


class Task(msgspec.Struct, frozen=True):
    """What to score.

    Attributes:
        path: a run's folder, or a predictions file.
        benchmark: the questions; for a file of whole records it may be left out.
        key: the field that holds the prediction.
        rule: how to read answers; for a run its own protocol's when `None`.
        protocol: the label of the protocol that `rule` comes from.
        keep: which items to keep: `none`, `differing` or `all`.
        lenient: count a bad record as missing and go on.
        published: the name of the published benchmark that has a content digest, if one has.
        clustered: whether to add the intervals by source video, where the benchmark names videos.
        rows: where a line of each item goes; with it, `keep` says which are kept besides, `none` or `differing`.
        spawn: whether processes may be started anew for a large file; only where the main module is guarded.
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
    rows: RowFile | None = None
    spawn: bool = False

    def plan(self, path: Path, key: str, rule: ReadingRule | None) -> Plan:
        """How to score the answers in a file."""
        lines = self.rows.lines if self.rows else None
        return Plan(path, key, rule, self.keep, self.lenient, lines, self.spawn)


class Scored(msgspec.Struct, frozen=True):
    """A score with what came beside it.

    Attributes:
        score: the numbers.
        rows: the items that the task said to keep, in order.
        errors: what `lenient` passed over.
        parts: the parts that the score's signature is made of.
    """

    score: Score
    rows: tuple[ItemScore, ...]
    errors: tuple[InputError, ...]
    parts: Mapping[str, str]


def score_task(task: Task) -> Scored:
    """Score a run or a file.

    Raises:
        InputError: the input is not what it should be.
        UsageError: a benchmark is needed, or it is another than the run's.
    """
    manifest = find_run(task.path)
    if manifest is not None:
        return _score_run(task, manifest)
    fields = first_names(task.path)
    choice = choose_key(fields, task.key)
    plan = task.plan(task.path, choice.key, task.rule)
    errors: list[InputError] = []
    if task.benchmark is not None:
        given = read_predictions(plan, errors.append if task.lenient else None)
        streamed = score_against(task.benchmark, given, plan, task.rows)
        name = task.benchmark.name
    else:
        streamed = score_whole(plan, task.rows)
        name = task.published(streamed.digest) or "file"
    if not streamed.tally.n:
        raise InputError("holds no record", file=str(task.path), hint="expected one for each item")
    if choice.key not in fields and streamed.tally.states["missing"] == streamed.tally.n:
        raise no_prediction(task.path, choice.key, fields)
    notes = key_notes(choice)
    if task.benchmark is None and name == "file":
        notes.append(
            "n is the number of records in the file; with --benchmark, items that the file leaves out count as missing"
        )
    parts = {**run_parts(name, streamed.digest, streamed.tally.n), "protocol": "?"}
    return _scored(task, streamed, parts, notes, errors)


def _score_run(task: Task, manifest: Manifest) -> Scored:
    from mmar.runs.ledger import LEDGER_NAME

    if task.key is not None:
        raise UsageError(
            f"--key: {task.path} is a run, whose answers stand where mmar run puts them; leave --key out"
        )
    benchmark = benchmark_of(task.path, task.benchmark, manifest)
    rule = task.rule if task.rule is not None else manifest.protocol.reading
    plan = task.plan(task.path / LEDGER_NAME, "answer_prediction", rule)
    answers = answers_of(task.path)
    streamed = score_against(benchmark, asked_once(answers), plan, task.rows)
    parts = {**manifest.parts, **run_parts(benchmark.name, benchmark.digest, streamed.tally.n)}
    notes = []
    if manifest.sessions and manifest.sessions[-1].ended is None:
        notes.append(
            "the run's last session did not end by itself; the same mmar run command goes on with it"
        )
    scored = _scored(task, streamed, parts, notes, [])
    if not any(rotation or repeat for _, rotation, repeat in answers):
        return scored
    rotations, repeats = _several_times(benchmark, manifest, answers, rule)
    score = msgspec.structs.replace(scored.score, rotations=rotations, repeats=repeats)
    return msgspec.structs.replace(scored, score=score)


def _several_times(
    benchmark: Benchmark, manifest: Manifest, answers: dict[RequestKey, tuple[int, Answer]], rule: ReadingRule
) -> tuple[Rotations | None, Repeats | None]:
    """What a run shows that asked items under rotations of their choices, or again and again."""
    from mmar.scoring.repetition import repeats_of
    from mmar.scoring.rotation import rotations_of
    from mmar.scoring.slots import slot_readings

    readings = slot_readings(benchmark, manifest, answers, rule)
    return rotations_of(readings), repeats_of(readings)


def _scored(
    task: Task, streamed: Streamed, parts: dict[str, str], notes: list[str], errors: list[InputError]
) -> Scored:
    tally = streamed.tally
    if task.protocol is not None:
        parts["reading"] = f"{parts['reading']} for {task.protocol}"
    parts["scorers"] = f"official@{OFFICIAL_VERSION},choice@{CHOICE_VERSION}"
    errors = [*(task.benchmark.missing if task.benchmark else ()), *errors, *streamed.errors]
    if errors:
        bad = "1 bad record was" if len(errors) == 1 else f"{len(errors):,} bad records were"
        notes.append(f"{bad} left out (--lenient); a question without a usable record counts as missing")
    official, choice = _totals(tally, task.benchmark if task.clustered else None)
    differing = tuple(row for row in tally.rows if row.official != row.choice)
    score = Score(
        n=tally.n,
        signature=Signature(parts).long,
        official=official,
        choice=choice,
        states=tally.states,
        bounds=tally.bounds(),
        groups=tally.groups(),
        disagreements=differing,
        disagreement_count=tally.differ,
        notes=tuple(notes),
    )
    return Scored(score, tuple(tally.rows), tuple(errors), parts)


def _totals(tally: Tally, benchmark: Benchmark | None) -> tuple[Accuracy, Accuracy]:
    """The two accuracies, with their intervals by source video where the benchmark names any."""
    official, choice = tally.totals()
    if benchmark is None or tally.verdicts is None or not any(item.url for item in benchmark):
        return official, choice
    from mmar.scoring.clusters import clustered, clusters_of, names_a_video

    clusters = clusters_of(benchmark)
    if not names_a_video(clusters):
        return official, choice
    # A question whose record could not be read is a source of its own.
    clusters += tuple(f"lost {at}" for at in range(benchmark.lost))
    by_scorer = [clustered((bool(byte & bit) for byte in tally.verdicts), clusters) for bit in (1, 2)]
    first, second = (
        msgspec.structs.replace(total, clustered=found)
        for total, found in zip((official, choice), by_scorer, strict=True)
    )
    return first, second
