"""Two runs on the same items: the size of their difference, and whether chance explains it.

The difference comes with an error clustered by source video (Miller, arXiv 2411.00640), its test swaps the
runs in whole clusters (Fisher 1935; p = (k+1)/(N+1), Phipson & Smyth 2010, Stat. Appl. Genet. Mol. Biol.
9:39), and several tests that make one claim are corrected by Holm 1979 (Scand. J. Stat. 6:65).

The interval of the difference adds half an item to each cell of right/wrong × right/wrong, as Agresti & Min
2005 (Stat. Med. 24:729), each half in a cluster of its own. Without that, runs that agree on all of 11 items
would be said to differ by exactly nothing. At 1,000 items it moves an end by hundredths of a point.

Equivalence is two one-sided tests at 0.05 (Schuirmann 1987, J. Pharmacokinet. Biopharm. 15:657): the 90 %
interval lies within the margin. That interval takes its variance at the difference tested, as
score intervals do (Tango 1998, Stat. Med. 17:891): a difference larger than the observed one comes with as
many more items on which the runs differ. With the observed variance equivalence is claimed too often, because
samples with few such items show both a small difference and a small error.

Differences are first minus second, in points; p-values 0 to 1.

The smallest difference that a number of items can show comes from the discordant items, those that only one
run has right. With ψ their share, the smallest difference found with the given power is

    (z[(1+level)/2] + z[power]) · sqrt(ψ/n)

(Miller, arXiv 2411.00640): at n = 1000, level 0.95 and power 0.8 it is 2.8, 4.0 and 4.9 points for ψ of 0.1,
0.2 and 0.3. Items that share a source count for less; pass an effective number of items to allow for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmar.errors import UsageError
from mmar.stats.cluster import MIN_CLUSTERS, few_clusters_factor, sum_of_squares
from mmar.stats.inputs import Clusters, check_draws, cluster_index, is_fractional, item_scores, paired_scores
from mmar.stats.interval import Interval, two_sided_t, two_sided_z

# Signs unpacked at a time: 2 MB as the floats that the product needs, which stays in a core's cache.
_BLOCK_CELLS = 1 << 18
# Sums of fractional scores that are equal by arithmetic may differ in the last digits.
_TIE = 1e-9
_ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Difference:
    """Difference of two mean scores on the same items.

    Attributes:
        points: first minus second, -100 to 100.
        standard_error: clustered, in points, of the plain difference; None with one cluster.
        interval: 95 %, in points; -100 to 100 with one cluster.
    """

    points: float
    standard_error: float | None
    interval: Interval
    n: int
    clusters: int


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Two one-sided tests of a difference against a margin.

    Attributes:
        interval: 90 % interval of the difference, in points.
        equivalent: whether the interval lies within the margin; None where that cannot be told.
    """

    margin: float
    interval: Interval
    equivalent: bool | None


@dataclass(frozen=True, slots=True)
class ErrorSources:
    """Where the error of a difference comes from.

    Attributes:
        prediction: standard error from sampling the models' answers, points; more repeats make it smaller.
        data: standard error from which items were asked, points; only more items make it smaller.
    """

    prediction: float
    data: float


def difference(first: ArrayLike, second: ArrayLike, clusters: Clusters) -> Difference:
    """Difference of two mean item scores with a clustered error and a 95 % interval.

    Args:
        first: scores of the first run, 0 to 1, shape (n,).
        second: scores of the second run on the same items in the same order, shape (n,).
        clusters: one label per item, shape (n,).

    Example:
        >>> difference([1, 1, 1, 0], [1, 0, 0, 0], ["a", "a", "b", "c"]).points
        50.0
    """
    one, two = paired_scores(first, second)
    index = cluster_index(clusters, one.size)
    gap = one - two
    n, count = int(gap.size), int(index.max()) + 1
    points, mean = 100 * float(gap.sum()) / n, float(gap.mean())
    if count == 1:
        return Difference(points, None, Interval(-100.0, 100.0), n, 1)
    error = math.sqrt(sum_of_squares(gap - mean, index)) / n
    # Two items' worth of pseudo-observations: gaps of +1 and -1 with weight a half each, of 0 with weight 1.
    centre = mean * n / (n + 2)
    spread = sum_of_squares(gap - centre, index) + 1 + 2 * centre**2
    if is_fractional(gap**2):
        quantile = two_sided_t(0.95, count - 1)
    else:
        quantile = two_sided_z(0.95) * few_clusters_factor(n, count)
    half = quantile * math.sqrt(spread) / (n + 2)
    low, high = min(mean, max(-1.0, centre - half)), max(mean, min(1.0, centre + half))
    return Difference(points, 100 * error, Interval(100 * low, 100 * high), n, count)


def sign_flip(
    first: ArrayLike, second: ArrayLike, clusters: Clusters, *, draws: int = 10_000, seed: int = 0
) -> float:
    """Permutation test that swaps the two runs' scores in whole clusters; arguments as `difference`.

    Returns the two-sided p-value: the share of all swaps whose difference is at least as large, in size, as
    the observed one, where all swaps are no more than `draws`; else (k+1) / (draws+1) with k of the drawn
    ones so large. It depends neither on the order of items or runs nor on the names of clusters. `seed` is
    that of NumPy's PCG64.

    Example:
        >>> sign_flip([1, 1, 1, 1], [0, 0, 0, 0], ["a", "b", "c", "d"])
        0.125
    """
    one, two = paired_scores(first, second)
    index = cluster_index(clusters, one.size)
    check_draws(draws, seed)
    sums = np.bincount(index, weights=one - two).astype(np.float64)
    return float(stepdown(np.abs(sums.sum(keepdims=True)), sums[:, np.newaxis], draws, seed)[0])


def stepdown(
    observed: NDArray[np.float64], gaps: NDArray[np.float64], draws: int, seed: int
) -> NDArray[np.float64]:
    """Adjusted p-values of pairs, by the largest statistic over those not yet rejected.

    `observed` is the size of each pair's difference; `gaps` are the cluster sums of each, shape (clusters,
    pairs).
    """
    gaps = np.where(np.abs(gaps) > _TIE, gaps, 0.0)
    norms = np.sqrt((gaps**2).sum(axis=0))
    differing = norms > 0
    if not differing.any():
        return np.ones(len(norms))
    scaled = gaps / np.where(differing, norms, 1.0)
    # A cluster's position must not matter, so that the order of items changes nothing.
    scaled = scaled[np.abs(scaled).sum(axis=1) > 0]
    # A swap changes only a cluster's sign, so the sign of its first difference is set.
    scaled = scaled * np.sign(scaled[np.arange(len(scaled)), (scaled != 0).argmax(axis=1)])[:, np.newaxis]
    scaled = scaled[
        np.lexsort((np.abs(scaled).max(axis=1), (scaled**2).sum(axis=1), np.abs(scaled).sum(axis=1)))
    ]
    statistic = observed / np.where(differing, norms, 1.0)
    order = np.argsort(-statistic, kind="stable")
    exact = len(scaled) < 31 and 2 ** len(scaled) <= draws
    extreme, count = np.zeros(len(order)), 0
    sums = scaled.sum(axis=0)
    for signs in _sign_blocks(len(scaled), None if exact else draws, seed):
        flipped = np.abs(2 * (signs @ scaled) - sums)[:, order]
        largest = np.maximum.accumulate(flipped[:, ::-1], axis=1)[:, ::-1]
        extreme += (largest >= statistic[order] - _TIE).sum(axis=0)
        count += len(signs)
    p = extreme / count if exact else (extreme + 1) / (count + 1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.maximum.accumulate(p)
    return adjusted


class Decision(NamedTuple):
    """What a test shows at 0.05 beside the others of its family.

    Attributes:
        p: adjusted by Holm's method; None below `MIN_CLUSTERS` clusters.
        significant: None where it cannot be told: there are too few clusters, or the worst case is not significant.
    """

    p: float | None
    significant: bool | None


def decide(family: Mapping[str, tuple[int, float, float]]) -> dict[str, Decision]:
    """Decide the tests of one family, each with its clusters, its p-value and that of its worst case."""
    # Which groups are too small depends on the questions alone, so they are no part of the family.
    large = {name: test for name, test in family.items() if test[0] >= MIN_CLUSTERS}
    adjusted = dict(zip(large, holm([p for _, p, _ in large.values()]), strict=True))
    worst = dict(zip(large, holm([p for _, _, p in large.values()]), strict=True))
    decisions = dict.fromkeys(family, Decision(None, None))
    for name, p in adjusted.items():
        decisions[name] = Decision(p, None if p < _ALPHA <= worst[name] else p < _ALPHA)
    return decisions


def _sign_blocks(clusters: int, draws: int | None, seed: int) -> Iterator[NDArray[np.uint8]]:
    """Swaps as ones and zeros, in blocks of shape (some draws, clusters); every possible one for None draws."""
    # Each draw takes whole words, so that the size of a block changes nothing.
    words = max(1, -(-clusters // 64))
    rows = max(4, _BLOCK_CELLS // (64 * words))
    bits = np.arange(clusters, dtype=np.uint32)
    # Raw words rather than a Generator's method: their stream is fixed across NumPy versions.
    source = np.random.PCG64(seed)
    total = 2**clusters if draws is None else draws
    for start in range(0, total, rows):
        count = min(rows, total - start)
        if draws is None:
            numbers = np.arange(start, start + count, dtype=np.uint32)[:, np.newaxis]
            yield ((numbers >> bits) & 1).astype(np.uint8)
            continue
        raw = np.asarray(source.random_raw(count * words), dtype="<u8").view(np.uint8)
        yield np.unpackbits(raw.reshape(count, 8 * words), axis=1, count=clusters)


def equivalence(first: ArrayLike, second: ArrayLike, clusters: Clusters, margin: float) -> Equivalence:
    """Test whether two runs differ by less than `margin` points; other arguments as `difference`."""
    if not 0 < margin < 100:
        raise UsageError(f"a margin lies between 0 and 100 points; found {margin:g}", code="bad-margin")
    one, two = paired_scores(first, second)
    index = cluster_index(clusters, one.size)
    interval = _score_interval(one - two, index)
    return Equivalence(margin, interval, -margin < interval.low and interval.high < margin)


def _score_interval(gap: NDArray[np.float64], index: NDArray[np.intp]) -> Interval:
    """90 % interval of a mean difference with the variance taken at each end.

    An end lies x from the mean m where x² = k·(ψ + x - (m ± x)²), with ψ the mean square of the differences,
    and k the squared quantile over the effective number of items.
    """
    n, count = int(gap.size), int(index.max()) + 1
    if count == 1:
        return Interval(-100.0, 100.0)
    mean, square = float(gap.mean()), float((gap**2).mean())
    variance = max(0.0, square - mean**2)
    effect = n / count
    if variance > _TIE:
        effect = max(1.0, sum_of_squares(gap - mean, index) / (variance * n * n / (n - 1)))
    k = (two_sided_z(0.9) * few_clusters_factor(n, count, 0.9)) ** 2 * effect / n
    ends = []
    for sign in (-1, 1):
        linear = k * (1 - 2 * sign * mean)
        half_width = (linear + math.sqrt(linear**2 + 4 * (1 + k) * k * variance)) / (2 * (1 + k))
        ends.append(100 * max(-1.0, min(1.0, mean + sign * half_width)))
    return Interval(*ends)


def split_error(
    first: ArrayLike,
    second: ArrayLike,
    repeats: tuple[ArrayLike, ArrayLike],
    standard_error: float | None,
) -> ErrorSources | None:
    """Split the error of a difference by its source (arXiv 2512.21326; Miller, arXiv 2411.00640, section 3).

    The variance of an item's mean over R right or wrong answers is s·(1-s)/(R-1) within the item; what is
    left of the whole variance comes from the choice of items.

    `repeats` is the number of answers to each item in the first and in the second run, each of shape (n,),
    and `standard_error` that of the difference, in points. None where an item was asked once, which shows no
    spread within it.
    """
    one, two = paired_scores(first, second)
    counts = [np.asarray(each, dtype=np.float64) for each in repeats]
    if standard_error is None or any((each < 2).any() for each in counts):
        return None
    within = sum(float((s * (1 - s) / (r - 1)).sum()) for s, r in zip((one, two), counts, strict=True))
    prediction = 100**2 * within / one.size**2
    return ErrorSources(math.sqrt(prediction), math.sqrt(max(0.0, standard_error**2 - prediction)))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjust the p-values of one family by Holm's method, in the order given.

    The chance of even one false claim within the family stays below the level, however the tests depend on
    each other. The family is declared before looking.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        (0.03, 0.06, 0.06)
    """
    values = item_scores(p_values, "p-values") if len(p_values) else ()
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=lambda index: values[index])):
        largest = max(largest, min(1.0, (len(values) - rank) * float(values[index])))
        adjusted[index] = largest
    return tuple(adjusted)


def minimum_detectable_difference(n: float, discordant: float) -> float:
    """Smallest difference, in points, that `n` items show at level 0.95 with power 0.8.

    `n` may be an effective number. `discordant` is the share of items that only one run has right, 0 to 1:
    observed, or expected when planning.

    Example:
        >>> round(minimum_detectable_difference(1000, 0.2), 1)
        4.0
    """
    if not (n > 0 and math.isfinite(n)):
        raise UsageError(f"power needs a number of items above 0; found {n}", code="no-items")
    if not 0 <= discordant <= 1:
        raise UsageError(f"share {discordant} is not between 0 and 1", code="score-out-of-range")
    # P(Z < z) = 0.8 leaves 0.2 on one side, as a two-sided level of 0.6 does.
    return 100 * (two_sided_z(0.95) + two_sided_z(0.6)) * math.sqrt(discordant / n)
