"""A table of systems: runs, and published results beside them, with intervals, rank ranges and tied bests.

Ranks are ranges: the first number is one more than the number of systems shown to be better, the last is the lowest
place that the data allow (arXiv 2504.20879). Runs alone are compared item by item; where published results take part,
only counts are known, and two shares are compared (Newcombe 1998).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from mmar.benchmarks import CATALOGUE
from mmar.items import Benchmark
from mmar.models.recipes import recipe_of
from mmar.reports.published import GROUP_SIZES, ITEMS, PublishedResult, impossible_cells
from mmar.scoring.intervals import clusters_of
from mmar.scoring.score import Scored
from mmar.stats.interval import newcombe, wilson
from mmar.stats.ranks import pairwise, published_ranks, rank_ranges

ALL = "all"
"""The column of the average over all items."""

Kind = Literal["run", "benchmark", "challenge", "authors", "others"]


class Value(msgspec.Struct, frozen=True):
    """An accuracy.

    Attributes:
        percent: 0 to 100.
        printed: the number as published, or to a tenth.
        correct: number of items right; for a published value the nearest count.
        n: number of items.
        interval: Wilson's 95 % interval, percent.
        mark: `best` in its column, or `tied` with the best.
        problem: why the published number is impossible; empty if it is possible.
    """

    percent: float
    printed: str
    correct: int
    n: int
    interval: tuple[float, float]
    mark: Literal["", "best", "tied"] = ""
    problem: str = ""


class RunRow(msgspec.Struct, frozen=True):
    """What the table needs of a scored run.

    Attributes:
        name: the model, with its condition if that is not `full`.
        path: folder or file.
        counts: by scorer (`official`, `choice`), then by column: items right and items.
        right: by scorer, for each item whether it is right; in the order of the benchmark.
        clusters: a label of the source video for each item.
        groups: names of the groups by dimension (`modality`, `category`, `sub-category`).
        unresolved: number of answers that name no choice.
        signature: everything the numbers depend on.
        asked: number of items that were asked; the others count as wrong.
        benchmark: name and digest of the questions.
        model_class: of the published system with that name; empty if there is none.
        size: the same.
        open_weights: the same.
        unanswered: whether no answer came to each item; empty where all were answered.
        own_rule: items right and counted by the benchmark's own rule, where it is not MMAR's.
    """

    name: str
    path: str
    counts: Mapping[str, Mapping[str, tuple[int, int]]]
    right: Mapping[str, Sequence[bool]]
    clusters: Sequence[str]
    groups: Mapping[str, Sequence[str]]
    unresolved: int
    signature: str
    asked: int
    benchmark: str
    model_class: str = ""
    size: str = ""
    open_weights: bool | None = None
    unanswered: Sequence[bool] = ()
    own_rule: tuple[int, int] | None = None


class System(msgspec.Struct, frozen=True):
    """A row of the table.

    Attributes:
        name: the system.
        kind: where the numbers come from: a run, the benchmark's own table, the challenge of 2026, the system's
            authors, others.
        model_class: LALM, LARM, OLM, LLM, LRM or baseline; empty if not known.
        size: number of parameters; empty if not known.
        open_weights: `None` if not known.
        values: by column, by the table's scorer.
        choice: accuracy of all items by the choice scorer; `None` for published results.
        unresolved: number of unresolved answers; `None` for published results.
        rank: first and last place; `None` for baselines and for results that others reported.
        source: the run's path, or where the result was published.
        signature: of a run.
    """

    name: str
    kind: Kind
    model_class: str
    size: str
    open_weights: bool | None
    values: dict[str, Value]
    choice: Value | None
    unresolved: int | None
    rank: tuple[int, int] | None
    source: str
    signature: str = ""


class SystemsTable(msgspec.Struct, frozen=True):
    """Systems in the order of their accuracy.

    Attributes:
        scorer: by which runs are scored and ranked.
        columns: the columns of accuracies, `all` first; or a column for each of several benchmarks.
        systems: the rows.
        notes: sentences to print below.
    """

    scorer: Literal["official", "choice"]
    columns: tuple[str, ...]
    systems: tuple[System, ...]
    notes: tuple[str, ...]


def run_row(path: Path, scored: Scored, benchmark: Benchmark | None = None) -> RunRow:
    """A scored run as a row.

    Args:
        path: its folder or file.
        scored: its score, with every item's.
        benchmark: the questions, which name the source videos.
    """
    score, parts = scored.score, scored.parts
    name = parts.get("model", "?")
    if name == "?":
        name = path.name
    condition = parts.get("condition", "?")
    recipe = recipe_of(name)
    counts: dict[str, dict[str, tuple[int, int]]] = {}
    for scorer in ("official", "choice"):
        counts[scorer] = {ALL: (getattr(score, scorer).correct, score.n)}
        for groups in score.groups.values():
            counts[scorer] |= {group: (getattr(one, scorer).correct, one.n) for group, one in groups.items()}
    clusters = clusters_of(benchmark) if benchmark is not None else ()
    if len(clusters) != len(scored.rows):
        clusters = tuple(row.id for row in scored.rows)
    return RunRow(
        name=name if condition in ("full", "?", "none") else f"{name} ({condition})",
        path=str(path),
        counts=counts,
        right={
            "official": [row.official for row in scored.rows],
            "choice": [row.choice for row in scored.rows],
        },
        clusters=clusters,
        unanswered=[row.state in ("failed", "missing") for row in scored.rows],
        groups={dimension: tuple(groups) for dimension, groups in score.groups.items()},
        unresolved=score.states["unresolved"],
        signature=score.signature,
        asked=score.n if score.asked is None else score.asked.n,
        benchmark=parts.get("bench", "?"),
        model_class=recipe.model_class if recipe else "",
        size=recipe.size.strip("-") if recipe else "",
        open_weights=recipe.open_weights if recipe else None,
        own_rule=None if score.mmsu is None else (score.mmsu.correct, score.mmsu.counted),
    )


def systems_table(
    runs: Sequence[RunRow],
    published: Iterable[PublishedResult] = (),
    *,
    scorer: Literal["official", "choice"] = "official",
    columns: Sequence[str] = tuple(GROUP_SIZES),
) -> SystemsTable:
    """Put runs and published results in one table.

    Args:
        runs: scored runs. Of several benchmarks, each model is a row and each benchmark a column, without ranks.
        published: results to show beside them.
        scorer: whose verdicts count for runs. Published results are as published.
        columns: groups to show besides the average, for runs of one benchmark.
    """
    if several_benchmarks(runs):
        return _over_benchmarks(runs, published, scorer)
    results = list(published)
    systems = [_of_run(run, scorer, columns) for run in runs]
    systems += [_of_published(result, columns) for result in results]
    order = sorted(range(len(systems)), key=lambda index: -systems[index].values[ALL].percent)
    ranks = _ranks(systems, runs, scorer)
    systems = [msgspec.structs.replace(system, rank=ranks.get(index)) for index, system in enumerate(systems)]
    names = (ALL, *(name for name in columns if any(name in system.values for system in systems)))
    rows = _mark_best([systems[index] for index in order], names)
    return SystemsTable(scorer, names, tuple(rows), (*_notes(rows, runs, scorer), *_averages(results)))


def several_benchmarks(runs: Sequence[RunRow]) -> bool:
    """Whether runs answer different questions."""
    return len({run.benchmark.partition("#")[2] for run in runs}) > 1


_FIRST = ("mmau-mini", "mmau-pro", "mmar", "mmsu")
"""The benchmarks in the order in which papers print them; others follow in order of appearance."""


def _over_benchmarks(
    runs: Sequence[RunRow], published: Iterable[PublishedResult], scorer: Literal["official", "choice"]
) -> SystemsTable:
    """A row for each model, a column for each benchmark and edition."""
    by_digest = {run.benchmark.partition("#")[2]: run.benchmark for run in runs}
    names = [bench.partition("#")[0] for bench in by_digest.values()]
    labels = {
        bench: name if names.count(name) == 1 else bench
        for bench, name in zip(by_digest.values(), names, strict=True)
    }
    rows: dict[tuple[str, int], System] = {}
    own_rules: dict[str, str] = {}
    for run in runs:
        label = labels[by_digest[run.benchmark.partition("#")[2]]]
        turn = 1
        while (key := (run.name, turn)) in rows and label in rows[key].values:
            turn += 1
        system = rows.get(key) or msgspec.structs.replace(
            _of_run(run, scorer, ()),
            name=run.name if turn == 1 else f"{run.name} ({turn})",
            values={},
            choice=None,
            unresolved=None,
        )
        value, note = _official_value(run, label) if scorer == "official" else (run.counts[scorer][ALL], "")
        if note:
            own_rules[label] = note
        values = {**system.values, label: _value(*value)}
        sources = "; ".join(dict.fromkeys((*system.source.split("; "), run.path)))
        signatures = "; ".join(dict.fromkeys(filter(None, (*system.signature.split("; "), run.signature))))
        rows[key] = msgspec.structs.replace(system, values=values, source=sources, signature=signatures)
    mmar = next((label for label in labels.values() if label.partition("@")[0] == "mmar"), None)
    systems = list(rows.values())
    for result in published if mmar is not None else ():
        system = _of_published(result, ())
        systems.append(msgspec.structs.replace(system, values={str(mmar): system.values[ALL]}))
    rank = {name: place for place, name in enumerate(_FIRST)}
    columns = sorted(labels.values(), key=lambda label: rank.get(label.partition("@")[0], len(rank)))
    notes = [
        f"runs are scored by the {scorer} scorer; a column for each benchmark and edition, no ranks over several"
    ]
    notes += own_rules.values()
    if any(label.partition("@")[0] == "mmau-pro" for label in columns):
        notes.append("mmau-pro: questions with choices; mmar score has the other kinds")
    notes += [
        f"{run.path}: {run.asked:,} of {run.counts[scorer][ALL][1]:,} items asked, the others count as wrong"
        for run in runs
        if run.asked < run.counts[scorer][ALL][1]
    ]
    return SystemsTable(scorer, tuple(columns), tuple(_mark_best(systems, columns)), tuple(notes))


def _official_value(run: RunRow, label: str) -> tuple[tuple[int, int], str]:
    """Items right and counted by the rule that papers use for a benchmark, and what to say where it is not MMAR's."""
    if run.own_rule is not None:
        return run.own_rule, f"{label}: by its own rule, which leaves answers that it cannot read out"
    entry = CATALOGUE.get(label.partition("#")[0].partition("@")[0])
    if entry is not None and entry.own_rule:
        return run.counts["choice"][ALL], f"{label}: by choice, since its own script {entry.own_rule}"
    return run.counts["official"][ALL], ""


def _of_run(run: RunRow, scorer: str, columns: Sequence[str]) -> System:
    counts = run.counts[scorer]
    values = {name: _value(*counts[name]) for name in (ALL, *columns) if name in counts}
    choice = _value(*run.counts["choice"][ALL])
    return System(
        run.name,
        "run",
        run.model_class,
        run.size,
        run.open_weights,
        values,
        choice,
        run.unresolved,
        None,
        run.path,
        run.signature,
    )


def _of_published(result: PublishedResult, columns: Sequence[str]) -> System:
    problems = impossible_cells(result)
    cells = {ALL: (result.average, result.n, problems.get("average", ""))}
    for name in columns:
        if name in result.groups:
            cells[name] = (result.groups[name], GROUP_SIZES[name], problems.get(name, ""))
    values = {}
    for name, (printed, n, problem) in cells.items():
        percent = float(printed)
        correct = round(percent * n / 100)
        low, high = _wilson(correct, n)
        values[name] = Value(percent, printed, correct, n, (low, high), problem=problem)
    return System(
        result.name,
        result.by,
        result.model_class,
        result.size,
        result.open_weights,
        values,
        None,
        None,
        None,
        result.source,
    )


def _value(correct: int, n: int) -> Value:
    percent = 100 * correct / n if n else 0.0
    return Value(percent, f"{percent:.1f}", correct, n, _wilson(correct, n))


def _wilson(correct: int, n: int) -> tuple[float, float]:
    low, high = wilson(correct, n)
    return low, high


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


def _mark_best(systems: Sequence[System], columns: Sequence[str]) -> list[System]:
    marked = [dict(system.values) for system in systems]
    for name in columns:
        here = [
            index
            for index, system in enumerate(systems)
            if name in system.values and not system.values[name].problem
            if system.kind == "run" or system.model_class != "baseline"
        ]
        if len(here) < 2:
            continue
        best = max(marked[index][name].percent for index in here)
        top = next(marked[index][name] for index in here if marked[index][name].percent == best)
        for index in here:
            value = marked[index][name]
            if value.percent == best:
                marked[index][name] = msgspec.structs.replace(value, mark="best")
            elif newcombe((top.correct, top.n), (value.correct, value.n)).low <= 0:
                marked[index][name] = msgspec.structs.replace(value, mark="tied")
    return [
        msgspec.structs.replace(system, values=values) for system, values in zip(systems, marked, strict=True)
    ]


def _averages(results: Sequence[PublishedResult]) -> list[str]:
    """A sentence for each kind of average that is not over all items."""
    other: dict[str, list[str]] = {}
    for result in results:
        if result.mean == "groups":
            other.setdefault("mean of the seven modalities, not of the items", []).append(result.name)
        elif result.n != ITEMS:
            other.setdefault(f"over {result.n:,} items", []).append(result.name)
    return [f"{what}: {', '.join(dict.fromkeys(names))}" for what, names in other.items()]


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
        if run.asked < n:
            notes.append(
                f"{run.name}: only {run.asked:,} of {n:,} items were asked; the others count as wrong"
            )
    notes += [
        f"{system.name}, {name}: {value.problem}"
        for system in systems
        for name, value in system.values.items()
        if value.problem
    ]
    return notes
