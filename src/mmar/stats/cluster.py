"""Accuracy with an error that allows for items of one source.

Questions cut from one video are right or wrong together more often than questions from two, so the items
count for less than their number. The standard error is clustered by source:

    sqrt(C/(C-1) · Σ_c (Σ_{i in c} (s_i - s̄))²) / n

with C clusters and n items (Miller, arXiv 2411.00640, with the usual correction for few clusters).

The interval is Wilson's at the effective number of items, n divided by the design effect (Kish 1965; Dean &
Pagano 2015, J. Surv. Stat. Methodol. 3:484). The design effect counts as at least 1. Where few clusters hold
many items the effective number is scaled by (t[n-1]/t[C-1])² (Korn & Graubard 1998, Surv. Methodol. 24:193).
With one item a cluster the interval is Wilson's own.

Scores between right and wrong (means over repeats or rotations) spread less than single answers, so their
effective number may exceed n, but never the number of answers behind them; their variance is estimated, so
it is scaled by (z/t[C-1])². Equal scores show no spread at all: each cluster then counts once.

`accuracy_of_counts` needs no numpy, so that `mmar score` starts quickly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmar.errors import UsageError
from mmar.stats.interval import Interval, score_interval, two_sided_t, two_sided_z

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from mmar.stats.inputs import Clusters

MIN_CLUSTERS = 10
"""Clusters below which no test by cluster is trusted: with five, no arrangement of signs gives p < 0.05."""

# Sums of equal fractions differ in their last digits; a spread below this share of the items is none.
_NO_SPREAD = 1e-12


@dataclass(frozen=True, slots=True)
class ClusteredAccuracy:
    """A mean item score with its clustered error.

    Attributes:
        accuracy: percent.
        standard_error: points; None with one cluster, which shows no spread.
        interval: 95 %, in percent; 0 to 100 with one cluster.
        effective_n: number of independent answers that would give this interval; None with one cluster.
    """

    accuracy: float
    standard_error: float | None
    interval: Interval
    n: int
    clusters: int
    effective_n: float | None


def accuracy(scores: ArrayLike, clusters: Clusters, *, answers: int | None = None) -> ClusteredAccuracy:
    """Mean item score with a standard error and an interval clustered by source.

    Args:
        scores: shape (n,), each 0 (wrong) to 1 (right), failed items as 0.
        clusters: one label per item, shape (n,).
        answers: number of answers behind all scores where items were asked several times; n by default.

    Example:
        >>> result = accuracy([1, 1, 0, 1], ["a", "a", "b", "c"])
        >>> result.accuracy, result.clusters
        (75.0, 3)
    """
    import numpy as np

    from mmar.stats.inputs import cluster_index, is_fractional, item_scores

    values = item_scores(scores)
    index = cluster_index(clusters, values.size)
    n, count = int(values.size), int(index.max()) + 1
    answers = n if answers is None else answers
    if answers < n:
        raise UsageError(f"{answers} answers cannot belong to {n} item scores", code="bad-count")
    if not is_fractional(values):
        right, sizes = np.bincount(index, weights=values), np.bincount(index)
        return accuracy_of_counts(list(zip(right.astype(int).tolist(), sizes.tolist(), strict=True)))
    percent, mean = 100 * float(values.sum()) / n, min(1.0, float(values.mean()))
    if count == 1:
        return _one_cluster(percent, n)
    clustered = sum_of_squares(values - mean, index) / n**2
    squares = float(((values - mean) ** 2).sum())
    variance = max(clustered, squares / (n * (n - 1))) if squares > _NO_SPREAD * n else 0.0
    factor = two_sided_t(0.95, count - 1) / two_sided_z(0.95)
    return _several_clusters(percent, mean, clustered, variance, n, count, answers, factor)


def accuracy_of_counts(counts: Sequence[tuple[int, int]]) -> ClusteredAccuracy:
    """`accuracy` of right and wrong answers from each cluster's (right answers, items), without numpy.

    Example:
        >>> result = accuracy_of_counts([(2, 2), (0, 1), (1, 1)])
        >>> result.accuracy, result.clusters
        (75.0, 3)
    """
    if not counts:
        raise UsageError("an accuracy needs at least one item", code="no-items")
    for cluster, (right, size) in enumerate(counts):
        if not 0 <= right <= size or size < 1:
            raise UsageError(f"cluster {cluster}: {right} of {size} items are not possible", code="bad-count")
    n, right, count = sum(size for _, size in counts), sum(hits for hits, _ in counts), len(counts)
    percent, mean = 100 * right / n, right / n
    if count == 1:
        return _one_cluster(percent, n)
    # Whole numbers until the end: n times each cluster's deviation, so that equal clusters cancel exactly.
    squares = sum((n * hits - right * size) ** 2 for hits, size in counts)
    clustered = squares / n**4 * count / (count - 1)
    variance = max(clustered, mean * (1 - mean) / (n - 1))
    factor = few_clusters_factor(n, count)
    return _several_clusters(percent, mean, clustered, variance, n, count, n, factor)


def sum_of_squares(deviations: NDArray[np.float64], index: NDArray[np.intp]) -> float:
    """C/(C-1) times the sum over clusters of the squared sum of their deviations.

    `deviations` is each item's score less the mean, `index` each item's cluster, numbered from 0, of at least
    two. Divided by n² the sum is the clustered variance of the mean.
    """
    import numpy as np

    sums = np.bincount(index, weights=deviations)
    return float(sums @ sums) * sums.size / (sums.size - 1)


def few_clusters_factor(n: int, clusters: int, level: float = 0.95) -> float:
    """How much wider an interval must be because 2 to `n` clusters, not `n` items, carry the degrees of freedom.

    t[clusters-1] / t[n-1], at least 1; exactly 1 where each item is its own cluster.
    """
    return 1.0 if clusters == n else two_sided_t(level, clusters - 1) / two_sided_t(level, n - 1)


def _one_cluster(percent: float, n: int) -> ClusteredAccuracy:
    return ClusteredAccuracy(percent, None, Interval(0.0, 100.0), n, 1, None)


def _several_clusters(
    percent: float,
    mean: float,
    clustered: float,
    variance: float,
    n: int,
    count: int,
    answers: int,
    factor: float,
) -> ClusteredAccuracy:
    """The accuracy of two clusters or more; `variance` is the larger of `clustered` and the one by item."""
    # Without spread nothing measures how far items of a cluster agree, so each cluster counts once.
    effective = mean * (1 - mean) / variance * n / (n - 1) if variance > 0 else float(count)
    effective = min(effective, float(answers)) / factor**2
    return ClusteredAccuracy(
        accuracy=percent,
        standard_error=100 * math.sqrt(clustered) if variance > 0 else 0.0,
        interval=score_interval(mean, effective),
        n=n,
        clusters=count,
        effective_n=effective,
    )
