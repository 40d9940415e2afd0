"""The smallest difference that a number of items can show.

For two runs on the same items the variance of the difference comes from the discordant items, those that only
one run has right. With ψ their share, the smallest difference found with the given power is

    (z[(1+level)/2] + z[power]) · sqrt(ψ/n)

(Miller, arXiv 2411.00640): at n = 1000, level 0.95 and power 0.8 it is 2.8, 4.0 and 4.9 points for ψ of 0.1,
0.2 and 0.3. Items that share a source count for less; pass an effective number of items to allow for it.
Standard library only.
"""

from __future__ import annotations

import math

from mmar.errors import UsageError
from mmar.stats.interval import two_sided_z

__all__ = ["minimum_detectable_difference"]


def minimum_detectable_difference(
    n: float, discordant: float, *, power: float = 0.8, level: float = 0.95
) -> float:
    """Smallest difference that `n` items can show.

    Args:
        n: number of items, above 0; an effective number need not be whole.
        discordant: share of items that only one run has right, 0 to 1; observed, or expected when planning.
        power: wanted chance of finding the difference, 0.5 to 1 (excluded).
        level: confidence of the test as a share.

    Returns:
        The difference in points, 0 to 100 and beyond.

    Raises:
        UsageError: an argument outside its range.

    Example:
        >>> round(minimum_detectable_difference(1000, 0.2), 1)
        4.0
    """
    if not (n > 0 and math.isfinite(n)):
        raise UsageError(f"power needs a number of items above 0; found {n}", code="no-items")
    if not 0 <= discordant <= 1:
        raise UsageError(
            f"share of discordant items {discordant} is not between 0 and 1", code="score-out-of-range"
        )
    share = _quantiles(power, level) * math.sqrt(discordant / n)
    return 100 * share


def _quantiles(power: float, level: float) -> float:
    if not 0.5 <= power < 1:
        raise UsageError(f"power {power} is not at least 0.5 and below 1", code="bad-power", hint="e.g. 0.8")
    # P(Z < z) = power leaves (1 - power) on one side, as a two-sided level of 2·power - 1 does.
    return two_sided_z(level) + (two_sided_z(2 * power - 1) if power > 0.5 else 0.0)
