"""The accuracy of a whole benchmark, estimated from a run of a drawn sample (`mmar run --sample`)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mmar.items import Benchmark
from mmar.stats.interval import Interval
from mmar.stats.sampling import estimate_population

__all__ = ["PopulationAccuracy", "SampleEstimate", "estimate_from_sample"]


class PopulationAccuracy(msgspec.Struct, frozen=True):
    """The accuracy that a run of the whole benchmark would have.

    Attributes:
        accuracy: estimate, percent.
        interval: 95 % interval for a finite population, percent.
        explained: share of the variance that earlier runs explain; `None` without any.
    """

    accuracy: float
    interval: Interval
    explained: float | None


class SampleEstimate(msgspec.Struct, frozen=True):
    """What a drawn sample says of the whole benchmark.

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
    official: PopulationAccuracy
    choice: PopulationAccuracy


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
        drawn: places of the items drawn.
        scores: whether each item drawn is right, by the published rule and by choice.
        seed: of the draw.
        earlier: the same of earlier runs, of every item of the benchmark.
    """
    strata = [(item.modality, item.category) for item in benchmark]
    estimates = []
    for scorer in (0, 1):
        control = None
        if earlier:
            columns = zip(*(run[scorer] for run in earlier), strict=True)
            control = [sum(hits) / len(earlier) for hits in columns]
        result = estimate_population(scores[scorer], drawn, strata, control=control)
        estimates.append(PopulationAccuracy(result.accuracy, result.interval, result.explained))
    return SampleEstimate(len(drawn), len(strata), seed, len(earlier), *estimates)
