"""How much of an accuracy needs the audio.

Of the items that a model fails without the audio, reliance is the share that the audio turns right:

    (acc_real - acc_none) / (1 - acc_none) = 1 - θ,   θ = wrong_real / wrong_none

100 means that everything missed without the audio is answered with it, 0 that the audio changes nothing, and
less than 0 that it does harm (MuChoMusic 2408.01337, RUListening and arXiv 2604.24401 argue for such a
measure; MMAR's own noise experiment is the condition).

θ is a ratio of two wrong shares on the same items. Its interval inverts the score test for paired shares (Nam
& Blackwelder 2002, Stat. Med. 21:689; Tang, Tang & Chan 2003, Stat. Med. 22:1217) at the effective number of
items: the counts are divided by the design effect of the clusters. The test of θ = 1 is McNemar's, so that
the interval agrees with the fall of accuracy about zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmar.errors import UsageError
from mmar.stats.cluster import few_clusters_factor, sum_of_squares
from mmar.stats.inputs import Clusters, binary_scores, cluster_index, paired_scores
from mmar.stats.interval import Interval, bisect, two_sided_z

# The logarithm of the largest ratio that is searched for an end; beyond it an end is not bounded.
_MAX_LOG_RATIO = 30.0


@dataclass(frozen=True, slots=True)
class RelianceRatio:
    """A run with the audio beside the same run without it.

    Attributes:
        reliance: percent, at most 100, possibly below 0; None where every item is right without the audio.
        interval: percent, at most 100; None as above and with one cluster.
    """

    reliance: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class SolvedWithoutAudio:
    """Items answered without hearing them, over one or several conditions.

    Attributes:
        n: items answered under at least one condition.
        any_condition: items right under at least one.
        every_condition: items right under every condition in which they were answered.
        chance_any: what guessing gives for `any_condition`, percent of `n`.
        chance_every: what guessing gives for `every_condition`, percent of `n`.
    """

    n: int
    any_condition: int
    every_condition: int
    chance_any: float
    chance_every: float


def reliance_ratio(real: ArrayLike, without: ArrayLike, clusters: Clusters) -> RelianceRatio:
    """Share of the items failed without the audio that the audio turns right.

    Args:
        real: right and wrong answers with the audio, shape (n,).
        without: those of the same model without it, same items in the same order, shape (n,).
        clusters: one label per item, shape (n,).

    Example:
        >>> reliance_ratio([1, 1, 1, 0], [1, 0, 0, 0], ["a", "b", "c", "d"]).reliance
        66.66666666666667
    """
    paired_scores(real, without)
    with_audio, without_audio = (
        binary_scores(real, "run with audio"),
        binary_scores(without, "run without audio"),
    )
    index = cluster_index(clusters, with_audio.size)
    n, count = int(with_audio.size), int(index.max()) + 1
    both, only_real = int((with_audio & without_audio).sum()), int((with_audio & ~without_audio).sum())
    only_without = int((without_audio & ~with_audio).sum())
    neither = n - both - only_real - only_without
    wrong_real, wrong_without = only_without + neither, only_real + neither
    value = interval = None
    if wrong_without:
        value = 100 * (wrong_without - wrong_real) / wrong_without
        if count > 1:
            effect = _design_effect(~with_audio, ~without_audio, index)
            counts = (neither / effect, only_without / effect, only_real / effect, both / effect)
            ends = ratio_interval(counts, two_sided_z(0.95) * few_clusters_factor(n, count))
            interval = Interval(100 * (1 - ends[1]), 100 * (1 - ends[0]))
    return RelianceRatio(value, interval)


def ratio_interval(counts: tuple[float, float, float, float], z: float) -> tuple[float, float]:
    """Score interval of (share of the first event) / (share of the second), paired; `z` is the normal quantile.

    `counts` are items with both events, the first alone, the second alone and neither; they need not be
    whole. The upper end is infinite where the data do not bound it.

    Example:
        >>> low, high = ratio_interval((10, 5, 20, 65), 1.959964)
        >>> round(low, 3), round(high, 3)
        (0.308, 0.783)
    """
    both, first, second, _ = counts
    if not both + second:
        return 0.0, math.inf

    def excess(log_ratio: float) -> float:
        return _score(math.exp(log_ratio), counts)

    if both + first:
        estimate = math.log((both + first) / (both + second))
        low = math.exp(bisect(lambda x: excess(x) > z, -_MAX_LOG_RATIO, estimate))
    else:
        estimate, low = -_MAX_LOG_RATIO, 0.0
    if excess(_MAX_LOG_RATIO) > -z:
        return low, math.inf
    return low, math.exp(bisect(lambda x: excess(x) > -z, estimate, _MAX_LOG_RATIO))


def count_solved_without_audio(
    right: Sequence[ArrayLike], answered: Sequence[ArrayLike], choice_counts: Sequence[int]
) -> SolvedWithoutAudio:
    """Count the items that are right without the audio, beside what guessing gives.

    A condition under which an item was not answered says nothing of it, and is left out for that item.

    Args:
        right: right and wrong answers under each condition, each of shape (n,), same items in the same order.
        answered: whether each item was answered with a choice under each condition, same shapes.
        choice_counts: number of choices of each item.

    Example:
        >>> solved = count_solved_without_audio([[1, 1, 0], [1, 0, 0]], [[1, 1, 1], [1, 0, 1]], [2, 2, 4])
        >>> solved.every_condition, solved.any_condition
        (2, 2)
    """
    if not len(right):
        raise UsageError("name at least one run without the audio", code="no-runs")
    rows = [binary_scores(row, f"condition {position}") for position, row in enumerate(right)]
    if len({row.size for row in rows} | {len(choice_counts)}) > 1:
        sizes = [int(row.size) for row in rows]
        raise UsageError(f"conditions differ in their number of items: {sizes}", code="different-lengths")
    table = np.stack(rows)
    has_answer = np.stack(
        [binary_scores(row, f"condition {position}") for position, row in enumerate(answered)]
    )
    answers = has_answer.sum(axis=0)
    some = answers > 0
    n = int(some.sum())
    guess = 1 / np.asarray(choice_counts, dtype=np.float64)[some]
    times = answers[some]
    return SolvedWithoutAudio(
        n=n,
        any_condition=int((table & has_answer).any(axis=0).sum()),
        every_condition=int(((table | ~has_answer).all(axis=0) & some).sum()),
        chance_any=100 * float((1 - (1 - guess) ** times).mean()) if n else 0.0,
        chance_every=100 * float((guess**times).mean()) if n else 0.0,
    )


def _design_effect(
    wrong_real: NDArray[np.bool_], wrong_without: NDArray[np.bool_], index: NDArray[np.intp]
) -> float:
    """How many items count as one because clusters hold together, at least 1."""
    n, clusters = wrong_real.size, int(index.max()) + 1
    ratio = wrong_real.sum() / wrong_without.sum()
    deviations = wrong_real - ratio * wrong_without
    squares = float((deviations**2).sum()) * n / (n - 1)
    # Without spread nothing measures how far items of a cluster agree, so each cluster counts once.
    return max(1.0, sum_of_squares(deviations, index) / squares) if squares > 1e-12 * n else n / clusters


def _score(ratio: float, counts: tuple[float, float, float, float]) -> float:
    """Score statistic of a ratio; it falls as the ratio grows.

    The variance takes the most likely shares under the ratio, which solve a quadratic (Nam & Blackwelder
    2002).
    """
    both, first, second, neither = counts
    n = both + first + second + neither
    some = (both + first + second) / n
    linear = (ratio**2 * (both + second + 2 * first) - (both + first)) / n
    curved = 2 * ratio * (1 + ratio)
    root = math.sqrt(max(0.0, linear**2 - 4 * ratio**2 * (1 + ratio) * (ratio - 1) * first / n * some))
    alone = (linear + root) / curved
    variance = n * ratio * max(0.0, alone + ratio * alone - (ratio - 1) * some)
    gap = (both + first) - ratio * (both + second)
    return gap / math.sqrt(variance) if variance > 0 else math.copysign(math.inf, gap) if gap else 0.0
