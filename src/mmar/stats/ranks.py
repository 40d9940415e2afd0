"""Places in a table, tied wherever the data cannot tell two systems apart.

A table sorted by accuracy invents an order: 63.5 above 63.4 is one item of a thousand. Here a system's rank
is one more than the number of systems that are shown to be better than it, where "shown" means that the
interval of the difference excludes zero; how far down it might stand is said beside it (arXiv 2504.20879 on
what leaderboards pretend to). Intervals hold pair by pair and are not widened for the number of pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmar.errors import UsageError
from mmar.stats.inputs import item_scores
from mmar.stats.interval import Interval, newcombe
from mmar.stats.paired import difference

__all__ = ["Rank", "paired_ranks", "published_ranks"]


@dataclass(frozen=True, slots=True)
class Rank:
    """A system's place among others.

    Attributes:
        accuracy: percent, 0 to 100.
        place: place by accuracy alone, from 1; equal accuracies share the best.
        rank: 1 + the number of systems shown to be better; the tied rank.
        worst: number of systems less the number shown to be worse: the lowest place that the data allow.
        tied_with: positions, in the order given, of the systems that cannot be told from this one.
    """

    accuracy: float
    place: int
    rank: int
    worst: int
    tied_with: tuple[int, ...]


def paired_ranks(
    runs: Sequence[ArrayLike],
    clusters: Sequence[Hashable] | NDArray[np.generic],
    level: float = 0.95,
) -> tuple[Rank, ...]:
    """Rank runs on the same items by their paired differences.

    Args:
        runs: scores of each run, 0 to 1, each of shape (n,), items in the same order.
        clusters: one label an item, shape (n,).
        level: confidence of each pair's interval as a share.

    Returns:
        A rank for each run, in the order given; accuracies in percent.

    Raises:
        UsageError: no runs, or as `mmar.stats.paired.difference`.
    """
    scores = [item_scores(run, f"run {place}") for place, run in enumerate(runs)]
    return _ranks(
        [100 * float(run.sum()) / run.size for run in scores],
        lambda one, two: difference(scores[one], scores[two], clusters, level).interval,
    )


def published_ranks(counts: Sequence[tuple[int, int]], level: float = 0.95) -> tuple[Rank, ...]:
    """Rank systems of which only counts are known.

    The interval of two independent shares (`mmar.stats.interval.newcombe`) is used. Systems that answered the
    same items are compared more sharply by `paired_ranks`; from counts alone nobody can.

    Args:
        counts: right answers and items of each system.
        level: confidence of each pair's interval as a share.

    Returns:
        A rank for each system, in the order given; accuracies in percent.

    Raises:
        UsageError: no systems, or as `newcombe`.

    Example:
        >>> [rank.rank for rank in published_ranks([(635, 1000), (634, 1000), (506, 1000)])]
        [1, 1, 3]
    """
    for place, (_, n) in enumerate(counts):
        if n < 1:
            raise UsageError(f"system {place} (counting from 0) has no items")
    return _ranks(
        [100 * right / n for right, n in counts],
        lambda one, two: newcombe(counts[one], counts[two], level),
    )


def _ranks(accuracies: Sequence[float], interval: Callable[[int, int], Interval]) -> tuple[Rank, ...]:
    total = len(accuracies)
    if not total:
        raise UsageError("there is nothing to rank")
    better = np.zeros((total, total), dtype=np.bool_)
    for one in range(total):
        for two in range(one + 1, total):
            found = interval(one, two)
            better[one, two], better[two, one] = found.low > 0, found.high < 0
    told_apart = better | better.T
    return tuple(
        Rank(
            accuracy=accuracy,
            place=1 + sum(other > accuracy for other in accuracies),
            rank=1 + int(better[:, here].sum()),
            worst=total - int(better[here].sum()),
            tied_with=tuple(k for k in range(total) if k != here and not told_apart[here, k]),
        )
        for here, accuracy in enumerate(accuracies)
    )
