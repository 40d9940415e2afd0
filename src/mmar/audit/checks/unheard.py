"""Checks of family N: answers without hearing. They need a run without audio (`mmar run --condition none`)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mmar.audit.check import Check, Finding, Measure, check
from mmar.audit.subject import Subject
from mmar.stats.interval import wilson
from mmar.stats.tail_probability import LEVEL, at_least

__all__ = ["CHECKS"]


@check("N001", "note", "items that are answered right without the audio", "unheard")
def solved(subject: Subject) -> Iterator[Finding]:
    """An item that every run without audio answers right.

    With one run, one in the number of choices is luck; several runs of different models leave the items whose
    question gives the answer away.
    """
    for item in subject.items:
        verdicts = [run.right.get(item.id) for run in subject.unheard]
        if verdicts and all(verdicts):
            runs = subject.unheard[0].name if len(verdicts) == 1 else f"all {len(verdicts)} runs"
            yield Finding(item.id, "question", f"answered right by {runs}")


@check("N002", "warning", "runs that beat chance without the audio", "unheard")
def above_chance(subject: Subject) -> Iterator[Finding | Measure]:
    """A run without audio that is right more often than guessing among the choices.

    The exact tail of a sum of draws, each of 1 in the number of choices; a warning below 0.01. That much of
    an accuracy on this benchmark is no listening.
    """
    choices = {item.id: len(item.choices) for item in subject.items}
    for run in subject.unheard:
        asked = [item_id for item_id in run.right if item_id in choices]
        if not asked:
            continue
        right, chances = sum(run.right[item_id] for item_id in asked), [1 / choices[each] for each in asked]
        n, expected, p = len(asked), math.fsum(chances), at_least(right, chances)
        interval = wilson(right, n)
        text = (
            f"{run.name}: {right:,} of {n:,} right without the audio, {100 * right / n:.1f} % "
            f"[{interval.low:.1f}, {interval.high:.1f}], {100 * expected / n:.1f} % by chance (p = {p:.2g})"
        )
        yield Measure(text, {"run": run.name, "right": right, "n": n, "expected": expected, "p": p})
        if p < LEVEL:
            yield Finding(None, None, text, run.name)


CHECKS: tuple[Check[Subject], ...] = (solved, above_chance)
