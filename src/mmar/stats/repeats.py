"""The same question asked several times: pass rates, majority vote, sources of variance.

Of n repeats of an item c are right; then k of them drawn without replacement hold at least one right answer
with probability pass@k = 1 - C(n-c, k)/C(n, k) (Chen et al., arXiv 2107.03374) and are all right with
probability pass^k = C(c, k)/C(n, k) (Yao et al., arXiv 2406.12045). Both are unbiased, and both are averaged
over items. The first is what the best of k tries gives, the second what all k tries give.

Variance within items is what repeating can average away; variance between items is what only more items can
(one-way analysis of variance, Fisher 1925; Shrout & Fleiss 1979 for the intraclass correlation).
Standard library only.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from mmar.errors import UsageError

__all__ = [
    "Majority",
    "Spread",
    "majority",
    "pass_all",
    "pass_at",
    "spread",
]


@dataclass(frozen=True, slots=True)
class Majority:
    """What most repeats of one item named.

    Attributes:
        choice: the choice named most often; None on a tie or where none was named.
        votes: repeats that named the most frequent choice.
        named: repeats that named any choice.
        tied: whether several choices share the most votes.
    """

    choice: Hashable
    votes: int
    named: int
    tied: bool


@dataclass(frozen=True, slots=True)
class Spread:
    """Where the variation of right and wrong answers comes from.

    Attributes:
        accuracy: percent over all items and repeats, 0 to 100.
        within: variance of an item's score (0 or 1) from repeat to repeat.
        between: variance of the items' own chances to be right, 0 if the data show none; None for one item.
        correlation: intraclass correlation, between / (between + within); None where undefined.
        run_deviation: standard deviation of a run's accuracy over runs on these same items, in points.
        n: number of items.
        repeats: answers an item.
    """

    accuracy: float
    within: float
    between: float | None
    correlation: float | None
    run_deviation: float
    n: int
    repeats: int


def pass_at(right: Sequence[Sequence[bool | int]], k: int) -> float:
    """pass@k: at least one of k answers is right.

    Args:
        right: per item its repeats, right or wrong, failed ones as wrong; each at least k.
        k: answers drawn, at least 1.

    Returns:
        Mean over items in percent.

    Raises:
        UsageError: no items, k below 1, an item with fewer repeats than k, or an entry neither right nor
        wrong.

    Example:
        >>> pass_at([[1, 0, 0, 0]], 2)
        50.0
    """
    counts = _counts(right, k)
    shares = [1 - math.comb(n - c, k) / math.comb(n, k) for c, n in counts]
    return 100 * math.fsum(shares) / len(counts)


def pass_all(right: Sequence[Sequence[bool | int]], k: int) -> float:
    """pass^k: all of k answers are right.

    Args:
        right: per item its repeats, right or wrong, failed ones as wrong; each at least k.
        k: answers drawn, at least 1.

    Returns:
        Mean over items in percent.

    Raises:
        UsageError: as `pass_at`.

    Example:
        >>> pass_all([[1, 1, 1, 0]], 2)
        50.0
    """
    counts = _counts(right, k)
    shares = [math.comb(c, k) / math.comb(n, k) for c, n in counts]
    return 100 * math.fsum(shares) / len(counts)


def majority(votes: Sequence[Hashable]) -> Majority:
    """The choice that most repeats of an item name.

    Args:
        votes: the choice named by each repeat, None where none was.

    Returns:
        The choice with its votes; no choice on a tie.

    Example:
        >>> majority(["a", "b", "a", None]).choice
        'a'
    """
    named = Counter(vote for vote in votes if vote is not None)
    if not named:
        return Majority(None, 0, 0, tied=False)
    most = max(named.values())
    leaders = [choice for choice, count in named.items() if count == most]
    return Majority(leaders[0] if len(leaders) == 1 else None, most, named.total(), tied=len(leaders) > 1)


def spread(right: Sequence[Sequence[bool | int]]) -> Spread:
    """Variance of right and wrong answers within and between items.

    Args:
        right: per item its repeats, right or wrong, failed ones as wrong; the same number for all, at least
        2.

    Returns:
        Variances of scores of 0 and 1; accuracy in percent, `run_deviation` in points.

    Raises:
        UsageError: no items, fewer than 2 repeats, rows of different length, or an entry neither right nor
        wrong.

    Example:
        >>> spread([[1, 1], [0, 0]]).correlation
        1.0
    """
    counts = _counts(right, 2)
    n, repeats = len(counts), counts[0][1]
    if any(size != repeats for _, size in counts):
        raise UsageError("items were asked different numbers of times", code="different-lengths")
    means = [c / repeats for c, _ in counts]
    overall = math.fsum(means) / n
    within = math.fsum(m * (1 - m) for m in means) * repeats / (n * (repeats - 1))
    between = None
    if n > 1:
        # The items' means vary by their own noise too; what is left after it may come out below zero.
        between = max(0.0, math.fsum((m - overall) ** 2 for m in means) / (n - 1) - within / repeats)
    total = None if between is None else between + within
    return Spread(
        accuracy=100 * sum(c for c, _ in counts) / (n * repeats),
        within=within,
        between=between,
        correlation=between / total if between is not None and total else None,
        run_deviation=100 * math.sqrt(within / n),
        n=n,
        repeats=repeats,
    )


def _counts(right: Sequence[Sequence[bool | int]], k: int) -> list[tuple[int, int]]:
    """Right answers and repeats of each item."""
    if k < 1:
        raise UsageError(f"at least one answer must be drawn; found k = {k}", code="bad-count")
    if not right:
        raise UsageError("there are no items", code="no-items")
    counts = []
    for item, row in enumerate(right):
        if len(row) < k:
            raise UsageError(
                f"item {item} (counting from 0) was asked {len(row)} times; at least {k} needed",
                code="too-few-repeats",
            )
        if any(entry not in (0, 1) for entry in row):
            raise UsageError(
                f"item {item} (counting from 0): repeats are right (1) or wrong (0); found {row!r}",
                code="not-right-or-wrong",
            )
        counts.append((sum(map(int, row)), len(row)))
    return counts
