"""Two runs on the same items: how far apart, and could it be luck?

Three answers to one question, because each is right about something else:

- the difference with an error clustered by source video (Miller, arXiv 2411.00640): how large;
- McNemar's exact test on the discordant items (McNemar 1947; exact as Edwards 1948 discusses; mid-p after
  Fagerland, Lydersen & Laake 2013, BMC Med. Res. Methodol. 13:91): the familiar p-value, blind to clusters;
- sign flips by cluster (Fisher 1935; p = (k+1)/(N+1) after Phipson & Smyth 2010): a p-value that allows
  for clusters.

The interval of the difference adds half an item to each cell of right/wrong × right/wrong, as Agresti & Min
2005 (Stat. Med. 24:729), each half standing in a cluster of its own. Without that, runs that agree on all of
11 items would be said to differ by exactly nothing. At 1,000 items it moves an end by hundredths of a point.

Differences are first minus second, in points (-100 to 100); p-values are shares, 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmar.errors import UsageError
from mmar.stats.cluster import few_clusters_factor, sum_of_squares
from mmar.stats.inputs import cluster_index, paired_scores, right_or_wrong
from mmar.stats.interval import Interval, two_sided_z

__all__ = [
    "Comparison",
    "Difference",
    "McNemar",
    "SignFlip",
    "compare",
    "difference",
    "mcnemar",
    "mcnemar_counts",
    "sign_flip",
]

# Signs unpacked at a time: 2 MB as the floats that the product needs, which stays in a core's cache.
_BLOCK_CELLS = 1 << 18
# Sums of fractional scores that are equal by arithmetic may differ in the last digits.
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Difference:
    """Difference of two mean scores on the same items.

    Attributes:
        points: first minus second, -100 to 100.
        standard_error: clustered, in points, of the plain difference; None with one cluster.
        interval: in points, -100 to 100; that whole range with one cluster.
        n: number of items.
        clusters: number of clusters.
    """

    points: float
    standard_error: float | None
    interval: Interval
    n: int
    clusters: int


@dataclass(frozen=True, slots=True)
class McNemar:
    """Exact test that two runs are right equally often, from the items on which only one is right.

    Attributes:
        only_first: items that only the first run has right.
        only_second: items that only the second run has right.
        p: two-sided exact p-value, 0 to 1; 1 without discordant items.
        mid_p: the same with half the weight of the observed table; less cautious, 0 to 1.
    """

    only_first: int
    only_second: int
    p: float
    mid_p: float


@dataclass(frozen=True, slots=True)
class SignFlip:
    """Permutation test that swaps the two runs cluster by cluster.

    Attributes:
        p: (extreme + 1) / (draws + 1), two-sided, 0 to 1.
        extreme: draws whose difference is at least as large, in size, as the observed one.
        draws: number of random swaps.
        seed: seed of NumPy's PCG64, from which the same draws come again on every machine.
        clusters: clusters that can matter, those with a difference between the runs.
    """

    p: float
    extreme: int
    draws: int
    seed: int
    clusters: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that is said of two runs with right and wrong answers to the same items.

    Attributes:
        difference: size with interval, in points.
        mcnemar: exact test by item.
        sign_flip: permutation test by cluster.
    """

    difference: Difference
    mcnemar: McNemar
    sign_flip: SignFlip


def compare(
    first: ArrayLike,
    second: ArrayLike,
    clusters: Sequence[Hashable] | NDArray[np.generic],
    *,
    level: float = 0.95,
    draws: int = 10_000,
    seed: int = 0,
) -> Comparison:
    """Compare two runs in all three ways.

    Args:
        first: right and wrong answers of the first run, shape (n,).
        second: those of the second run on the same items in the same order, shape (n,).
        clusters: one label an item, shape (n,).
        level: confidence of the interval as a share.
        draws: random swaps of the permutation test.
        seed: seed of the permutation test.

    Returns:
        Difference and interval in points, p-values 0 to 1.

    Raises:
        UsageError: as `difference`, `mcnemar` and `sign_flip`.
    """
    return Comparison(
        difference=difference(first, second, clusters, level),
        mcnemar=mcnemar(first, second),
        sign_flip=sign_flip(first, second, clusters, draws=draws, seed=seed),
    )


def difference(
    first: ArrayLike,
    second: ArrayLike,
    clusters: Sequence[Hashable] | NDArray[np.generic],
    level: float = 0.95,
) -> Difference:
    """Difference of two mean item scores with a clustered error.

    Args:
        first: scores of the first run, 0 to 1, shape (n,).
        second: scores of the second run on the same items in the same order, shape (n,).
        clusters: one label an item, shape (n,).
        level: confidence as a share.

    Returns:
        First minus second in points, with standard error and interval in points.

    Raises:
        UsageError: no items, runs of different length, a score outside 0 to 1, an item without cluster, or a
            level that is no share.

    Example:
        >>> difference([1, 1, 1, 0], [1, 0, 0, 0], ["a", "a", "b", "c"]).points
        50.0
    """
    one, two = paired_scores(first, second)
    index = cluster_index(clusters, one.size)
    z = two_sided_z(level)
    gap = one - two
    n, count = int(gap.size), int(index.max()) + 1
    points, mean = 100 * float(gap.sum()) / n, float(gap.mean())
    if count == 1:
        return Difference(points, None, Interval(-100.0, 100.0, level), n, 1)
    error = math.sqrt(sum_of_squares(gap - mean, index)) / n
    # Two items' worth of pseudo-observations: gaps of +1 and -1 with weight a half each, of 0 with weight 1.
    centre = mean * n / (n + 2)
    spread = sum_of_squares(gap - centre, index) + 1 + 2 * centre**2
    half = z * few_clusters_factor(n, count, level) * math.sqrt(spread) / (n + 2)
    # At low levels the pseudo-observations could push the estimate itself outside.
    low, high = min(mean, max(-1.0, centre - half)), max(mean, min(1.0, centre + half))
    return Difference(points, 100 * error, Interval(100 * low, 100 * high, level), n, count)


def mcnemar(first: ArrayLike, second: ArrayLike) -> McNemar:
    """McNemar's exact test of two runs on the same items.

    Args:
        first: right and wrong answers of the first run, shape (n,).
        second: those of the second run on the same items in the same order, shape (n,).

    Returns:
        Discordant counts and two-sided p-values, 0 to 1.

    Raises:
        UsageError: no items, runs of different length, or a score that is neither right nor wrong.
    """
    paired_scores(first, second)
    one, two = right_or_wrong(first, "first run"), right_or_wrong(second, "second run")
    return mcnemar_counts(int((one & ~two).sum()), int((two & ~one).sum()))


def mcnemar_counts(only_first: int, only_second: int) -> McNemar:
    """McNemar's exact test from the two discordant counts.

    Args:
        only_first: items that only the first run has right.
        only_second: items that only the second run has right.

    Returns:
        The counts and two-sided p-values, 0 to 1, exact to the last digit.

    Raises:
        UsageError: a negative count.

    Example:
        >>> mcnemar_counts(1, 9).p
        0.021484375
    """
    if only_first < 0 or only_second < 0:
        raise UsageError(f"numbers of items cannot be negative; found {only_first} and {only_second}")
    n, least = only_first + only_second, min(only_first, only_second)
    # Whole numbers throughout: each binomial coefficient from the one before, divided once at the end.
    coefficient = tail = 1
    for k in range(1, least + 1):
        coefficient = coefficient * (n - k + 1) // k
        tail += coefficient
    return McNemar(only_first, only_second, min(1.0, 2 * tail / 2**n), (2 * tail - coefficient) / 2**n)


def sign_flip(
    first: ArrayLike,
    second: ArrayLike,
    clusters: Sequence[Hashable] | NDArray[np.generic],
    *,
    draws: int = 10_000,
    seed: int = 0,
) -> SignFlip:
    """Permutation test that swaps the two runs' scores in whole clusters at random.

    The p-value depends neither on the order of items or runs nor on the names of clusters.

    Args:
        first: scores of the first run, 0 to 1, shape (n,).
        second: scores of the second run on the same items in the same order, shape (n,).
        clusters: one label an item, shape (n,).
        draws: number of random swaps, at least 1.
        seed: seed, 0 or more; the caller records it.

    Returns:
        Two-sided p-value with all that makes it again.

    Raises:
        UsageError: no items, runs of different length, a score outside 0 to 1, an item without cluster, no
            draws, or a negative seed.
    """
    one, two = paired_scores(first, second)
    index = cluster_index(clusters, one.size)
    if draws < 1:
        raise UsageError(f"a permutation test needs at least one draw; found {draws}")
    if seed < 0:
        raise UsageError(f"a seed is 0 or more; found {seed}")
    sums = np.bincount(index, weights=one - two)
    # A swap changes only a cluster's sign, so its size is all that matters; sorting frees p from their order.
    sizes = np.sort(np.abs(sums[np.abs(sums) > _TIE]))
    observed = abs(float(sums.sum()))
    extreme = _extreme_draws(sizes, observed - _TIE * max(1.0, float(sizes.sum())), draws, seed)
    return SignFlip((extreme + 1) / (draws + 1), extreme, draws, seed, int(sizes.size))


def _extreme_draws(sizes: NDArray[np.float64], threshold: float, draws: int, seed: int) -> int:
    """How many of `draws` random signings of `sizes` sum to at least `threshold` in size."""
    source = np.random.PCG64(seed)
    # Raw words rather than a Generator's method: their stream is fixed across NumPy versions. Each draw takes
    # whole words, so that the size of a block changes nothing.
    words = max(1, -(-sizes.size // 64))
    rows = max(4, _BLOCK_CELLS // (64 * words))
    total = float(sizes.sum())
    extreme = 0
    for start in range(0, draws, rows):
        count = min(rows, draws - start)
        raw = (
            np.asarray(source.random_raw(count * words), dtype="<u8").view(np.uint8).reshape(count, 8 * words)
        )
        signs = np.unpackbits(raw, axis=1, count=sizes.size)
        extreme += int((np.abs(2 * (signs @ sizes) - total) >= threshold).sum())
    return extreme
