"""A table of systems: runs, and published results beside them, with intervals, rank ranges and tied bests.

Ranks are ranges: the first number is one more than the number of systems shown to be better, the last is the lowest
place that the data allow (arXiv 2504.20879). Runs alone are compared item by item; where published results take part,
only counts are known, and two shares are compared (Newcombe 1998).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from mmar.items import Benchmark
from mmar.items.source_video import clusters_of
from mmar.models.presets import preset_of
from mmar.reports.published import GROUP_SIZES, ITEMS, PublishedResult, impossible_cells
from mmar.reports.scored_source import SCORERS
from mmar.scoring.align_runs import Scorer
from mmar.scoring.score import ScoringResult
from mmar.stats.interval import Interval, newcombe, wilson
from mmar.stats.ranks import pairwise, published_ranks, rank_ranges

ALL = "all"
"""The column of the average over all items."""

Kind = Literal["run", "benchmark", "challenge", "authors", "others"]


class Value(msgspec.Struct, frozen=True):
    """An accuracy of `n` items, percent, with Wilson's 95 % interval.

    Attributes:
        printed: the number as published, or to a tenth.
        correct: number of items right; for a published value the nearest count.
        mark: `best` in its column, or `tied` with the best.
        problem: why the published number is impossible; empty if it is possible.
    """

    percent: float
    printed: str
    correct: int
    n: int
    interval: Interval
    mark: Literal["", "best", "tied"] = ""
    problem: str = ""


class System(msgspec.Struct, frozen=True):
    """A row of the table; class and size are empty, `open_weights` is `None` where they are not known.

    Attributes:
        kind: a run, or who published the numbers.
        size: number of parameters.
        values: by column, by the table's scorer.
        choice: accuracy of all items by the choice scorer; `None` for published results and several benchmarks.
        unresolved: number of unresolved answers; `None` for the same.
        rank: first and last place; `None` for baselines and for results that others reported.
        source: the run's path, or where the result was published.
    """

    name: str
    kind: Kind
    model_class: str
    size: str
    open_weights: bool | None
    values: dict[str, Value]
    choice: Value | None = None
    unresolved: int | None = None
    rank: tuple[int, int] | None = None
    source: str = ""
    signature: str = ""


class RunRow(msgspec.Struct, frozen=True):
    """A scored run.

    Attributes:
        system: the row, without values by column; its name is the model, with its condition if that is not `full`.
        counts: by scorer (`official`, `choice`), then by column: items right and items.
        right: by scorer, for each item whether it is right; in the order of the benchmark.
        clusters: a label of the source video for each item.
        groups: names of the groups by dimension (`modality`, `category`, `sub-category`).
        items_asked: the others count as wrong.
        benchmark: name and digest of the questions, `NAME#DIGEST`.
        unanswered: whether no answer came to each item; empty where all were answered.
        own_rule: items right and counted by the benchmark's own rule, where it is not MMAR's.
    """

    system: System
    counts: Mapping[str, Mapping[str, tuple[int, int]]]
    right: Mapping[str, Sequence[bool]]
    clusters: Sequence[str]
    groups: Mapping[str, Sequence[str]]
    items_asked: int
    benchmark: str
    unanswered: Sequence[bool] = ()
    own_rule: tuple[int, int] | None = None

    @property
    def digest(self) -> str:
        """The digest of the questions."""
        return self.benchmark.partition("#")[2]


class SystemsTable(msgspec.Struct, frozen=True):
    """Systems in the order of their accuracy.

    Attributes:
        scorer: by which runs are scored and ranked.
        columns: the columns of accuracies, `all` first; or a column for each of several benchmarks.
        notes: sentences to print below.
    """

    scorer: Scorer
    columns: tuple[str, ...]
    systems: tuple[System, ...]
    notes: tuple[str, ...]


def run_row(path: Path, scored: ScoringResult, benchmark: Benchmark | None = None) -> RunRow:
    """A scored run, with the scores of its items, as a row; the benchmark names the source videos."""
    score, parts = scored.score, scored.parts
    name = parts.get("model", "?")
    if name == "?":
        name = path.name
    condition = parts.get("condition", "?")
    preset = preset_of(name)
    counts: dict[str, dict[str, tuple[int, int]]] = {}
    for scorer in SCORERS:
        counts[scorer] = {ALL: (getattr(score, scorer).correct, score.n)}
        for groups in score.groups.values():
            counts[scorer] |= {group: (getattr(one, scorer).correct, one.n) for group, one in groups.items()}
    clusters = clusters_of(benchmark) if benchmark is not None else ()
    if len(clusters) != len(scored.rows):
        clusters = tuple(row.id for row in scored.rows)
    system = System(
        name=name if condition in ("full", "?", "none") else f"{name} ({condition})",
        kind="run",
        model_class=preset.model_class if preset else "",
        size=preset.size.strip("-") if preset else "",
        open_weights=preset.open_weights if preset else None,
        values={},
        choice=value_of(*counts["choice"][ALL]),
        unresolved=score.states["unresolved"],
        source=str(path),
        signature=score.signature,
    )
    return RunRow(
        system,
        counts=counts,
        right={scorer: [getattr(row, scorer) for row in scored.rows] for scorer in SCORERS},
        clusters=clusters,
        unanswered=[row.state in ("failed", "missing") for row in scored.rows],
        groups={dimension: tuple(groups) for dimension, groups in score.groups.items()},
        items_asked=score.n if score.asked is None else score.asked.n,
        benchmark=parts.get("bench", "?"),
        own_rule=None if score.mmsu is None else (score.mmsu.correct, score.mmsu.counted),
    )


def systems_table(
    runs: Sequence[RunRow],
    published: Iterable[PublishedResult] = (),
    *,
    scorer: Scorer = "official",
    columns: Sequence[str] = tuple(GROUP_SIZES),
) -> SystemsTable:
    """Put runs of one benchmark, by one scorer, and published results in one table.

    The columns are groups besides the average.
    """
    results = list(published)
    systems = [_of_run(run, scorer, columns) for run in runs]
    systems += [published_system(result, columns) for result in results]
    ranks = _ranks(systems, runs, scorer)
    systems = [msgspec.structs.replace(system, rank=ranks.get(index)) for index, system in enumerate(systems)]
    names = (ALL, *(name for name in columns if any(name in system.values for system in systems)))
    systems.sort(key=lambda system: -system.values[ALL].percent)
    rows = mark_best(systems, names)
    return SystemsTable(scorer, names, tuple(rows), (*_notes(rows, runs, scorer), *_averages(results)))


def _of_run(run: RunRow, scorer: str, columns: Sequence[str]) -> System:
    counts = run.counts[scorer]
    values = {name: value_of(*counts[name]) for name in (ALL, *columns) if name in counts}
    return msgspec.structs.replace(run.system, values=values)


def published_system(result: PublishedResult, columns: Sequence[str] = ()) -> System:
    """A published result, with its values in some columns besides the average, as a row."""
    problems = impossible_cells(result)
    cells = {ALL: (result.average, result.n, problems.get("average", ""))}
    for name in columns:
        if name in result.groups:
            cells[name] = (result.groups[name], GROUP_SIZES[name], problems.get(name, ""))
    values = {}
    for name, (printed, n, problem) in cells.items():
        percent = float(printed)
        correct = round(percent * n / 100)
        values[name] = Value(percent, printed, correct, n, wilson(correct, n), problem=problem)
    about = (result.name, result.by, result.model_class, result.size, result.open_weights)
    return System(*about, values, source=result.source)


def value_of(correct: int, n: int) -> Value:
    """An accuracy as a cell, to a tenth."""
    percent = 100 * correct / n if n else 0.0
    return Value(percent, f"{percent:.1f}", correct, n, wilson(correct, n))


def _ranks(systems: Sequence[System], runs: Sequence[RunRow], scorer: str) -> dict[int, tuple[int, int]]:
    """Rank ranges by position, of the runs and of the benchmark's own rows."""
    ranked = [
        index
        for index, system in enumerate(systems)
        if system.kind == "run" or (system.kind == "benchmark" and system.model_class != "baseline")
    ]
    if len(ranked) < 2:
        return {}
    if len(ranked) == len(runs) and len({len(run.clusters) for run in runs}) == 1:
        scores = [list(map(float, run.right[scorer])) for run in runs]
        unanswered = [run.unanswered or [False] * len(run.clusters) for run in runs]
        orders = pairwise(scores, list(runs[0].clusters), unanswered=unanswered, draws=2_000)
        result = rank_ranges([sum(row) for row in scores], orders)
    else:
        values = [systems[index].values[ALL] for index in ranked]
        result = published_ranks([(value.correct, value.n) for value in values])
    return {index: (rank.rank, rank.worst) for index, rank in zip(ranked, result, strict=True)}


def mark_best(systems: Sequence[System], columns: Sequence[str]) -> list[System]:
    """Mark the best value of each column, and those that are not shown to differ from it."""
    best = {}
    for name in columns:
        candidates = [system.values[name] for system in systems if _can_be_best(system, name)]
        if len(candidates) > 1:
            best[name] = max(candidates, key=lambda value: value.percent)
    marked = []
    for system in systems:
        marks = {
            name: _mark(system.values[name], value)
            for name, value in best.items()
            if _can_be_best(system, name)
        }
        marked.append(msgspec.structs.replace(system, values=system.values | marks))
    return marked


def _can_be_best(system: System, column: str) -> bool:
    """Return whether the system has a possible value there, and is no published baseline."""
    value = system.values.get(column)
    published_baseline = system.kind != "run" and system.model_class == "baseline"
    return value is not None and not value.problem and not published_baseline


def _mark(value: Value, best: Value) -> Value:
    if value.percent == best.percent:
        return msgspec.structs.replace(value, mark="best")
    if newcombe((best.correct, best.n), (value.correct, value.n)).low <= 0:
        return msgspec.structs.replace(value, mark="tied")
    return value


def _averages(results: Sequence[PublishedResult]) -> list[str]:
    """A sentence for each kind of average that is not over all items."""
    other: dict[str, list[str]] = {}
    for result in results:
        if result.mean == "groups":
            other.setdefault("mean of the seven modalities, not of the items", []).append(result.name)
        elif result.n != ITEMS:
            other.setdefault(f"over {result.n:,} items", []).append(result.name)
    return [f"{kind}: {', '.join(dict.fromkeys(names))}" for kind, names in other.items()]


def rank_text(system: System) -> str:
    """The range of ranks, such as `2–4`; empty for a system without ranks."""
    if system.rank is None:
        return ""
    first, last = system.rank
    return str(first) if first == last else f"{first}–{last}"


def parameters(size: str) -> float | None:
    """The number of parameters in billions of a size such as `8.4B`, `167M` or `30B-A3B`; `None` if it is not known.

    Example:
        >>> parameters("30B-A3B"), parameters("167M"), parameters("")
        (30.0, 0.167, None)
    """
    match = re.match(r"(\d+(?:\.\d+)?)([BM])", size)
    if match is None:
        return None
    return float(match[1]) / (1 if match[2] == "B" else 1000)


def _notes(systems: Sequence[System], runs: Sequence[RunRow], scorer: str) -> list[str]:
    kinds = {system.kind for system in systems}
    notes = [f"runs are scored by the {scorer} scorer; intervals are Wilson's"] if runs else []
    if kinds - {"run"}:
        notes.append("published results are as published; their prompts and readers differ")
    if kinds - {"run"} and runs and not runs[0].benchmark.startswith(("mmar", "file#")):
        notes.append(f"published results are of MMAR, the runs of {runs[0].benchmark.partition('#')[0]}")
    if kinds == {"run"} and len(runs) > 1:
        notes.append(
            "ranks: simultaneous ranges (Mogstad et al., arXiv 2401.15205), runs swapped by source video"
        )
    elif any(system.rank for system in systems):
        notes.append("ranks: from counts alone (Newcombe 1998); runs of the same items compare more sharply")
    for run in runs:
        n = run.counts[scorer][ALL][1]
        if run.items_asked < n:
            notes.append(
                f"{run.system.name}: only {run.items_asked:,} of {n:,} items were asked; the others count as wrong"
            )
    notes += [
        f"{system.name}, {name}: {value.problem}"
        for system in systems
        for name, value in system.values.items()
        if value.problem
    ]
    return notes
