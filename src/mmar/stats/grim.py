"""GRIM: whether a printed percentage can come from a number of items.

k right of n gives one percentage, and most numbers of one or two decimals are no such percentage when n is
small (Brown & Heathers 2016, Soc. Psychol. Pers. Sci. 8:363). Percentages are text here, because their number
of decimals is part of what was printed. Four ways of printing are distinguished:

    half_up     to the nearest, a tie upwards
    half_even   to the nearest, a tie to the even digit
    twice       half_up to one decimal more, then half_up again, as when a table is copied from a finer one
    truncated   the rest cut off

`twice` occurs: eleven cells of the published MMAR table have no other explanation, such as 28.1 for 23 of 82,
which is 28.0488, printed 28.05 and then 28.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

from mmar.errors import UsageError

RULES = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "twice": ROUND_HALF_UP,
    "truncated": ROUND_DOWN,
}
_PRINTED = re.compile(r"\d{1,3}(?:\.\d{1,9})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Grim:
    """Which counts of right answers a printed percentage can come from.

    Attributes:
        by_rule: the counts that print so, by way of printing; only ways with any count.
        neighbours: the counts just below and above the percentage, each with how it would print (half up).
    """

    n: int
    by_rule: Mapping[str, tuple[int, ...]]
    neighbours: tuple[tuple[int, str], ...]

    @property
    def counts(self) -> tuple[int, ...]:
        """All counts that give this percentage under some way of printing, ascending; none where it is impossible."""
        return tuple(sorted({count for counts in self.by_rule.values() for count in counts}))


@dataclass(frozen=True, slots=True)
class AverageCheck:
    """Whether a printed average is the sum of its printed parts.

    Attributes:
        n: number of items in all parts.
        low: fewest right answers that the parts allow.
        high: most right answers that the parts allow.
        consistent: whether the average allows any of these.
        unweighted: whether the plain mean of the parts, each counting alike, could print so.
        implied: where exactly one part is impossible, its counts that would make the average right.
    """

    n: int
    low: int
    high: int
    consistent: bool
    unweighted: bool
    implied: tuple[int, ...]


def grim(printed: str, n: int) -> Grim:
    """Find the counts of `n` items that a printed percentage, such as "63.4" or "100.0 %", can come from.

    Example:
        >>> grim("63.4", 11).counts, grim("63.4", 11).neighbours
        ((), ((6, '54.5'), (7, '63.6')))
        >>> list(grim("79.1", 24).by_rule)
        ['truncated']
    """
    value = _parse(printed)
    if n < 1:
        raise UsageError(f"a percentage needs at least one item; found {n}", code="no-items")
    share = Fraction(value) * n / 100
    # Every way of printing lies within one unit of the last place.
    unit = Fraction(_last_digit(value)) * n / 100
    window = range(max(0, int(share - unit)), min(n, int(share + unit) + 1) + 1)
    by_rule = {rule: tuple(k for k in window if _print(k, n, value, rule) == value) for rule in RULES}
    around = sorted({min(n, int(share)), min(n, -(-share.numerator // share.denominator))})
    return Grim(
        n,
        {rule: counts for rule, counts in by_rule.items() if counts},
        tuple((k, str(_print(k, n, value, "half_up"))) for k in around),
    )


def average(parts: Sequence[tuple[str, int]], printed: str) -> AverageCheck:
    """Check a printed average against its parts, each a printed percentage and a number of items.

    An impossible part counts as either count next to it.

    Example:
        >>> average([("50.0", 10), ("63.4", 11)], "57.1").implied
        (7,)
    """
    if not parts:
        raise UsageError("an average needs parts", code="no-items")
    cells = [grim(text, n) for text, n in parts]
    ranges = [cell.counts or tuple(k for k, _ in cell.neighbours) for cell in cells]
    low, high = sum(map(min, ranges)), sum(map(max, ranges))
    whole = grim(printed, sum(n for _, n in parts))
    odd = [position for position, cell in enumerate(cells) if not cell.counts]
    implied: set[int] = set()
    if len(odd) == 1:
        rest = range(low - min(ranges[odd[0]]), high - max(ranges[odd[0]]) + 1)
        implied = {k - others for k in whole.counts for others in rest if 0 <= k - others <= cells[odd[0]].n}
    value, texts = _parse(printed), [_parse(text) for text, _ in parts]
    mean = sum(map(Fraction, texts), Fraction()) / len(texts)
    # The parts are rounded too, so their mean may be off by half a unit of their last place.
    slack = (Fraction(_last_digit(value)) + max(Fraction(_last_digit(text)) for text in texts)) / 2
    return AverageCheck(
        n=whole.n,
        low=low,
        high=high,
        consistent=any(low <= count <= high for count in whole.counts),
        unweighted=abs(mean - Fraction(value)) <= slack,
        implied=tuple(sorted(implied)),
    )


def _parse(printed: str) -> Decimal:
    text = printed.strip().removesuffix("%").strip()
    if not _PRINTED.fullmatch(text) or Decimal(text) > 100:
        raise UsageError(f'"{printed}" is not a percentage, such as 63.4', code="not-a-percentage")
    return Decimal(text)


def _last_digit(value: Decimal) -> Decimal:
    return Decimal((0, (1,), int(value.as_tuple().exponent)))


def _print(k: int, n: int, like: Decimal, rule: str) -> Decimal:
    """Percentage k/n printed with the decimals of `like`."""
    digit = _last_digit(like)
    # One digit more than is compared, and whether anything follows it: no tie is invented and none is lost.
    digits = -int(digit.as_tuple().exponent) + 2
    whole, rest = divmod(100 * k * 10**digits, n)
    exact = Decimal(whole * 10 + bool(rest)).scaleb(-digits - 1)
    if rule == "twice":
        exact = exact.quantize(digit / 10, ROUND_HALF_UP)
    return exact.quantize(digit, RULES[rule])
