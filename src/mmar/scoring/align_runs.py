"""Several runs or predictions files on the same items, in one order, so that they can be compared.

Runs are comparable when they answer the same questions: one content digest, and the same items asked. What
else differs between them (protocol, condition, settings) is reported, not refused. An item that was asked and
got no answer counts as wrong in its run. An item that was not asked in all runs has no part in a comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from mmar.errors import InputError, UsageError
from mmar.items import Benchmark, first_field_names, load_benchmark, scored_content
from mmar.items.source_video import clusters_of
from mmar.protocols import Protocol, ReadingRule
from mmar.scoring.inputs import Task, find_run, no_choices_error, resolve_run_folder
from mmar.scoring.result import ItemScore
from mmar.scoring.score import ScoringResult, score_task
from mmar.scoring.tally import DIMENSIONS, score_answer

if TYPE_CHECKING:
    from mmar.runs.manifest import Manifest

Scorer = Literal["choice", "official"]


class ScoredRun(msgspec.Struct, frozen=True):
    """One run or predictions file with a score for every item.

    Attributes:
        label: a letter to call it by in tables.
        states: number of items in each state, by the first repeat.
        rows: the score of each item's first repeat, in the benchmark's order.
        repeats: the score of each further repeat, for the items that have any, by position in the benchmark.
    """

    label: str
    path: Path
    manifest: Manifest | None
    parts: Mapping[str, str]
    signature: str
    states: Mapping[str, int]
    rows: tuple[ItemScore, ...]
    repeats: Mapping[int, tuple[ItemScore, ...]] = {}

    @property
    def name(self) -> str:
        """Label and path, for messages."""
        return f"{self.label} ({self.path})"

    @property
    def condition(self) -> str:
        """The condition: `full`, or a control condition; `?` for a file."""
        return self.parts.get("condition", "?")

    @property
    def finished(self) -> bool:
        """Whether its last session came to its end; `True` for a file."""
        return self.manifest is None or self.manifest.finished

    def scores(self, scorer: Scorer) -> list[float]:
        """Each item's mean score over its repeats, 0 to 1; a repeat without an answer is wrong."""
        return self._means(lambda row: row.official if scorer == "official" else row.choice)

    def first_scores(self, scorer: Scorer) -> list[bool]:
        """Whether the first answer to each item is right."""
        return [row.official if scorer == "official" else row.choice for row in self.rows]

    def unanswered(self) -> list[float]:
        """Share of each item's repeats that got no answer: they failed, or were never asked."""
        return self._means(lambda row: row.state in ("failed", "missing"))

    def without_choice(self) -> list[bool]:
        """Whether each item's first answer names no choice: there is none, it declines, or it cannot be read."""
        return [row.state != "choice" for row in self.rows]

    def requested(self) -> list[bool]:
        """Whether each item was requested."""
        return [row.state != "missing" or position in self.repeats for position, row in enumerate(self.rows)]

    def answer_counts(self) -> list[int]:
        """Number of repeats of each item."""
        return [len(rows) for rows in self._all_rows()]

    def _all_rows(self) -> Iterator[tuple[ItemScore, ...]]:
        for position, row in enumerate(self.rows):
            more = self.repeats.get(position, ())
            # A first repeat that was never asked, beside others that were, is no answer and no failure.
            yield more if more and row.state == "missing" else (row, *more)

    def _means(self, value: Callable[[ItemScore], bool]) -> list[float]:
        return [sum(map(value, rows)) / len(rows) for rows in self._all_rows()]


class AlignedRuns(msgspec.Struct, frozen=True):
    """Runs on the same items.

    Attributes:
        benchmark: the questions with choices; open ones have no score that could be compared.
        clusters: a label of each item's source video, in the benchmark's order.
        groups: by dimension and name the positions of the items in a group, names in the published order.
        common: positions of the items that were requested in every run.
        parents: the category of each sub-category that belongs to one alone.
    """

    benchmark: Benchmark
    digest: str
    clusters: tuple[str, ...]
    groups: Mapping[str, Mapping[str, tuple[int, ...]]]
    runs: tuple[ScoredRun, ...]
    common: tuple[int, ...]
    parents: Mapping[str, str]
    errors: tuple[InputError, ...] = ()

    def left_out(self) -> Iterator[str]:
        """A note on the items that were not asked in all runs, if there are any."""
        n, left = len(self.benchmark), len(self.benchmark) - len(self.common)
        if left:
            yield f"{left:,} of {n:,} items were not asked in all of the runs and have no part in this"

    def asked_groups(self) -> dict[str, dict[str, list[int]]]:
        """By dimension and name the positions in `common` of the items in a group; groups never asked are left out."""
        index_of = {position: index for index, position in enumerate(self.common)}
        return {
            dimension: {
                name: members
                for name, positions in groups.items()
                if (members := [index_of[each] for each in positions if each in index_of])
            }
            for dimension, groups in self.groups.items()
        }


def align_runs(
    paths: Sequence[Path],
    load: Callable[[str], Benchmark],
    *,
    benchmark: Benchmark | None = None,
    key: str | None = None,
    protocol: Protocol | None = None,
    partial: bool = False,
    lenient: bool = False,
) -> AlignedRuns:
    """Score runs and files item by item, after making sure that they answer the same questions.

    `load` finds a benchmark by the name that a run's manifest gives. Without a benchmark each run's own is
    used, and a file must hold whole records. `key` is the field of the files that holds the prediction.
    `protocol` reads all answers, instead of each run's own. With `partial` the items that every run was asked
    are compared; with `lenient` bad records of files are left out.
    """
    _check_number(paths)
    paths = [resolve_run_folder(path) for path in paths]
    manifests = [find_run(path) for path in paths]
    _check_named_benchmarks(paths, manifests)
    known: dict[str, Benchmark] = {}
    inputs = []
    for path, manifest in zip(paths, manifests, strict=True):
        own = benchmark or _own_benchmark(path, manifest, load, known, lenient=lenient)
        rule, label = (protocol.reading, protocol.label) if protocol else (None, None)
        task = Task(
            path, own, key, rule, label, keep="all", lenient=lenient, clustered=False, manifest=manifest
        )
        inputs.append((task, own, score_task(task)))
    return align_scored(inputs, partial=partial)


def align_scored(
    inputs: Sequence[tuple[Task, Benchmark, ScoringResult]], *, partial: bool = False
) -> AlignedRuns:
    """Align runs and files that are scored already: what was scored, its questions, and the score with every item's."""
    _check_number(inputs)
    _check_named_benchmarks(
        [task.path for task, _, _ in inputs], [scored.manifest for _, _, scored in inputs]
    )
    runs: list[ScoredRun] = []
    errors: dict[tuple[str | None, int | None], InputError] = {}
    for index, (task, own, scored) in enumerate(inputs):
        for error in scored.errors:
            # A bad record of a file that is its own benchmark is met twice.
            errors.setdefault((error.file, error.line), error)
        runs.append(_scored_run(run_label(index), task.path, own.closed, scored, task.rule))
        if own.digest != inputs[0][1].digest:
            raise _other_benchmark((runs[0], inputs[0][1]), (runs[-1], own))
    benchmarks = [own.closed for _, own, _ in inputs]
    score = inputs[0][2].score
    # The digest leaves addresses out: take the benchmark that knows most of them.
    common = max(benchmarks, key=lambda one: sum(item.url is not None for item in one))
    aligned = [_in_order(run, own, common) for run, own in zip(runs, benchmarks, strict=True)]
    return AlignedRuns(
        common,
        inputs[0][1].digest,
        clusters_of(common),
        {
            dimension: {name: tuple(_members(common, dimension, name)) for name in score.groups[dimension]}
            for dimension in DIMENSIONS
        },
        tuple(aligned),
        _asked_in_all(aligned, partial=partial),
        score.parents,
        tuple(errors.values()),
    )


def _check_number(inputs: Sequence[object]) -> None:
    if len(inputs) < 2:
        raise UsageError("name at least two runs or files of the same benchmark", code="too-few-runs")


def _scored_run(
    label: str, path: Path, benchmark: Benchmark, scored: ScoringResult, rule: ReadingRule | None
) -> ScoredRun:
    repeats: dict[int, list[ItemScore]] = {}
    if scored.manifest is not None:
        rule = rule if rule is not None else scored.manifest.protocol.reading
        positions = {item.id: position for position, item in enumerate(benchmark)}
        for (item_id, rotation, repeat), (_, answer) in sorted(scored.answers.items()):
            if rotation or not repeat or item_id not in positions:
                continue
            text = answer.text if answer.failure is None else None
            row = score_answer(benchmark[item_id], text, rule)
            repeats.setdefault(positions[item_id], []).append(row)
    return ScoredRun(
        label,
        path,
        scored.manifest,
        scored.parts,
        scored.score.signature,
        scored.score.states,
        scored.rows,
        {position: tuple(rows) for position, rows in repeats.items()},
    )


def _in_order(run: ScoredRun, own: Benchmark, common: Benchmark) -> ScoredRun:
    if own is common:
        return run
    positions = {row.id: position for position, row in enumerate(run.rows)}
    order = [positions[item.id] for item in common]
    return msgspec.structs.replace(
        run,
        rows=tuple(run.rows[position] for position in order),
        repeats={new: run.repeats[old] for new, old in enumerate(order) if old in run.repeats},
    )


def _asked_in_all(runs: Sequence[ScoredRun], *, partial: bool) -> tuple[int, ...]:
    requested = [run.requested() for run in runs]
    common = tuple(position for position, each in enumerate(zip(*requested, strict=True)) if all(each))
    if not common:
        raise UsageError("no item was asked in all of these runs", code="nothing-asked")
    if partial or all(own == requested[0] for own in requested):
        return common
    lines = "".join(
        f"\n  {run.name}: asked {sum(own):,} items, {sum(own) - len(common):,} of them not in every run"
        for run, own in zip(runs, requested, strict=True)
    )
    raise UsageError(
        f"the runs were not asked the same items:{lines}",
        code="other-items-asked",
        hint=f"continue the run that lacks items, or compare the {len(common):,} common ones with --partial",
    )


def run_label(index: int) -> str:
    """The label of a run, counting from 0: A to Z, then AA, AB and so on."""
    before, letter = divmod(index, 26)
    return (run_label(before - 1) if before else "") + chr(ord("A") + letter)


def _own_benchmark(
    path: Path,
    manifest: Manifest | None,
    load: Callable[[str], Benchmark],
    known: dict[str, Benchmark],
    *,
    lenient: bool,
) -> Benchmark:
    if manifest is not None:
        name = manifest.benchmark.origin
        if name not in known:
            known[name] = load(name)
        return known[name]
    if "choices" not in first_field_names(path):
        raise no_choices_error(path)
    return load_benchmark(path, name="file", lenient=lenient)


def _check_named_benchmarks(paths: Sequence[Path], manifests: Sequence[Manifest | None]) -> None:
    """Refuse runs of different benchmarks before any is loaded."""
    named = [(path, manifest.benchmark) for path, manifest in zip(paths, manifests, strict=True) if manifest]
    for path, ref in named[1:]:
        if ref.digest != named[0][1].digest:
            lines = "".join(
                f"\n  {where}: {one.name}#{one.digest[:8]}, {one.n:,} items"
                for where, one in (named[0], (path, ref))
            )
            raise UsageError(
                f"the runs are of different benchmarks, so they cannot be compared:{lines}",
                code="other-benchmark",
            )


def _other_benchmark(first: tuple[ScoredRun, Benchmark], second: tuple[ScoredRun, Benchmark]) -> UsageError:
    """The error for two sets of questions: they hold other items, or an item asks something else."""
    (one, mine), (two, its) = first, second
    only = [
        (run, [item.id for item in a if item.id not in b.by_id])
        for run, a, b in ((one, mine, its), (two, its, mine))
    ]
    if any(ids for _, ids in only):
        examples = "; ".join(
            f"{len(ids):,} items only in {run.label}, such as {ids[0]}" for run, ids in only if ids
        )
        return UsageError(
            f"{one.name} and {two.name} cannot be compared: they hold other items ({examples})",
            code="other-items",
            hint="name the benchmark with --benchmark where a file leaves items out",
        )
    changed = [item.id for item in mine if scored_content(item) != scored_content(its[item.id])]
    return UsageError(
        f"{one.name} and {two.name} cannot be compared: {len(changed):,} items ask something else, such as "
        f"{changed[0]}; they are of two editions (content digests {mine.digest[:8]} and {its.digest[:8]})",
        code="other-edition",
    )


def _members(benchmark: Benchmark, dimension: str, name: str) -> Iterator[int]:
    attribute = dimension.replace("-", "_")
    return (position for position, item in enumerate(benchmark) if getattr(item, attribute) == name)
