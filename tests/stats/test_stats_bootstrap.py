"""Resampling: what a draw is, and that it comes again."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from mmar.errors import UsageError
from mmar.stats import bootstrap
from mmar.stats.bootstrap import percentile_interval, resample_counts


def test_each_draw_takes_as_many_units_as_there_are() -> None:
    counts = np.concatenate(list(resample_counts(7, 500, 1)))
    assert counts.shape == (500, 7)
    assert (counts.sum(axis=1) == 7).all()
    # Each unit's count is binomial with 7 trials of 1/7.
    shares = [np.mean(counts == k) for k in range(4)]
    assert shares == pytest.approx(list(binom.pmf(range(4), 7, 1 / 7)), abs=0.03)


def test_draws_come_again_however_memory_is_divided(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.concatenate(list(resample_counts(11, 300, 4)))
    monkeypatch.setattr(bootstrap, "_BLOCK_CELLS", 50)
    blocks = list(resample_counts(11, 300, 4))
    assert len(blocks) == 75
    assert (np.concatenate(blocks) == whole).all()
    assert (np.concatenate(list(resample_counts(11, 300, 5))) != whole).any()


def test_a_percentile_interval_leaves_undefined_draws_out() -> None:
    found = percentile_interval(np.array([*range(101), np.nan, np.nan], dtype=float), 0.9)
    assert found is not None
    assert (found.low, found.high, found.level) == pytest.approx((5.0, 95.0, 0.9))
    assert percentile_interval(np.array([np.nan]), 0.9) is None
    assert percentile_interval(np.array([]), 0.9) is None


@pytest.mark.parametrize(("units", "draws", "seed"), [(0, 5, 0), (5, -1, 0), (5, 5, -1)])
def test_what_cannot_be_drawn_is_refused(units: int, draws: int, seed: int) -> None:
    with pytest.raises(UsageError):
        list(resample_counts(units, draws, seed))
