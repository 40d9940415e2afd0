"""What guessing scores, and the probability that guessing gives as much as was observed.

A guesser scores 1/choices on each item, whatever the key; on MMAR that is 29.3 overall, not 25, because 171
items have two choices (the "Random Guess" row of the MMAR table, arXiv 2505.13032).

Probabilities are exact where that is cheap, closed forms elsewhere. Every p-value is one-sided: the
probability of the observed value or more. Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from mmar.errors import UsageError


def expected_guess_accuracy(choice_counts: Sequence[int]) -> float:
    """Expected accuracy, in percent, of guessing evenly among each item's choices.

    Example:
        >>> expected_guess_accuracy([2, 4])
        37.5
    """
    if not choice_counts:
        raise UsageError("there are no items to guess", code="no-items")
    if min(choice_counts) < 1:
        raise UsageError("every item needs at least one choice", code="bad-count")
    return 100 * math.fsum(1 / count for count in choice_counts) / len(choice_counts)


LEVEL = 0.01
"""p-value below which a test of a benchmark's key warns."""

_EXACT = 2000


def poisson_binomial_sf(count: int, chances: Sequence[float]) -> float:
    """Probability of `count` or more successes in independent trials with these chances (Poisson binomial).

    Exact up to 2,000 trials; beyond, the normal approximation with a continuity correction.

    Example:
        >>> poisson_binomial_sf(2, [0.5, 0.5, 0.5])
        0.5
    """
    if count <= 0:
        return 1.0
    if count > len(chances):
        return 0.0
    if len(chances) > _EXACT:
        mean = math.fsum(chances)
        spread = math.sqrt(math.fsum(p * (1 - p) for p in chances))
        above = count - 0.5 - mean
        return 0.5 * math.erfc(above / (spread * math.sqrt(2))) if spread else float(above <= 0)
    ways = [1.0]
    for p in chances:
        q = 1 - p
        ways = [q * no + p * yes for no, yes in zip([*ways, 0.0], [0.0, *ways], strict=True)]
    return min(1.0, math.fsum(ways[count:]))


def chi_squared_sf(value: float, freedom: int) -> float:
    """Probability that a chi-squared variable with `freedom` degrees (1 or more) is `value` or more.

    The finite sums of Abramowitz & Stegun 26.4.4 and 26.4.5.

    Example:
        >>> round(chi_squared_sf(3.841458820694124, 1), 6)
        0.05
    """
    if value <= 0:
        return 1.0
    half = value / 2
    if freedom % 2:
        total, term = math.erfc(math.sqrt(half)), math.exp(-half) * math.sqrt(value) * math.sqrt(2 / math.pi)
        steps = range(3, freedom + 1, 2)
    else:
        total, term = math.exp(-half), math.exp(-half) * half
        steps = range(4, freedom + 1, 2)
    for step in steps:
        total += term
        term *= value / step
    return min(1.0, total)
