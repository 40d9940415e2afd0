"""Intervals of an accuracy: clustered by source video, and of the whole benchmark from a drawn sample (`mmar run --sample`).

Items cut from one source video are a cluster (Miller, arXiv 2411.00640; `mmar.stats.cluster`). numpy is
imported only for a sample, since `mmar score` prints clustered intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from mmar.items import Benchmark
from mmar.items.source_video import clusters_of
from mmar.scoring.result import Accuracy, ClusteredInterval, GroupScore, SampleEstimate
from mmar.scoring.tally import CHOICE, OFFICIAL, REQUESTED
from mmar.stats.cluster import accuracy_of_counts
from mmar.stats.interval import Interval


def add_clustered_intervals(whole: GroupScore, benchmark: Benchmark, verdicts: bytes) -> GroupScore:
    """The scores of all items with the intervals by source video of those asked; as they are where no video is named.

    `verdicts` holds a byte for each of the questions with choices (`mmar.scoring.tally`).
    """
    labels = clusters_of(benchmark)
    asked_verdicts = [
        (byte, label) for byte, label in zip(verdicts, labels, strict=False) if byte & REQUESTED
    ]
    if not asked_verdicts or not any(label.startswith("video ") for label in labels):
        return whole
    group = whole.asked or whole
    group = msgspec.structs.replace(
        group,
        official=_add_interval(group.official, asked_verdicts, OFFICIAL),
        choice=_add_interval(group.choice, asked_verdicts, CHOICE),
    )
    return group if whole.asked is None else msgspec.structs.replace(whole, asked=group)


def _add_interval(total: Accuracy, asked_verdicts: Sequence[tuple[int, str]], bit: int) -> Accuracy:
    counts: dict[str, list[int]] = {}
    for verdict, label in asked_verdicts:
        count = counts.setdefault(label, [0, 0])
        count[0] += bool(verdict & bit)
        count[1] += 1
    result = accuracy_of_counts([(hits, size) for hits, size in counts.values()])
    interval = ClusteredInterval(result.interval, result.clusters, result.standard_error)
    return msgspec.structs.replace(total, clustered=interval)


def estimate_from_sample(
    benchmark: Benchmark,
    drawn: Sequence[int],
    scores: tuple[Sequence[bool], Sequence[bool]],
    seed: int,
    earlier: Sequence[tuple[Sequence[bool], Sequence[bool]]] = (),
) -> SampleEstimate:
    """Estimate both accuracies of the whole benchmark.

    `scores` is whether each item drawn is right, by the published rule and by choice; `earlier` the same of
    earlier runs, of every item of the benchmark.
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
