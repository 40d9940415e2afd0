"""Is it luck? The same items asked again and again.

pass@k is the chance that at least one of k answers is right (arXiv 2107.03374), pass^k that all of them are
(arXiv 2406.12045). Variance within items is what repeating averages away, variance between items what only
more items can. By the choice named, the scorer `choice`, since a vote needs choices to vote for; with the
choices in published order. A repeat that failed or was never put is wrong and has no vote. Percent, 0 to 100.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mmar.scoring.clusters import clusters_of
from mmar.scoring.slots import ItemSlots
from mmar.stats.repeats import majority, majority_accuracy, pass_all, pass_at, spread

__all__ = ["PassRates", "Repeats", "repeats_of"]

# How many answers to draw: each number of a short run, and from a long one those that are quoted.
_QUOTED = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_ALL_UP_TO = 10


class PassRates(msgspec.Struct, frozen=True):
    """What k answers are worth.

    Attributes:
        k: answers drawn.
        pass_at: at least one right.
        pass_all: all right.
    """

    k: int
    pass_at: float
    pass_all: float


class Repeats(msgspec.Struct, frozen=True):
    """Scores over repeats.

    Attributes:
        n: items that were asked more than once.
        repeats: answers of each that count: as many as every one of these items was to have.
        unanswered: answers that failed or were never asked for; they are wrong.
        clusters: number of source videos among the items.
        accuracy: of a single answer, over all items and repeats.
        interval: its 95 % interval over items, clustered by source video.
        rates: pass@k and pass^k.
        majority: accuracy of the choice named most often; a tie is wrong.
        majority_interval: its 95 % interval, clustered by source video.
        tied: items without a majority because of a tie.
        silent: items of which no repeat names a choice.
        within: variance of an item's score (0 or 1) from repeat to repeat.
        between: variance of the items' own chances to be right; `None` for one item.
        correlation: intraclass correlation, between / (between + within); `None` where undefined.
        run_deviation: standard deviation of a single run's accuracy over runs on these items, points.
    """

    n: int
    repeats: int
    unanswered: int
    clusters: int
    accuracy: float
    interval: tuple[float, float]
    rates: tuple[PassRates, ...]
    majority: float
    majority_interval: tuple[float, float]
    tied: int
    silent: int
    within: float
    between: float | None
    correlation: float | None
    run_deviation: float


def repeats_of(items: Sequence[ItemSlots]) -> Repeats | None:
    """Score the items that were asked more than once; `None` where none was."""
    again = [item for item in items if item.repeats > 1]
    if not again:
        return None
    from mmar.stats.cluster import accuracy

    count = min(item.repeats for item in again)
    votes = [[item.choice(0, repeat) for repeat in range(count)] for item in again]
    answers = [item.item.answer for item in again]
    right = [[vote == answer for vote in row] for row, answer in zip(votes, answers, strict=True)]
    clusters = clusters_of(item.item for item in again)
    mean = accuracy([sum(row) / count for row in right], clusters)
    vote = majority_accuracy(votes, answers)
    won = accuracy(
        [majority(row).choice == answer for row, answer in zip(votes, answers, strict=True)], clusters
    )
    variance = spread(right)
    drawn = (
        range(1, count + 1) if count <= _ALL_UP_TO else sorted({k for k in _QUOTED if k < count} | {count})
    )
    return Repeats(
        n=len(again),
        repeats=count,
        unanswered=sum(not item.answered(0, repeat) for item in again for repeat in range(count)),
        clusters=mean.clusters,
        accuracy=variance.accuracy,
        interval=(mean.interval.low, mean.interval.high),
        rates=tuple(PassRates(k, pass_at(right, k).percent, pass_all(right, k).percent) for k in drawn),
        majority=vote.accuracy,
        majority_interval=(won.interval.low, won.interval.high),
        tied=vote.tied,
        silent=vote.silent,
        within=variance.within,
        between=variance.between,
        correlation=variance.correlation,
        run_deviation=variance.run_deviation,
    )
