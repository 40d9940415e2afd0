"""Checks that need runs: M, items over several systems (item analysis, `mmar audit --runs`), and N, answers without hearing.

The latter need a run without audio (`mmar run --condition none`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from mmar.audit.check import Finding, Measure, check, of_item
from mmar.audit.subject import Subject
from mmar.items import Item
from mmar.stats.chance import LEVEL, poisson_binomial_sf
from mmar.stats.interval import wilson
from mmar.stats.item_analysis import ItemStatistics, analyse_items, systems_needed

_ALPHA = 0.05
_CORRELATION = 0.2  # below it an item is looked at (Ebel & Frisbie 1991)


def _analysed(subject: Subject) -> Iterator[tuple[Item, ItemStatistics]]:
    """The items that every system was asked, with their statistics; none with fewer than two systems."""
    runs = subject.systems
    items = [item for item in subject.items if all(item.id in run.right for run in runs)]
    if len(runs) < 2 or not items:
        return
    statistics = analyse_items(
        [[run.right[item.id] for item in items] for run in runs],
        [[run.named.get(item.id) for item in items] for run in runs],
        [item.choices.index(item.answer) for item in items],
        [len(item.choices) for item in items],
    )
    yield from zip(items, statistics, strict=True)


@check("M001", "warning", "items on which strong systems agree on a wrong choice", "systems")
def strong_systems_agree_on_wrong_choice(subject: Subject) -> Iterator[Finding]:
    """An item for which the better third of the systems, at least two, all name the same wrong choice.

    Often the key is wrong, or two choices are right. Listen to the clip before changing anything: systems of one
    family make the same mistakes.
    """
    for item, statistics in _analysed(subject):
        if statistics.strong_miss is not None:
            choice = item.choices[statistics.strong_miss]
            message = f"the strongest systems all name {choice!r}; right in {statistics.right} of {statistics.systems}"
            yield of_item(item, "answer", message)


@check("M002", "warning", "items that stronger systems miss more often", "systems")
def negative_item_rest(subject: Subject) -> Iterator[Finding | Measure]:
    """An item whose item-rest correlation is below zero with its whole 95 % interval.

    The correlation is that of being right on the item with the share of the other items that a system has right.
    Few systems show little: the measure says how many it would take.
    """
    analysed = list(_analysed(subject))
    if not analysed:
        return
    known = [statistics.item_rest for _, statistics in analysed if statistics.item_rest is not None]
    systems = len(subject.systems)
    needed = systems_needed(_CORRELATION)
    low = sum(value < _CORRELATION for value in known)
    text = (
        f"{systems} systems on {len(analysed):,} items; {low:,} items correlate below {_CORRELATION} with the rest, "
        f"which can be trusted from about {needed} systems on"
    )
    yield Measure(text, {"systems": systems, "items": len(analysed), "below": low, "systems_needed": needed})
    for item, statistics in analysed:
        if statistics.interval is not None and statistics.interval[1] < 0:
            assert statistics.item_rest is not None
            yield Finding(item.id, "answer", f"item-rest correlation {statistics.item_rest:.2f}")


@check("M003", "note", "wrong choices that no system takes", "systems")
def unused_distractors(subject: Subject) -> Iterator[Finding]:
    """A wrong choice that no system names although there were enough wrong answers.

    Enough means that, if wrong answers fell evenly on the wrong choices, one would stay empty by chance in less
    than 5 % of cases. Such a choice makes guessing easier than the number of choices says.
    """
    for item, statistics in _analysed(subject):
        others = len(item.choices) - 1
        wrong = statistics.systems - statistics.right
        if others < 2 or (1 - 1 / others) ** wrong * others >= _ALPHA:
            continue
        for slot in statistics.unused:
            choice = item.choices[slot]
            message = f"none of {wrong} wrong answers names {choice!r}"
            yield Finding(item.id, "choices", message, current=choice)


@check("N001", "note", "items that are answered right without the audio", "unheard")
def solved_without_audio(subject: Subject) -> Iterator[Finding]:
    """An item that every run without audio answers right.

    With one run, one in the number of choices is right by chance; several runs of different models leave the items whose
    question gives the answer away.
    """
    for item in subject.items:
        verdicts = [run.right.get(item.id) for run in subject.unheard]
        if verdicts and all(verdicts):
            runs = subject.unheard[0].name if len(verdicts) == 1 else f"all {len(verdicts)} runs"
            yield Finding(item.id, "question", f"answered right by {runs}")


@check("N002", "warning", "runs that beat chance without the audio", "unheard")
def above_chance_without_audio(subject: Subject) -> Iterator[Finding | Measure]:
    """A run without audio that is right more often than guessing among the choices.

    The exact tail of a sum of draws, each of 1 in the number of choices; a warning below 0.01. That much of
    an accuracy on this benchmark is no listening.
    """
    choices = {item.id: len(item.choices) for item in subject.items}
    for run in subject.unheard:
        item_ids = [item_id for item_id in run.right if item_id in choices]
        if not item_ids:
            continue
        right, chances = (
            sum(run.right[item_id] for item_id in item_ids),
            [1 / choices[each] for each in item_ids],
        )
        n, expected, p = len(item_ids), math.fsum(chances), poisson_binomial_sf(right, chances)
        interval = wilson(right, n)
        text = (
            f"{run.name}: {right:,} of {n:,} right without the audio, {100 * right / n:.1f} % "
            f"[{interval.low:.1f}, {interval.high:.1f}], {100 * expected / n:.1f} % by chance (p = {p:.2g})"
        )
        yield Measure(text, {"run": run.name, "right": right, "n": n, "expected": expected, "p": p})
        if p < LEVEL:
            yield Finding(None, None, text, run.name)
