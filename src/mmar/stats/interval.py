"""Score intervals for a share of right answers and for the difference of two shares.

Wilson's interval inverts the score test instead of adding ± to the estimate. It stays inside 0 to 100, has
width at 0 and at 100, and covers well from a handful of items on; ± two standard errors does none of this.

Sources: Wilson 1927 (J. Am. Stat. Assoc. 22:209); Newcombe 1998 (Stat. Med. 17:873), method 10, for the
difference; arXiv 2503.01747 for why language-model evaluations need them. Every end is in percent, 0 to 100
(-100 to 100 for a difference). Standard library only, because `mmar score` prints these.
"""

from __future__ import annotations

import math
import operator

import msgspec

from mmar.errors import UsageError

__all__ = ["Interval", "newcombe", "score_interval", "two_sided_z", "wilson"]

# Every table uses this level; a constant spares its reader the import of `statistics`.
_Z_95 = 1.959963984540054


# Every score prints intervals; the decorator of the standard library costs more to import than 200 of them.
class Interval(msgspec.Struct, frozen=True):
    """An interval with its level of confidence.

    Attributes:
        low: lower end; percent or points, as the function that made it says.
        high: upper end, in the same unit.
        level: confidence as a share, 0.95 for 95 percent.
    """

    low: float
    high: float
    level: float = 0.95

    def excludes(self, value: float) -> bool:
        """Whether `value`, in the interval's own unit, lies outside."""
        return value < self.low or value > self.high


def two_sided_z(level: float) -> float:
    """Normal quantile that leaves (1 - level)/2 on either side.

    Args:
        level: confidence as a share between 0 and 1, ends excluded.

    Returns:
        1.95996 for 0.95.

    Raises:
        UsageError: `level` is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise UsageError(f"a level of confidence is a share between 0 and 1, such as 0.95; found {level}")
    if level == 0.95:
        return _Z_95
    from statistics import NormalDist

    return NormalDist().inv_cdf((1 + level) / 2)


def score_interval(share: float, n: float, level: float = 0.95, *, z: float | None = None) -> Interval:
    """Wilson's interval around a share that `n` observations gave.

    Args:
        share: observed share, 0 to 1.
        n: number of observations, above 0; an effective number need not be whole.
        level: confidence as a share.
        z: quantile to use instead of the normal one of `level`.

    Returns:
        The interval in percent, 0 to 100; exactly 0 below when `share` is 0, exactly 100 above when it is 1.

    Raises:
        UsageError: `share` lies outside 0 to 1, `n` is not above 0, or `level` is no share.
    """
    if not 0 <= share <= 1:
        raise UsageError(f"a share lies between 0 and 1; found {share}")
    if not (n > 0 and math.isfinite(n)):
        raise UsageError(f"an interval needs a number of observations above 0; found {n}")
    quantile = two_sided_z(level) if z is None else z
    spread = quantile * quantile / n
    centre = (share + spread / 2) / (1 + spread)
    half = quantile / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    # At the ends the two terms are equal by algebra but not in floating point.
    low = 0.0 if share == 0 else 100 * max(0.0, centre - half)
    high = 100.0 if share == 1 else 100 * min(1.0, centre + half)
    return Interval(low, high, level)


def wilson(correct: int, n: int, level: float = 0.95) -> Interval:
    """Wilson's interval for `correct` right answers to `n` questions.

    Args:
        correct: number of right answers, 0 to `n`.
        n: number of questions.
        level: confidence as a share.

    Returns:
        The interval in percent, 0 to 100. With no questions nothing is known: 0 to 100.

    Raises:
        UsageError: the counts are not whole, are negative, or `correct` exceeds `n`; or `level` is no share.

    Example:
        >>> end = wilson(8, 11)
        >>> round(end.low, 1), round(end.high, 1)
        (43.4, 90.3)
    """
    right, total = _counts(correct, n)
    if total == 0:
        two_sided_z(level)
        return Interval(0.0, 100.0, level)
    return score_interval(right / total, total, level)


def newcombe(first: tuple[int, int], second: tuple[int, int], level: float = 0.95) -> Interval:
    """Interval for the difference of two shares from independent samples.

    Joins the two Wilson intervals by squaring and adding. For two systems on the same questions it ignores
    that they share them, so it is wider than a paired interval whenever their errors go together: right for
    published tables, where only counts are known.

    Args:
        first: right answers and questions of the first system.
        second: the same of the second system.
        level: confidence as a share.

    Returns:
        Interval of first minus second in points, -100 to 100.

    Raises:
        UsageError: as `wilson`, or one of the samples is empty.
    """
    (right_1, n_1), (right_2, n_2) = _counts(*first), _counts(*second)
    if n_1 == 0 or n_2 == 0:
        raise UsageError("a difference needs at least one question on each side")
    share_1, share_2 = 100 * right_1 / n_1, 100 * right_2 / n_2
    one, two = wilson(right_1, n_1, level), wilson(right_2, n_2, level)
    difference = share_1 - share_2
    return Interval(
        difference - math.hypot(share_1 - one.low, two.high - share_2),
        difference + math.hypot(one.high - share_1, share_2 - two.low),
        level,
    )


def _counts(correct: int, n: int) -> tuple[int, int]:
    try:
        right, total = operator.index(correct), operator.index(n)
    except TypeError as error:
        raise UsageError(f"counts are whole numbers; found {correct!r} of {n!r}") from error
    if not 0 <= right <= total:
        raise UsageError(
            f"right answers must number from 0 to the number of questions; found {right} of {total}"
        )
    return right, total
