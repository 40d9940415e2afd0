"""Can a printed percentage come from that many items?

k right of n gives one percentage, and most numbers of one or two decimals are no such percentage when n is
small (GRIM, Brown & Heathers 2016, Soc. Psychol. Pers. Sci. 8:363). A printed average must be the sum of its
parts too.

Four ways of printing are told apart, all in exact whole-number arithmetic:

    half_up     to the nearest, a tie upwards
    half_even   to the nearest, a tie to the even digit
    twice       half_up to one decimal more, then half_up again, as when a table is copied from a finer one
    truncated   the rest cut off

`twice` is no speculation: the published MMAR table holds eleven cells that nothing else explains, such as
28.1 for 23 of 82, which is 28.0488, printed 28.05 and then 28.1. Percentages are text here, because their
number of decimals is part of what was printed. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from mmar.errors import UsageError

__all__ = ["AverageCheck", "Grim", "Rounding", "average", "grim"]

Rounding = Literal["half_up", "half_even", "twice", "truncated"]

_RULES: tuple[Rounding, ...] = ("half_up", "half_even", "twice", "truncated")
_PRINTED = re.compile(r"(\d{1,3})(?:\.(\d{1,9}))?\s*%?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Grim:
    """Which counts of right answers a printed percentage can come from.

    Attributes:
        printed: the percentage as printed.
        n: number of items.
        half_up: counts that print so when rounded half up.
        half_even: counts that print so when rounded half to even.
        twice: counts that print so when rounded half up to one decimal more and then again.
        truncated: counts that print so when cut off.
        neighbours: the counts just below and above the percentage, each with how it would print (half up).
    """

    printed: str
    n: int
    half_up: tuple[int, ...]
    half_even: tuple[int, ...]
    twice: tuple[int, ...]
    truncated: tuple[int, ...]
    neighbours: tuple[tuple[int, str], ...]

    @property
    def rules(self) -> tuple[Rounding, ...]:
        """The ways of printing under which some count gives this percentage."""
        found = zip(_RULES, (self.half_up, self.half_even, self.twice, self.truncated), strict=True)
        return tuple(rule for rule, counts in found if counts)

    @property
    def possible(self) -> bool:
        """Whether any count gives this percentage under any way of printing."""
        return bool(self.rules)

    @property
    def counts(self) -> tuple[int, ...]:
        """All counts that give this percentage under some way of printing, ascending."""
        return tuple(sorted({*self.half_up, *self.half_even, *self.twice, *self.truncated}))


@dataclass(frozen=True, slots=True)
class AverageCheck:
    """Whether a printed average is the sum of its printed parts.

    Attributes:
        printed: the average as printed.
        n: number of items in all parts.
        low: fewest right answers that the parts allow.
        high: most right answers that the parts allow.
        counts: right answers that the average itself allows.
        consistent: whether the two overlap.
        unweighted: whether the plain mean of the parts, each counting alike, could print so.
        implied: where exactly one part is impossible, its counts that would make the average right.
    """

    printed: str
    n: int
    low: int
    high: int
    counts: tuple[int, ...]
    consistent: bool
    unweighted: bool
    implied: tuple[int, ...]


def grim(printed: str, n: int) -> Grim:
    """Find the counts that a printed percentage can come from.

    Args:
        printed: the percentage as printed, such as "63.4" or "100.0 %"; its decimals are its precision.
        n: number of items, at least 1.

    Returns:
        The counts, 0 to `n`, under each way of printing.

    Raises:
        UsageError: `printed` is no percentage from 0 to 100, or there are no items.

    Example:
        >>> grim("63.4", 11).possible, grim("63.4", 11).neighbours
        (False, ((6, '54.5'), (7, '63.6')))
        >>> grim("79.1", 24).rules
        ('truncated',)
    """
    value, decimals = _parse(printed)
    if n < 1:
        raise UsageError(f"a percentage needs at least one item; found {n}")
    scale: int = 100 * 10**decimals
    # Every way of printing lies within one unit of the last place.
    window = range(max(0, (value - 1) * n // scale), min(n, -(-(value + 1) * n // scale)) + 1)
    found = {rule: tuple(k for k in window if _print(k, n, decimals, rule) == value) for rule in _RULES}
    below = value * n // scale
    around = range(below, min(n, below + 1) + 1) if value * n % scale else range(below, below + 1)
    return Grim(
        printed=printed,
        n=n,
        half_up=found["half_up"],
        half_even=found["half_even"],
        twice=found["twice"],
        truncated=found["truncated"],
        neighbours=tuple((k, _text(_print(k, n, decimals, "half_up"), decimals)) for k in around),
    )


def average(parts: Sequence[tuple[str, int]], printed: str) -> AverageCheck:
    """Check a printed average against the printed parts that it sums up.

    Args:
        parts: each part's printed percentage and number of items.
        printed: the average as printed.

    Returns:
        The check. An impossible part counts as either count next to it.

    Raises:
        UsageError: no parts, or as `grim`.

    Example:
        >>> average([("50.0", 10), ("63.4", 11)], "57.1").implied
        (7,)
    """
    if not parts:
        raise UsageError("an average needs parts")
    cells = [grim(text, n) for text, n in parts]
    ranges = [cell.counts or tuple(k for k, _ in cell.neighbours) for cell in cells]
    low, high = sum(min(counts) for counts in ranges), sum(max(counts) for counts in ranges)
    total = sum(n for _, n in parts)
    whole = grim(printed, total)
    impossible = [place for place, cell in enumerate(cells) if not cell.possible]
    implied: set[int] = set()
    if len(impossible) == 1:
        odd = impossible[0]
        rest = range(low - min(ranges[odd]), high - max(ranges[odd]) + 1)
        implied = {k - others for k in whole.counts for others in rest if 0 <= k - others <= cells[odd].n}
    return AverageCheck(
        printed=printed,
        n=total,
        low=low,
        high=high,
        counts=whole.counts,
        consistent=any(low <= count <= high for count in whole.counts),
        unweighted=_prints_as_mean(printed, [text for text, _ in parts]),
        implied=tuple(sorted(implied)),
    )


def _parse(printed: str) -> tuple[int, int]:
    """The printed digits as a whole number, and how many of them are decimals."""
    match = _PRINTED.fullmatch(printed.strip())
    whole, fraction = (match[1], match[2] or "") if match else ("", "")
    if not match or int(whole + fraction) > 100 * 10 ** len(fraction):
        raise UsageError(f"a printed percentage is a number from 0 to 100, such as 63.4; found {printed!r}")
    return int(whole + fraction), len(fraction)


def _print(k: int, n: int, decimals: int, rule: Rounding) -> int:
    """Percentage k/n as a whole number of its last decimal place."""
    scale: int = 100 * 10**decimals
    above = k * scale
    if rule == "truncated":
        return above // n
    if rule == "twice":
        finer = (20 * above + n) // (2 * n)
        return (finer + 5) // 10
    nearest, rest = (2 * above + n) // (2 * n), (2 * above + n) % (2 * n)
    return nearest - 1 if rule == "half_even" and rest == 0 and nearest % 2 else nearest


def _text(value: int, decimals: int) -> str:
    digits = str(value).zfill(decimals + 1)
    return f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits


def _prints_as_mean(printed: str, parts: Sequence[str]) -> bool:
    cells = [_parse(text) for text in parts]
    mean = sum((Fraction(value, 10**places) for value, places in cells), Fraction()) / len(cells)
    value, decimals = _parse(printed)
    # The parts are rounded themselves, so their mean may be off by half a unit of their last place.
    slack = Fraction(1, 2 * 10**decimals) + Fraction(1, 2 * 10 ** min(places for _, places in cells))
    return bool(abs(mean - Fraction(value, 10**decimals)) <= slack)
