"""A random sample of a benchmark, and the estimate for the whole.

The items of a benchmark are a finite population: a run of all of them would give its accuracy exactly, so a
sample of n of N leaves only the error of the items not drawn, and the interval shrinks to nothing as n grows
to N (Cochran 1977, Sampling Techniques, ch. 5). Items are drawn by strata in proportion to their size.

Earlier runs on the same items sharpen the estimate: their score of each item is known for the whole benchmark
and goes with the new model's, so that only the residuals of a regression on it vary (control variate; arXiv
2601.20251, arXiv 2402.14992; Cochran 1977, ch. 7). The estimate stays right whatever the earlier runs are;
they only make it more or less precise. Accuracies in percent.
"""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmar.errors import UsageError
from mmar.stats.inputs import item_scores
from mmar.stats.interval import Interval, score_interval, two_sided_t


@dataclass(frozen=True, slots=True)
class PopulationEstimate:
    """The accuracy that a run of the whole benchmark would have.

    Attributes:
        accuracy: estimate, percent.
        interval: percent; it has no width where every item was drawn.
        standard_error: points.
        explained: share of the variance within strata that the control variate explains, 0 to 1; None without one.
    """

    accuracy: float
    interval: Interval
    standard_error: float
    explained: float | None


def draw_sample(strata: Sequence[Hashable], n: int, seed: int) -> list[int]:
    """Draw `n` items from every stratum in proportion to its size; their ascending positions.

    `strata` holds the stratum of each item of the benchmark, such as its modality and category.

    Example:
        >>> draw_sample(["a"] * 6 + ["b"] * 3, 3, seed=0)
        [3, 5, 6]
    """
    if not 1 <= n <= len(strata):
        raise UsageError(f"a sample has 1 to {len(strata):,} items; found {n}", code="bad-sample")
    if seed < 0:
        raise UsageError(f"a seed is 0 or more; found {seed}", code="bad-seed")
    members: dict[Hashable, list[int]] = {}
    for position, stratum in enumerate(strata):
        members.setdefault(stratum, []).append(position)
    shares = {stratum: n * len(positions) / len(strata) for stratum, positions in members.items()}
    counts = {stratum: math.floor(share) for stratum, share in shares.items()}
    # Largest remainders first; equal ones in the order of the benchmark.
    by_remainder = sorted(members, key=lambda stratum: counts[stratum] - shares[stratum])
    for stratum in by_remainder[: n - sum(counts.values())]:
        counts[stratum] += 1
    rng = random.Random(seed)  # noqa: S311 - a reproducible draw, no secret
    drawn = [rng.sample(positions, counts[stratum]) for stratum, positions in members.items()]
    return sorted(itertools.chain(*drawn))


def estimate_population(
    scores: ArrayLike,
    drawn: Sequence[int],
    strata: Sequence[Hashable],
    *,
    control: ArrayLike | None = None,
) -> PopulationEstimate:
    """Estimate the accuracy on the whole benchmark from the items drawn.

    Args:
        scores: scores of the items drawn, 0 to 1, shape (n,).
        drawn: positions of these items in the benchmark, as `draw_sample` gives them, shape (n,).
        strata: the stratum of each item of the benchmark, shape (N,).
        control: mean score of earlier runs on each item of the benchmark, 0 to 1, shape (N,).
    """
    values, positions = item_scores(scores), np.asarray(drawn)
    n, population = int(values.size), len(strata)
    if n != positions.size or n < 2:
        raise UsageError(f"no estimate from {n} scores of {positions.size} items", code="bad-sample")
    index = _merge_small_strata(strata, positions)
    sizes, counts = np.bincount(index), np.bincount(index[positions], minlength=int(index.max()) + 1)
    weights = sizes / population
    own = index[positions]
    explained = None
    adjusted, shift = values, np.zeros(len(sizes))
    parameters = len(sizes)
    if control is not None:
        helper = item_scores(control, "control")
        if helper.size != population:
            raise UsageError(f"the control has {helper.size} of {population} items", code="different-lengths")
        within_x, within_y = _deviations(helper[positions], own, counts), _deviations(values, own, counts)
        square = float(within_x @ within_x)
        slope = float(within_x @ within_y) / square if square > 1e-12 else 0.0
        adjusted = values - slope * helper[positions]
        shift = slope * np.bincount(index, weights=helper) / sizes
        residual, total = _deviations(adjusted, own, counts), float(within_y @ within_y)
        explained = max(0.0, 1 - float(residual @ residual) / total) if total > 1e-12 else 0.0
        parameters += 1
    means = np.bincount(own, weights=adjusted, minlength=len(sizes)) / counts
    squares = np.bincount(own, weights=_deviations(adjusted, own, counts) ** 2, minlength=len(sizes))
    freedom = max(1, n - parameters)
    # The regression costs a degree of freedom, spread over all strata.
    spread = squares / (counts - 1) * max(1.0, (n - len(sizes)) / freedom)
    variance = float((weights**2 * (1 - counts / sizes) * spread / counts).sum())
    share = float((weights * (means + shift)).sum())
    # What was drawn is known: so many are right, so many are wrong.
    floor, ceiling = float(values.sum()) / population, 1 - float((1 - values).sum()) / population
    share = min(max(share, floor), ceiling)
    if n == population:
        interval = Interval(100 * share, 100 * share)
    else:
        # Without spread in the sample, as many independent items as were drawn, corrected for the population.
        binomial = share * (1 - share)
        alike = n / (1 - n / population)
        effective = binomial / variance if variance > 1e-15 and binomial > 0 else alike
        wide = score_interval(share, effective, z=two_sided_t(0.95, freedom))
        interval = Interval(max(wide.low, 100 * floor), min(wide.high, 100 * ceiling))
    return PopulationEstimate(100 * share, interval, 100 * math.sqrt(variance), explained)


def _merge_small_strata(strata: Sequence[Hashable], positions: NDArray[np.intp]) -> NDArray[np.intp]:
    """Number the strata, those with fewer than two items drawn being one, or part of the largest."""
    drawn = Counter(strata[position] for position in positions)
    large = [stratum for stratum in dict.fromkeys(strata) if drawn[stratum] >= 2]
    number = {stratum: position for position, stratum in enumerate(large)}
    rest = [stratum for stratum in dict.fromkeys(strata) if stratum not in number]
    if not large:
        return np.zeros(len(strata), dtype=np.intp)
    if sum(drawn[stratum] for stratum in rest) >= 2:
        number |= dict.fromkeys(rest, len(large))
    else:
        number |= dict.fromkeys(rest, number[max(large, key=drawn.__getitem__)])
    return np.array([number[stratum] for stratum in strata], dtype=np.intp)


def _deviations(
    values: NDArray[np.float64], own: NDArray[np.intp], counts: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Each value less the mean of its stratum."""
    result: NDArray[np.float64] = (
        values - (np.bincount(own, weights=values, minlength=len(counts)) / counts)[own]
    )
    return result
