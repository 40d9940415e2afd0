"""Quantiles of Student's t for a whole number of degrees of freedom.

Few clusters carry few degrees of freedom however many items they hold, and a normal quantile would then make
an interval too narrow. The distribution function is the finite series of Abramowitz & Stegun 1964, 26.7.3 and
26.7.4, inverted by bisection; from 200 degrees on the expansion 26.7.5 is exact to nine digits.
"""

from __future__ import annotations

import math

from mmar.errors import UsageError
from mmar.stats.interval import two_sided_z

__all__ = ["two_sided_t"]

_SERIES_BELOW = 200


def two_sided_t(level: float, degrees: int) -> float:
    """Quantile of Student's t that leaves (1 - level)/2 on either side.

    Args:
        level: confidence as a share between 0 and 1, ends excluded.
        degrees: degrees of freedom, at least 1.

    Returns:
        12.706 for 0.95 and one degree; 1.960 as the degrees grow.

    Raises:
        UsageError: `level` is no share, or `degrees` is below 1.
    """
    z = two_sided_z(level)
    if degrees < 1:
        raise UsageError(f"Student's t needs at least one degree of freedom; found {degrees}")
    if degrees >= _SERIES_BELOW:
        return _expansion(z, degrees)
    # The angle whose tangent is t/sqrt(degrees) runs over a bounded range, so bisection needs no bracket.
    low, high = 0.0, math.pi / 2
    while (middle := (low + high) / 2) not in (low, high):
        if _share_within(middle, degrees) < level:
            low = middle
        else:
            high = middle
    return math.tan(middle) * math.sqrt(degrees)


def _share_within(angle: float, degrees: int) -> float:
    """P(|T| < tan(angle)·sqrt(degrees))."""
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = degrees % 2
    term = cosine if odd else 1.0
    total = term if degrees > 1 else 0.0
    for k in range(2 + odd, degrees - 1, 2):
        term *= (k - 1) / k * cosine * cosine
        total += term
    return 2 / math.pi * (angle + sine * total) if odd else sine * total


def _expansion(z: float, degrees: int) -> float:
    squared = z * z
    return z * (
        1
        + (squared + 1) / (4 * degrees)
        + ((5 * squared + 16) * squared + 3) / (96 * degrees**2)
        + (((3 * squared + 19) * squared + 17) * squared - 15) / (384 * degrees**3)
        + ((((79 * squared + 776) * squared + 1482) * squared - 1920) * squared - 945) / (92160 * degrees**4)
    )
