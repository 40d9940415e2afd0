"""The smallest difference that a number of items can show, and the number of items that a difference takes.

For two runs on the same items the variance of the difference comes from the discordant items, those that only
one run has right. With ψ their share, the smallest difference found with the given power is

    (z[(1+level)/2] + z[power]) · sqrt(ψ/n)

(Miller, arXiv 2411.00640): at n = 1000, level 0.95 and power 0.8 it is 2.8, 4.0 and 4.9 points for ψ of 0.1,
0.2 and 0.3. Items that share a source count for less; pass an effective number of items to allow for it.
Standard library only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mmar.errors import UsageError
from mmar.stats.interval import two_sided_z

__all__ = ["MinimumDifference", "items_needed", "minimum_detectable_difference"]


@dataclass(frozen=True, slots=True)
class MinimumDifference:
    """The smallest difference that a comparison can be expected to show (minimum detectable difference).

    Attributes:
        points: smallest difference in points, 0 to 100 and beyond.
        possible: False where `points` exceeds the share of discordant items, which no difference can.
        n: number of items.
        discordant: share of items that only one run has right, 0 to 1.
        power: chance of finding a difference of that size, 0 to 1.
        level: confidence of the test as a share.
    """

    points: float
    possible: bool
    n: float
    discordant: float
    power: float
    level: float


def minimum_detectable_difference(
    n: float, discordant: float, *, power: float = 0.8, level: float = 0.95
) -> MinimumDifference:
    """Smallest difference that `n` items can show.

    Args:
        n: number of items, above 0; an effective number need not be whole.
        discordant: share of items that only one run has right, 0 to 1; observed, or expected when planning.
        power: wanted chance of finding the difference, 0.5 to 1 (excluded).
        level: confidence of the test as a share.

    Returns:
        The difference in points.

    Raises:
        UsageError: an argument outside its range.

    Example:
        >>> round(minimum_detectable_difference(1000, 0.2).points, 1)
        4.0
    """
    if not (n > 0 and math.isfinite(n)):
        raise UsageError(f"power needs a number of items above 0; found {n}", code="no-items")
    if not 0 <= discordant <= 1:
        raise UsageError(
            f"share of discordant items {discordant} is not between 0 and 1", code="score-out-of-range"
        )
    share = _quantiles(power, level) * math.sqrt(discordant / n)
    return MinimumDifference(100 * share, share <= discordant, n, discordant, power, level)


def items_needed(points: float, discordant: float, *, power: float = 0.8, level: float = 0.95) -> int:
    """Number of items with which a difference of `points` can be shown.

    Args:
        points: difference in points, above 0, at most the share of discordant items.
        discordant: share of items that only one run has right, 0 to 1.
        power: wanted chance of finding the difference, 0.5 to 1 (excluded).
        level: confidence of the test as a share.

    Returns:
        The smallest sufficient number of items.

    Raises:
        UsageError: an argument outside its range, or more points than discordant items can make.

    Example:
        >>> items_needed(4, 0.2)
        982
    """
    if not 0 < discordant <= 1:
        raise UsageError(
            f"share of discordant items {discordant} is not above 0 and at most 1", code="score-out-of-range"
        )
    if not 0 < points <= 100 * discordant:
        raise UsageError(
            f"a difference lies above 0 points and at most at the share of discordant items, "
            f"{100 * discordant:g} points; found {points:g}",
            code="bad-points",
        )
    return math.ceil(discordant * (100 * _quantiles(power, level) / points) ** 2)


def _quantiles(power: float, level: float) -> float:
    if not 0.5 <= power < 1:
        raise UsageError(f"power {power} is not at least 0.5 and below 1", code="bad-power", hint="e.g. 0.8")
    # P(Z < z) = power leaves (1 - power) on one side, as a two-sided level of 2·power - 1 does.
    return two_sided_z(level) + (two_sided_z(2 * power - 1) if power > 0.5 else 0.0)
