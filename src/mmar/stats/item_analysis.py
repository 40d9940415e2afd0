"""Item analysis: how each question behaves over many systems (classical test theory).

Difficulty is the share of systems that have an item right. Item-rest correlation is the correlation of being
right on the item with the share of the other items that a system has right; an item with a negative one is
missed by the stronger systems, often because its key is wrong (Lord & Novick 1968; Ebel & Frisbie 1991, ch.
13: below 0.2 an item should be looked at). A distractor that no system takes does not distract.

Few systems show little: with S systems the standard error of a correlation near zero is about 1/sqrt(S - 1),
so that telling 0.2 from zero at 95 % takes about 100 of them. Models of item response theory are not fitted
here; they need more systems than exist (forty at the least).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmar.errors import UsageError
from mmar.stats.inputs import binary_scores
from mmar.stats.interval import Interval

_STRONG = 1 / 3
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """One item over many systems.

    Attributes:
        right: number of systems that have it right.
        item_rest: item-rest correlation, -1 to 1; None where all systems have it right, or all wrong, or the
            systems do not differ on the rest.
        interval: 95 % interval of the correlation (Fisher's z); None as above and below four systems.
        strong_miss: slot of the wrong choice that every strong system takes; None where they do not agree. The
            strong systems are the better third, at least two.
        unused: slots of wrong choices that no system takes.
    """

    right: int
    systems: int
    item_rest: float | None
    interval: Interval | None
    strong_miss: int | None
    unused: tuple[int, ...]


def analyse_items(
    right: Sequence[ArrayLike],
    named: Sequence[Sequence[int | None]],
    answers: Sequence[int],
    choice_counts: Sequence[int],
) -> tuple[ItemStatistics, ...]:
    """Analyse each item over several systems.

    `right` holds right and wrong answers of each system, each of shape (n,), `named` the slot of the choice
    that each named for each item, None where it named none, and `answers` the slot of each item's answer.
    """
    if len(right) < 2 or len(right) != len(named):
        raise UsageError(f"two systems are needed at least; found {len(right)}", code="too-few-systems")
    table = np.stack([binary_scores(row, f"system {position}") for position, row in enumerate(right)]).astype(
        np.float64
    )
    systems, n = table.shape
    if any(len(row) != n for row in (*named, answers, choice_counts)):
        raise UsageError("systems and items differ in their number of items", code="different-lengths")
    totals = table.sum(axis=1)
    order = sorted(range(systems), key=lambda position: -totals[position])
    strong = order[: max(2, math.ceil(systems * _STRONG))]
    statistics = []
    for position in range(n):
        column = table[:, position]
        taken = Counter(row[position] for row in named)
        choices = {named[system][position] for system in strong}
        (agreed,) = choices if len(choices) == 1 else (None,)
        correlation = _correlation(column, (totals - column) / max(1, n - 1))
        statistics.append(
            ItemStatistics(
                right=int(column.sum()),
                systems=systems,
                item_rest=correlation,
                interval=_fisher_interval(correlation, systems),
                strong_miss=agreed if agreed is not None and agreed != answers[position] else None,
                unused=tuple(
                    slot
                    for slot in range(choice_counts[position])
                    if slot != answers[position] and not taken[slot]
                ),
            )
        )
    return tuple(statistics)


def systems_needed(correlation: float) -> int:
    """Number of systems at which an item-rest correlation of this size, 0 to 1, is told from zero (Fisher's z).

    Example:
        >>> systems_needed(0.2), systems_needed(0.5)
        (97, 16)
    """
    if not 0 < correlation < 1:
        raise UsageError(f"correlation {correlation} is not between 0 and 1", code="score-out-of-range")
    return math.ceil((_Z / math.atanh(correlation)) ** 2 + 3)


def _correlation(one: NDArray[np.float64], two: NDArray[np.float64]) -> float | None:
    one, two = one - one.mean(), two - two.mean()
    size = math.sqrt(float(one @ one) * float(two @ two))
    return float(one @ two) / size if size > 1e-12 else None


def _fisher_interval(correlation: float | None, systems: int) -> Interval | None:
    if correlation is None or systems < 4:
        return None
    centre, half = math.atanh(max(-0.999999, min(0.999999, correlation))), _Z / math.sqrt(systems - 3)
    return Interval(math.tanh(centre - half), math.tanh(centre + half))
