"""How much of an accuracy needs the audio?

Of the items that a model fails without the audio, reliance is the share that the audio turns right:

    (acc_real - acc_none) / (1 - acc_none) = 1 - wrong_real / wrong_none

100 means that everything missed without the audio is answered with it, 0 that the audio changes nothing, and
less than 0 that it does harm (MuChoMusic 2408.01337, RUListening and arXiv 2604.24401 argue for such a
measure; MMAR's own noise experiment is the condition). It is a ratio of two wrong shares on the same items,
so its interval is the delta method's on the logarithm of that ratio, clustered by source, with half an item
added to each of the two discordant cells, as is usual for a ratio that may be 0 (Walter 1975, Biometrika
62:371). It has width when nothing is wrong, needs no random draws, and cannot pass 100.
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

__all__ = ["Reliance", "SolvedWithout", "reliance", "solved_without"]


@dataclass(frozen=True, slots=True)
class Reliance:
    """A run with the audio beside the same run without it.

    Attributes:
        reliance: percent, at most 100, possibly below 0; None where every item is right without the audio.
        interval: percent, at most 100; None with one cluster.
        real: accuracy with the audio, percent.
        without: accuracy without it, percent.
        both: items right either way.
        only_real: items that the audio turns right.
        only_without: items that the audio turns wrong.
        neither: items wrong either way.
        n: number of items.
        clusters: number of clusters.
    """

    reliance: float | None
    interval: Interval | None
    real: float
    without: float
    both: int
    only_real: int
    only_without: int
    neither: int
    n: int
    clusters: int


@dataclass(frozen=True, slots=True)
class SolvedWithout:
    """Items answered without hearing them, over one or several conditions.

    Attributes:
        each: items right under each condition, in the order given.
        any_condition: items right under at least one.
        every_condition: items right under all of them, which luck alone seldom explains.
        n: number of items.
    """

    each: tuple[int, ...]
    any_condition: int
    every_condition: int
    n: int


def reliance(
    real: ArrayLike,
    without: ArrayLike,
    clusters: Sequence[Hashable] | NDArray[np.generic],
    level: float = 0.95,
) -> Reliance:
    """Share of the items failed without the audio that the audio turns right.

    Args:
        real: right and wrong answers with the audio, shape (n,).
        without: those of the same model without it, same items in the same order, shape (n,).
        clusters: one label an item, shape (n,).
        level: confidence as a share.

    Returns:
        Reliance, its interval and both accuracies in percent, with the four counts.

    Raises:
        UsageError: no items, runs of different length, a score that is neither right nor wrong, an item
            without cluster, or a level that is no share.

    Example:
        >>> reliance([1, 1, 1, 0], [1, 0, 0, 0], ["a", "b", "c", "d"]).reliance
        66.66666666666667
    """
    paired_scores(real, without)
    heard, unheard = right_or_wrong(real, "run with audio"), right_or_wrong(without, "run without audio")
    index = cluster_index(clusters, heard.size)
    two_sided_z(level)
    n, count = int(heard.size), int(index.max()) + 1
    wrong_real, wrong_without = int((~heard).sum()), int((~unheard).sum())
    value = 100 * (wrong_without - wrong_real) / wrong_without if wrong_without else None
    return Reliance(
        reliance=value,
        interval=_interval(~heard, ~unheard, index, level) if count > 1 else None,
        real=100 * (n - wrong_real) / n,
        without=100 * (n - wrong_without) / n,
        both=int((heard & unheard).sum()),
        only_real=int((heard & ~unheard).sum()),
        only_without=int((unheard & ~heard).sum()),
        neither=int((~heard & ~unheard).sum()),
        n=n,
        clusters=count,
    )


def solved_without(conditions: Sequence[ArrayLike]) -> SolvedWithout:
    """Count the items that are right without the audio.

    Args:
        conditions: right and wrong answers under each condition that hides the audio (none, silence, noise…),
            each of shape (n,), same items in the same order.

    Returns:
        Counts of items.

    Raises:
        UsageError: no condition, no items, conditions of different length, or a score that is neither right
            nor wrong.

    Example:
        >>> solved_without([[1, 1, 0], [1, 0, 0]])
        SolvedWithout(each=(2, 1), any_condition=2, every_condition=1, n=3)
    """
    if not len(conditions):
        raise UsageError("name at least one run without the audio")
    rows = [right_or_wrong(row, f"condition {place}") for place, row in enumerate(conditions)]
    if len({row.size for row in rows}) > 1:
        raise UsageError(f"conditions differ in their number of items: {[int(row.size) for row in rows]}")
    table = np.stack(rows)
    return SolvedWithout(
        each=tuple(int(row.sum()) for row in rows),
        any_condition=int(table.any(axis=0).sum()),
        every_condition=int(table.all(axis=0).sum()),
        n=int(table.shape[1]),
    )


def _interval(
    wrong_real: NDArray[np.bool_], wrong_without: NDArray[np.bool_], index: NDArray[np.intp], level: float
) -> Interval:
    n, clusters = wrong_real.size, int(index.max()) + 1
    # The two half items stand in clusters of their own, one wrong with the audio and one without it.
    per_real, per_without = 1 / (float(wrong_real.sum()) + 0.5), 1 / (float(wrong_without.sum()) + 0.5)
    variance = sum_of_squares(wrong_real * per_real - wrong_without * per_without, index)
    variance += (per_real**2 + per_without**2) / 2
    centre = math.log(per_without / per_real)
    half = two_sided_z(level) * few_clusters_factor(n, clusters, level) * math.sqrt(variance)
    low, high = 100 * (1 - math.exp(min(centre + half, 700.0))), 100 * (1 - math.exp(centre - half))
    # Nothing wrong with the audio: 100 itself cannot be excluded, whatever was added to the cells.
    return Interval(low, high if wrong_real.any() else 100.0, level)
