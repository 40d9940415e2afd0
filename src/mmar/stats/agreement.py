"""Agreement of raters beyond chance: Cohen's kappa, Krippendorff's alpha, and the flip rate.

Kappa compares two raters who each keep their own habits (Cohen 1960, Educ. Psychol. Meas. 20:37). Alpha takes
any number of raters, missing ratings, and ratings that are names, ranks or measurements (Krippendorff 2011,
"Computing Krippendorff's Alpha-Reliability"; also 2018, Content Analysis, ch. 12). Both lie between -1 and 1:
1 is full agreement, 0 what chance gives. Both are 0/0, and None here, when all ratings are the same value.

Alpha is computed without its coincidence matrix. With m ratings in a unit, n in all, and each rating x
replaced by its value (interval) or its mid-rank (ordinal), the sum of squared differences over pairs is m·Σx²
- (Σx)², hence

    alpha = 1 - (n - 1) · Σ_units [m·Σx² - (Σx)²] / (m - 1)  /  [n·Σx² - (Σx)² over all]

and for names the same with m² - Σ count² in place of the brackets. Each sum is a product of a units × values
table, so thousands of bootstrap draws over items (Zapf et al. 2016, BMC Med. Res. Methodol. 16:93) cost
little.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mmar.errors import UsageError
from mmar.stats.interval import Interval

# 8 MB of indices a block.
_BLOCK_CELLS = 1 << 20

Scale = Literal["nominal", "ordinal", "interval"]


@dataclass(frozen=True, slots=True)
class Kappa:
    """Agreement of two raters.

    Attributes:
        kappa: -1 to 1; None where both raters gave one and the same rating throughout.
        interval: 95 % bootstrap interval of kappa; None without draws or where no draw defines it.
        agreement: items with equal ratings, percent.
        expected: the same if the raters rated at random, each with their own habits, percent.
        n: items that both rated.
        skipped: items that one or both left unrated.
        undefined: draws in which nothing varied, left out of the interval.
    """

    kappa: float | None
    interval: Interval | None
    agreement: float
    expected: float
    n: int
    skipped: int
    draws: int
    undefined: int
    seed: int


@dataclass(frozen=True, slots=True)
class Alpha:
    """Agreement of any number of raters; `interval`, `draws`, `undefined` and `seed` as in `Kappa`.

    Attributes:
        alpha: at most 1; None where all ratings are one and the same value.
        units: units with at least two ratings, the only ones that count.
        ratings: ratings in those units.
        skipped: units with fewer than two ratings.
    """

    alpha: float | None
    interval: Interval | None
    scale: Scale
    units: int
    ratings: int
    skipped: int
    draws: int
    undefined: int
    seed: int


def cohen_kappa(
    first: Sequence[Hashable],
    second: Sequence[Hashable],
    *,
    draws: int = 2_000,
    seed: int = 0,
) -> Kappa:
    """Cohen's kappa of two raters on the same items.

    Ratings stand in the same order, None or NaN where missing. `draws` bootstrap draws over items give the
    interval; 0 gives none.
    """
    if len(first) != len(second):
        raise UsageError(f"raters gave {len(first)} and {len(second)} ratings", code="different-lengths")
    pairs = [(a, b) for a, b in zip(first, second, strict=True) if not (_is_missing(a) or _is_missing(b))]
    if not pairs:
        raise UsageError("no item was rated by both raters", code="no-items")
    numbers = _encode_labels(itertools.chain(*pairs))
    one, two = (_count_table([(pair[rater],) for pair in pairs], numbers) for rater in (0, 1))
    kappas, observed, expected = _kappas(np.ones((1, len(pairs))), one, two)
    drawn = [_kappas(block, one, two)[0] for block in _resample_counts(len(pairs), draws, seed)]
    values = np.concatenate([*drawn, np.empty(0)])
    return Kappa(
        kappa=_nan_to_none(kappas),
        interval=_percentile_interval(values),
        agreement=100 * float(observed[0]),
        expected=100 * float(expected[0]),
        n=len(pairs),
        skipped=len(first) - len(pairs),
        draws=draws,
        undefined=int(np.isnan(values).sum()),
        seed=seed,
    )


def krippendorff_alpha(
    ratings: Sequence[Sequence[Hashable]],
    scale: Scale = "nominal",
    *,
    draws: int = 2_000,
    seed: int = 0,
) -> Alpha:
    """Krippendorff's alpha over units rated by any number of raters, with an interval from `draws` (0: none) over units.

    Ratings are None or NaN where missing; rows may differ in length, and who gave a rating does not matter.
    The scale is "nominal" for names, "ordinal" for numbers of which only the order counts, "interval" for
    numbers of which the distances count.

    Example:
        >>> units = [(1, 1), (2, 2), (1, 2), (1, None)]
        >>> round(krippendorff_alpha(units, draws=0).alpha, 3)
        0.444
    """
    present = [[value for value in unit if not _is_missing(value)] for unit in ratings]
    units = [unit for unit in present if len(unit) >= 2]
    if not units:
        raise UsageError("no unit has two ratings", code="no-items")
    numbers = _encode_labels(itertools.chain(*units))
    if scale != "nominal":
        numbers = {value: number for number, value in enumerate(sorted(numbers, key=_as_number))}
    table = _count_table(units, numbers)
    scores = None if scale != "interval" else np.array([_as_number(value) for value in numbers])

    def alphas(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return _alphas(weights, table, scale, scores)

    drawn = [alphas(block) for block in _resample_counts(len(units), draws, seed)]
    values = np.concatenate([*drawn, np.empty(0)])
    return Alpha(
        alpha=_nan_to_none(alphas(np.ones((1, len(units))))),
        interval=_percentile_interval(values),
        scale=scale,
        units=len(units),
        ratings=sum(map(len, units)),
        skipped=len(present) - len(units),
        draws=draws,
        undefined=int(np.isnan(values).sum()),
        seed=seed,
    )


def flip_rate(verdicts: Sequence[Sequence[Hashable]]) -> float:
    """Share of units whose repeated verdicts are not all the same, percent of those with two (Autorubric, arXiv 2603.00077).

    Verdicts are None or NaN where missing; rows may differ in length.

    Example:
        >>> flip_rate([(1, 1, 1), (1, 0, 1)])
        50.0
    """
    present = [[value for value in unit if not _is_missing(value)] for unit in verdicts]
    units = [unit for unit in present if len(unit) >= 2]
    if not units:
        raise UsageError("no unit has two verdicts", code="no-items")
    return 100 * sum(len(set(unit)) > 1 for unit in units) / len(units)


def _kappas(
    weights: NDArray[np.float64], one: NDArray[np.float64], two: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Kappa, observed and expected agreement of each draw; weights (draws, items), tables (items, values)."""
    n = len(one)
    observed = weights @ (one * two).sum(axis=1) / n
    expected = ((weights @ one) * (weights @ two)).sum(axis=1) / n**2
    return _ratio(observed - expected, 1 - expected, expected < 1), observed, expected


def _alphas(
    weights: NDArray[np.float64], table: NDArray[np.float64], scale: Scale, scores: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Alpha of each draw; weights (draws, units), table (units, values), scores (values,)."""
    sizes = table.sum(axis=1)
    totals = weights @ table
    n = totals.sum(axis=1)
    if scale == "nominal":
        within = weights @ ((sizes**2 - (table**2).sum(axis=1)) / (sizes - 1))
        overall = n**2 - (totals**2).sum(axis=1)
    else:
        # Mid-ranks come from the draw's own totals. Centring keeps the differences of squares exact.
        points = (
            np.cumsum(totals, axis=1) - totals / 2 if scores is None else np.tile(scores, (len(totals), 1))
        )
        points = points - (totals * points).sum(axis=1, keepdims=True) / n[:, np.newaxis]
        squares = sizes[:, np.newaxis] * (table @ (points**2).T) - (table @ points.T) ** 2
        within = np.einsum("du,ud->d", weights, squares / (sizes - 1)[:, np.newaxis])
        overall = n * (totals * points**2).sum(axis=1)
    return 1 - _ratio((n - 1) * within, overall, (totals > 0).sum(axis=1) > 1)


def _ratio(
    above: NDArray[np.float64], below: NDArray[np.float64], defined: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Above / below, NaN where not defined."""
    return np.where(defined, above / np.where(defined, below, 1.0), np.nan)


def _count_table(units: Sequence[Sequence[Hashable]], numbers: dict[Hashable, int]) -> NDArray[np.float64]:
    """How often each unit got each value, shape (units, values)."""
    table = np.zeros((len(units), len(numbers)))
    for index, unit in enumerate(units):
        for value in unit:
            table[index, numbers[value]] += 1
    return table


def _encode_labels(values: itertools.chain[Hashable]) -> dict[Hashable, int]:
    return {value: number for number, value in enumerate(dict.fromkeys(values))}


def _as_number(value: Hashable) -> float:
    if not isinstance(value, (int, float, np.integer, np.floating)) or not np.isfinite(value):
        raise UsageError(f"the rating {value!r} is not a finite number", code="not-numbers")
    return float(value)


def _is_missing(value: Hashable) -> bool:
    return value is None or (isinstance(value, float) and value != value)  # noqa: PLR0124


def _nan_to_none(values: NDArray[np.float64]) -> float | None:
    return None if np.isnan(values[0]) else float(values[0])


def _resample_counts(units: int, draws: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Blocks, shape (some draws, units), of how often each unit is taken when units are drawn with replacement."""
    if units < 1 or draws < 0 or seed < 0:
        raise UsageError(f"no bootstrap of {units} units with {draws} draws, seed {seed}", code="bad-draws")
    generator = np.random.Generator(np.random.PCG64(seed))
    rows = max(1, _BLOCK_CELLS // units)
    for start in range(0, draws, rows):
        count = min(rows, draws - start)
        taken = generator.integers(0, units, size=(count, units))
        # One histogram for the whole block: each row counts in a range of its own.
        taken += np.arange(count)[:, np.newaxis] * units
        counts = np.bincount(taken.ravel(), minlength=count * units)
        yield counts.reshape(count, units).astype(np.float64)


def _percentile_interval(values: NDArray[np.float64]) -> Interval | None:
    """95 % percentile interval over draws (NaN: undefined), shape (draws,); None without a draw that defines it."""
    defined = values[~np.isnan(values)]
    if not defined.size:
        return None
    low, high = np.quantile(defined, [0.025, 0.975])
    return Interval(float(low), float(high))
