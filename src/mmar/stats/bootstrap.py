"""Resampling units with replacement, from a seed, in bounded memory.

A unit is whatever was drawn independently: an item, or a cluster of items. Each draw is a row of counts, how
often each unit was taken, so that a statistic made of sums over units is one matrix product for many draws
(Efron 1979, Ann. Stat. 7:1; percentile interval).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mmar.errors import UsageError
from mmar.stats.interval import Interval, two_sided_z

__all__ = ["percentile_interval", "resample_counts"]

# 8 MB of indices a block.
_BLOCK_CELLS = 1 << 20


def resample_counts(units: int, draws: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Draw `units` units with replacement, `draws` times.

    Args:
        units: number of units, at least 1.
        draws: number of draws, 0 or more.
        seed: seed of NumPy's PCG64, 0 or more; the caller records it.

    Yields:
        Blocks of shape (some draws, units) of how often each unit was taken; each row sums to `units`.

    Raises:
        UsageError: no units, or a negative number of draws or seed.
    """
    if units < 1 or draws < 0 or seed < 0:
        raise UsageError(
            f"a bootstrap needs units (found {units}), a number of draws of 0 or more (found {draws}) "
            f"and a seed of 0 or more (found {seed})"
        )
    generator = np.random.Generator(np.random.PCG64(seed))
    rows = max(1, _BLOCK_CELLS // units)
    for start in range(0, draws, rows):
        count = min(rows, draws - start)
        taken = generator.integers(0, units, size=(count, units))
        # One histogram for the whole block: each row counts in a range of its own.
        taken += np.arange(count)[:, np.newaxis] * units
        counts = np.bincount(taken.ravel(), minlength=count * units)
        yield counts.reshape(count, units).astype(np.float64)


def percentile_interval(values: NDArray[np.float64], level: float) -> Interval | None:
    """Percentile interval of a statistic over bootstrap draws.

    Args:
        values: the statistic of each draw, NaN where the draw left it undefined, shape (draws,).
        level: confidence as a share.

    Returns:
        The interval in the statistic's own unit; None without a draw that defines it.

    Raises:
        UsageError: `level` is no share.
    """
    two_sided_z(level)
    defined = values[~np.isnan(values)]
    if not defined.size:
        return None
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level)
