"""Confidence ranges for the ranks of many systems at once.

A system's rank is one more than the number of systems shown to be better than it, and its worst rank is the
number of systems less those shown to be worse. The ranges hold for all systems together (Mogstad, Romano,
Shaikh & Wilhelm 2024, Rev. Econ. Stud. 91:476, arXiv 2401.15205): every pair is tested by the same swaps of
cluster sums, and p-values are adjusted by the largest statistic over the pairs, step by step (Westfall &
Young 1993; Romano & Wolf 2005), so that the chance of even one false order is at most the level.

The statistic of a pair is |Σ_c D_c| / sqrt(Σ_c D_c²) with D_c the difference summed over cluster c. Its
denominator does not change under swaps, so for one pair the test is `mmar.stats.paired.sign_flip`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from mmar.errors import UsageError
from mmar.stats.cluster import MIN_CLUSTERS
from mmar.stats.inputs import Clusters, check_draws, cluster_index, item_scores
from mmar.stats.interval import newcombe
from mmar.stats.paired import stepdown

_ALPHA = 0.05  # level of the whole family of tests


@dataclass(frozen=True, slots=True)
class Rank:
    """A system's rank among others.

    Attributes:
        rank: 1 + the number of systems shown to be better: the best rank that the data allow.
        worst: the worst rank that the data allow.
        tied_with: positions, in the order given, of the systems that cannot be told from this one.
    """

    accuracy: float
    rank: int
    worst: int
    tied_with: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PairTest:
    """The test of one pair among all pairs.

    Attributes:
        p: p-value of the difference, adjusted for all pairs.
        better: position of the system shown to be better; None where none is.
        depends: whether unanswered items decide: the difference is significant as counted, but not if the items
            that the better system alone answered had been right in the other.
    """

    p: float
    better: int | None
    depends: bool


def pairwise(
    scores: Sequence[ArrayLike],
    clusters: Clusters,
    *,
    unanswered: Sequence[ArrayLike] | None = None,
    draws: int = 10_000,
    seed: int = 0,
) -> dict[tuple[int, int], PairTest]:
    """Test every pair of systems on the same items, adjusted for the number of pairs.

    Args:
        scores: scores of each system, 0 to 1, each of shape (n,), items in the same order.
        clusters: one label per item, shape (n,).
        unanswered: for each system the share of each item's answers that never came, 0 to 1, shape (n,); their
            scores count as 0.
        draws: random swaps.
        seed: their seed.

    Returns:
        The test of each pair (i, j), i < j. Below `MIN_CLUSTERS` clusters none is shown to be better.
    """
    if not scores:
        raise UsageError("there is nothing to rank", code="no-systems")
    check_draws(draws, seed)
    runs = np.stack([item_scores(each, f"system {position}") for position, each in enumerate(scores)])
    index = cluster_index(clusters, runs.shape[1])
    pairs = list(combinations(range(len(runs)), 2))
    sums = np.stack([np.bincount(index, weights=row) for row in runs])
    gaps = np.stack([sums[i] - sums[j] for i, j in pairs], axis=1) if pairs else np.empty((sums.shape[1], 0))
    signs = np.sign(gaps.sum(axis=0))
    p = stepdown(np.abs(gaps.sum(axis=0)), gaps, draws, seed)
    robust = p
    if unanswered is not None:
        no_answer = np.stack(
            [np.bincount(index, weights=item_scores(row, "unanswered")) for row in unanswered]
        )
        if no_answer.any():
            # The worst case for the better system of each pair: all that the other lacks is right.
            worst = gaps - np.stack(
                [no_answer[j] if s > 0 else -no_answer[i] for (i, j), s in zip(pairs, signs, strict=True)], 1
            )
            robust = np.maximum(p, stepdown(np.maximum(0, signs * worst.sum(axis=0)), worst, draws, seed))
    enough = sums.shape[1] >= MIN_CLUSTERS
    return {
        (i, j): PairTest(
            p=float(p[position]),
            better=(i if signs[position] > 0 else j) if enough and robust[position] < _ALPHA else None,
            depends=bool(p[position] < _ALPHA <= robust[position]),
        )
        for position, (i, j) in enumerate(pairs)
    }


def rank_ranges(accuracies: Sequence[float], orders: dict[tuple[int, int], PairTest]) -> tuple[Rank, ...]:
    """The range of ranks of each system, from its accuracy in any unit and what `pairwise` gave for all pairs."""
    better = {
        (order.better, i if order.better == j else j)
        for (i, j), order in orders.items()
        if order.better is not None
    }
    return _ranks(accuracies, better)


def published_ranks(counts: Sequence[tuple[int, int]]) -> tuple[Rank, ...]:
    """Rank systems of which only right answers and items are known, by the interval of two independent shares.

    Systems that answered the same items are compared more sharply by `pairwise`. Intervals are widened for
    the number of pairs (Bonferroni).

    Example:
        >>> [rank.rank for rank in published_ranks([(635, 1000), (634, 1000), (506, 1000)])]
        [1, 1, 3]
    """
    if any(n < 1 for _, n in counts):
        raise UsageError("every system needs at least one item", code="no-items")
    pairs = list(combinations(range(len(counts)), 2))
    each = 1 - _ALPHA / max(1, len(pairs))
    better = set()
    for one, two in pairs:
        interval = newcombe(counts[one], counts[two], each)
        if interval.excludes(0):
            better.add((one, two) if interval.low > 0 else (two, one))
    return _ranks([100 * right / n for right, n in counts], better)


def _ranks(accuracies: Sequence[float], better: set[tuple[int, int]]) -> tuple[Rank, ...]:
    """Ranks from the pairs (better, worse) that differ."""
    total = len(accuracies)
    if not total:
        raise UsageError("there is nothing to rank", code="no-systems")
    return tuple(
        Rank(
            accuracy=accuracy,
            rank=1 + sum(lower == index for _, lower in better),
            worst=total - sum(upper == index for upper, _ in better),
            tied_with=tuple(k for k in range(total) if k != index and not {(index, k), (k, index)} & better),
        )
        for index, accuracy in enumerate(accuracies)
    )
