"""Score intervals for one share and for the difference of two, and the quantiles that intervals need.

Wilson's interval inverts the score test instead of adding ± to the estimate: it stays inside 0 to 100, has
width at 0 and at 100, and covers well from a handful of items on. Ends are percent (points for a difference).
Standard library only, because `mmar score` prints these.

Sources: Wilson 1927 (J. Am. Stat. Assoc. 22:209); Newcombe 1998 (Stat. Med. 17:873), method 10, for the
difference; Abramowitz & Stegun 1964, 26.7.3 to 26.7.5, for Student's t.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import NamedTuple

from mmar.errors import UsageError

# The level of every table; a constant saves the import of `statistics`.
_Z_95 = 1.959963984540054
_SERIES_BELOW = 200


class Interval(NamedTuple):
    """A pair `(low, high)`, in percent or points as the function that made it says; a list of two in JSON."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"[{self.low:.1f}, {self.high:.1f}]"

    def excludes(self, value: float) -> bool:
        """Whether `value`, in the interval's own unit, lies outside."""
        return value < self.low or value > self.high


def two_sided_z(level: float) -> float:
    """Normal quantile that leaves (1 - level)/2 on either side: 1.95996 for 0.95."""
    if not 0 < level < 1:
        raise UsageError(f"confidence level {level} is not between 0 and 1", code="bad-level")
    if level == 0.95:
        return _Z_95
    from statistics import NormalDist

    return NormalDist().inv_cdf((1 + level) / 2)


def two_sided_t(level: float, degrees: int) -> float:
    """Quantile of Student's t that leaves (1 - level)/2 on either side: 12.706 for 0.95 and one degree of freedom."""
    z = two_sided_z(level)
    if degrees < 1:
        raise UsageError(f"Student's t needs a degree of freedom, found {degrees}", code="too-few-values")
    if degrees >= _SERIES_BELOW:
        return _t_series(z, degrees)
    # The angle whose tangent is t/sqrt(degrees) has a bounded range, so bisection needs no bracket.
    angle = bisect(lambda angle: _t_central_probability(angle, degrees) < level, 0.0, math.pi / 2)
    return math.tan(angle) * math.sqrt(degrees)


def bisect(below: Callable[[float], bool], low: float, high: float) -> float:
    """The largest number from `low` to `high` of which `below` holds, as it does of all smaller ones."""
    for _ in range(100):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if below(middle):
            low = middle
        else:
            high = middle
    return low


def score_interval(share: float, n: float, level: float = 0.95, *, z: float | None = None) -> Interval:
    """Wilson's interval around a share (0 to 1) of `n` observations, in percent.

    `n` may be an effective number, which need not be whole. `z` replaces the normal quantile of `level`. The
    end is exactly 0 where `share` is 0, and exactly 100 where it is 1.
    """
    if not 0 <= share <= 1:
        raise UsageError(f"share {share} is not between 0 and 1", code="score-out-of-range")
    if not (n > 0 and math.isfinite(n)):
        raise UsageError(f"an interval of {n} observations is not defined", code="no-items")
    quantile = two_sided_z(level) if z is None else z
    spread = quantile * quantile / n
    centre = (share + spread / 2) / (1 + spread)
    half = quantile / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    # At the ends the two terms are equal by algebra but not in floating point.
    low = 0.0 if share == 0 else 100 * max(0.0, centre - half)
    high = 100.0 if share == 1 else 100 * min(1.0, centre + half)
    return Interval(low, high)


def wilson(correct: int, n: int, level: float = 0.95) -> Interval:
    """Wilson's interval for `correct` right answers to `n` questions, in percent; 0 to 100 with no questions.

    Example:
        >>> str(wilson(8, 11))
        '[43.4, 90.3]'
    """
    right, total = _counts(correct, n)
    if total == 0:
        two_sided_z(level)
        return Interval(0.0, 100.0)
    return score_interval(right / total, total, level)


def newcombe(first: tuple[int, int], second: tuple[int, int], level: float = 0.95) -> Interval:
    """Interval, in points, for the first of two shares less the second, from independent samples.

    Each sample is its right answers and its questions. For two systems on the same questions it ignores that
    they share them, so it is wider than a paired interval. It is for published tables, of which only counts
    are known.
    """
    (right_1, n_1), (right_2, n_2) = _counts(*first), _counts(*second)
    if n_1 == 0 or n_2 == 0:
        raise UsageError("a difference needs at least one question on each side", code="no-items")
    share_1, share_2 = 100 * right_1 / n_1, 100 * right_2 / n_2
    one, two = wilson(right_1, n_1, level), wilson(right_2, n_2, level)
    difference = share_1 - share_2
    return Interval(
        difference - math.hypot(share_1 - one.low, two.high - share_2),
        difference + math.hypot(one.high - share_1, share_2 - two.low),
    )


def _counts(correct: int, n: int) -> tuple[int, int]:
    try:
        right, total = operator.index(correct), operator.index(n)
    except TypeError as error:
        raise UsageError(f"counts are whole numbers; found {correct!r} of {n!r}", code="bad-count") from error
    if not 0 <= right <= total:
        raise UsageError(f"{right} right answers to {total} questions are not possible", code="bad-count")
    return right, total


def _t_central_probability(angle: float, degrees: int) -> float:
    """P(|T| < tan(angle)·sqrt(degrees))."""
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = degrees % 2
    term = cosine if odd else 1.0
    total = term if degrees > 1 else 0.0
    for k in range(2 + odd, degrees - 1, 2):
        term *= (k - 1) / k * cosine * cosine
        total += term
    return 2 / math.pi * (angle + sine * total) if odd else sine * total


def _t_series(z: float, degrees: int) -> float:
    squared = z * z
    return z * (
        1
        + (squared + 1) / (4 * degrees)
        + ((5 * squared + 16) * squared + 3) / (96 * degrees**2)
        + (((3 * squared + 19) * squared + 17) * squared - 15) / (384 * degrees**3)
        + ((((79 * squared + 776) * squared + 1482) * squared - 1920) * squared - 945) / (92160 * degrees**4)
    )
