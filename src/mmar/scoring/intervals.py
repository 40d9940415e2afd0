"""Intervals of an accuracy: clustered by source video, and of the whole benchmark from a drawn sample (`mmar run --sample`).

Items cut from one source video are a cluster (Miller, arXiv 2411.00640; `mmar.stats.cluster`). numpy is imported only for
a sample, since `mmar score` prints clustered intervals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from mmar.items import Benchmark, Item
from mmar.items.source_video import item_video
from mmar.stats.cluster import accuracy_of_counts
from mmar.stats.interval import Interval

if TYPE_CHECKING:
    from mmar.stats.sampling import FinitePopulation

_VIDEO, _ITEM = "video ", "item "


class Clustered(msgspec.Struct, frozen=True):
    """The error of an accuracy, allowing for items that share a source video (Miller, arXiv 2411.00640).

    Attributes:
        interval: 95 % interval, percent.
        clusters: number of source videos; an item whose video is not known is one of its own.
        standard_error: points; `None` with one cluster.
    """

    interval: Interval
    clusters: int
    standard_error: float | None


def clusters_of(items: Iterable[Item]) -> tuple[str, ...]:
    """A label of each item's cluster: its source video, or the item itself where nothing names one."""
    return tuple(
        f"{_ITEM}{item.id}" if (video := item_video(item)) is None else f"{_VIDEO}{video}" for item in items
    )


def names_a_video(clusters: Sequence[str]) -> bool:
    """Whether any cluster is a video; where none is, clustering adds nothing to Wilson's interval."""
    return any(label.startswith(_VIDEO) for label in clusters)


def clustered(right: Iterable[bool], clusters: Sequence[str]) -> Clustered:
    """The clustered interval of an accuracy: whether each item is right, and each item's label in the same order."""
    counts: dict[str, list[int]] = {}
    for hit, label in zip(right, clusters, strict=True):
        count = counts.setdefault(label, [0, 0])
        count[0] += hit
        count[1] += 1
    result = accuracy_of_counts([(hits, size) for hits, size in counts.values()])
    return Clustered(result.interval, result.clusters, result.standard_error)


class SampleEstimate(msgspec.Struct, frozen=True):
    """The estimate for the whole benchmark from a drawn sample.

    Attributes:
        n: number of items drawn.
        population: number of items of the benchmark.
        seed: of the draw.
        earlier: number of earlier runs used as a control variate.
        official: by the published rule.
        choice: by the choice really named.
    """

    n: int
    population: int
    seed: int
    earlier: int
    official: FinitePopulation
    choice: FinitePopulation


def estimate_from_sample(
    benchmark: Benchmark,
    drawn: Sequence[int],
    scores: tuple[Sequence[bool], Sequence[bool]],
    seed: int,
    earlier: Sequence[tuple[Sequence[bool], Sequence[bool]]] = (),
) -> SampleEstimate:
    """Estimate both accuracies of the whole benchmark.

    Args:
        benchmark: the questions.
        drawn: positions of the items drawn.
        scores: whether each item drawn is right, by the published rule and by choice.
        seed: of the draw.
        earlier: the same of earlier runs, of every item of the benchmark.
    """
    from mmar.stats.sampling import estimate_population

    strata = [(item.modality, item.category) for item in benchmark]
    estimates = []
    for scorer in (0, 1):
        control = None
        if earlier:
            columns = zip(*(run[scorer] for run in earlier), strict=True)
            control = [sum(hits) / len(earlier) for hits in columns]
        estimates.append(estimate_population(scores[scorer], drawn, strata, control=control))
    return SampleEstimate(len(drawn), len(strata), seed, len(earlier), *estimates)


def running_interval(benchmark: Benchmark, right: Mapping[int, bool]) -> Interval:
    """An interval of an accuracy over the items asked so far that may be looked at at any time.

    `right` is whether the answer is right, by the position of each item asked.
    """
    from mmar.stats.sequences import share_sequence, worst_design_effect

    effect = worst_design_effect(clusters_of(benchmark.items[position] for position in right))
    return share_sequence(sum(right.values()) / effect, len(right) / effect)
