"""A table of systems over several benchmarks: a row for each model, a column for each benchmark and edition."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from mmar.benchmarks import catalogue_facts
from mmar.reports.published import PublishedResult
from mmar.reports.systems_table import ALL, RunRow, SystemsTable, mark_best, published_system, value_of
from mmar.scoring.align_runs import Scorer

_FIRST = ("mmau-mini", "mmau-pro", "mmar", "mmsu")
"""The benchmarks in the order in which papers print them; others follow in order of appearance."""


def has_several_benchmarks(runs: Sequence[RunRow]) -> bool:
    """Return whether runs answer different questions."""
    return len({run.digest for run in runs}) > 1


def benchmarks_table(
    runs: Sequence[RunRow], published: Iterable[PublishedResult] = (), scorer: Scorer = "official"
) -> SystemsTable:
    """Put runs of several benchmarks in one table; published results stand in the column of MMAR.

    A model that has several runs of one benchmark has further rows.
    """
    labels = _labels(runs)
    rows: dict[tuple[str, int], dict[str, RunRow]] = {}
    for run in runs:
        label = labels[run.digest]
        name = run.system.name
        turn = next(turn for turn in itertools.count(1) if label not in rows.get((name, turn), {}))
        rows.setdefault((name, turn), {})[label] = run
    own_rules: dict[str, str] = {}
    systems = []
    for (name, turn), members in rows.items():
        parts = [run.system for run in members.values()]
        values = {}
        for label, run in members.items():
            counts, note = _counts(run, label, scorer)
            if note:
                own_rules[label] = note
            values[label] = value_of(*counts)
        systems.append(
            msgspec.structs.replace(
                parts[0],
                name=name if turn == 1 else f"{name} ({turn})",
                values=values,
                choice=None,
                unresolved=None,
                source="; ".join(dict.fromkeys(part.source for part in parts)),
                signature="; ".join(dict.fromkeys(part.signature for part in parts)),
            )
        )
    mmar = next((label for label in labels.values() if _name(label) == "mmar"), None)
    for result in published if mmar is not None else ():
        system = published_system(result)
        systems.append(msgspec.structs.replace(system, values={str(mmar): system.values[ALL]}))
    order = {name: position for position, name in enumerate(_FIRST)}
    columns = sorted(labels.values(), key=lambda label: order.get(_name(label), len(order)))
    rule = f"runs are scored by the {scorer} scorer"
    notes = [f"{rule}; a column for each benchmark and edition, no ranks over several", *own_rules.values()]
    if any(_name(label) == "mmau-pro" for label in columns):
        notes.append("mmau-pro: questions with choices; mmar score has the other kinds")
    notes += [
        f"{run.system.source}: {run.items_asked:,} of {run.counts[scorer][ALL][1]:,} items asked, the others count as wrong"
        for run in runs
        if run.items_asked < run.counts[scorer][ALL][1]
    ]
    return SystemsTable(scorer, tuple(columns), tuple(mark_best(systems, columns)), tuple(notes))


def _labels(runs: Sequence[RunRow]) -> dict[str, str]:
    """The title of each benchmark's column, by digest: its name and edition, with the digest where two share them."""
    benchmarks = {run.digest: run.benchmark for run in runs}
    names = {digest: benchmark.partition("#")[0] for digest, benchmark in benchmarks.items()}
    several = {name for name, number in Counter(names.values()).items() if number > 1}
    return {digest: benchmarks[digest] if name in several else name for digest, name in names.items()}


def _name(label: str) -> str:
    """The benchmark's name in the title of a column, without edition and digest."""
    return label.partition("#")[0].partition("@")[0]


def _counts(run: RunRow, label: str, scorer: Scorer) -> tuple[tuple[int, int], str]:
    """Items right and counted; for `official` by the rule that papers use, with a note where it is not MMAR's."""
    if scorer == "choice":
        return run.counts["choice"][ALL], ""
    if run.own_rule is not None:
        return run.own_rule, f"{label}: by its own rule, which leaves answers that it cannot read out"
    if own_rule := catalogue_facts(_name(label)).own_rule:
        return run.counts["choice"][ALL], f"{label}: by choice, since its own script {own_rule}"
    return run.counts["official"][ALL], ""
