"""Intervals and tests that stay valid however often they are looked at.

An ordinary interval or p-value holds for one look at an agreed end. Looked at after every answer, a true
hypothesis is rejected sooner or later. A confidence sequence holds at all times together, so that a run may
be watched, and stopped when it has decided (Howard, Ramdas, McAuliffe & Sekhon 2021, Ann. Stat. 49:1055,
arXiv 1810.08240).

Right and wrong answers are tested against each share p by the mixture of Robbins 1970 (Ann. Math. Stat.
41:1397) with a uniform prior: after s right of n answers the bet has grown to

    B(1 + s, 1 + n - s) / (p^s (1 - p)^(n - s))

and p is excluded once this passes 1/alpha (Ville's inequality). Two runs are compared on the items that one
alone has right, of which half are each run's if the runs are equal; that gives an e-value, which decides at
1/alpha.

Items of one source video may agree, so the counts are divided by Σ m²/Σ m over the videos seen, m items each:
what they are worth if they agree fully (Kish 1965). The order of asking must not depend on the answers.
Standard library only. Shares in percent.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from mmar.errors import UsageError
from mmar.stats.interval import Interval, bisect

_ALPHA = 0.05  # chance of a false decision at any time


@dataclass(frozen=True, slots=True)
class SequentialComparison:
    """A comparison that may be looked at at any time.

    Attributes:
        e_value: evidence against equal runs, 1 at the start; at least 1/alpha decides.
        decided: whether it has decided.
        only_first: items that the first run alone has right.
        only_second: items that the second run alone has right.
        interval: confidence sequence of the first run's part of these items, percent.
    """

    e_value: float
    decided: bool
    only_first: int
    only_second: int
    interval: Interval


def share_sequence(right: float, n: float) -> Interval:
    """95 % confidence sequence, in percent, of a share after `right` of `n` answers, which need not be whole.

    Example:
        >>> str(share_sequence(60, 100))
        '[44.1, 74.6]'
    """
    if not 0 <= right <= n:
        raise UsageError(f"{right} right answers to {n} questions are not possible", code="bad-count")
    if n == 0:
        return Interval(0.0, 100.0)
    wrong = n - right
    threshold = _log_beta(right, wrong) + math.log(_ALPHA)

    def excluded(p: float) -> bool:
        likelihood = (right * math.log(p) if right else 0.0) + (wrong * math.log1p(-p) if wrong else 0.0)
        return likelihood < threshold

    estimate = right / n
    low = 0.0 if right == 0 else bisect(excluded, 0.0, estimate)
    high = 1.0 if wrong == 0 else 1 - bisect(lambda q: excluded(1 - q), 0.0, 1 - estimate)
    return Interval(100 * low, 100 * high)


def compare_sequence(
    first: Sequence[bool], second: Sequence[bool], clusters: Sequence[Hashable]
) -> SequentialComparison:
    """Compare two runs on the items asked so far, by their right and wrong answers and one cluster label per item."""
    if not len(first) == len(second) == len(clusters):
        raise UsageError("two runs are compared item by item", code="different-lengths")
    only_first = sum(one and not two for one, two in zip(first, second, strict=True))
    only_second = sum(two and not one for one, two in zip(first, second, strict=True))
    differing = [label for one, two, label in zip(first, second, clusters, strict=True) if one != two]
    effect = worst_design_effect(differing)
    one, two = only_first / effect, only_second / effect
    evidence = math.exp(min(700.0, _log_beta(one, two) + (one + two) * math.log(2)))
    interval = share_sequence(one, one + two)
    return SequentialComparison(evidence, evidence >= 1 / _ALPHA, only_first, only_second, interval)


def worst_design_effect(clusters: Sequence[Hashable]) -> float:
    """By how much items count for less if those of one cluster agree fully; 1 without items.

    Example:
        >>> worst_design_effect(["a", "a", "b"])
        1.6666666666666667
    """
    sizes = Counter(clusters).values()
    return sum(size * size for size in sizes) / sum(sizes) if sizes else 1.0


def _log_beta(right: float, wrong: float) -> float:
    """Logarithm of B(1 + right, 1 + wrong)."""
    return math.lgamma(1 + right) + math.lgamma(1 + wrong) - math.lgamma(2 + right + wrong)
