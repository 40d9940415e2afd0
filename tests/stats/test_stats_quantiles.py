"""Quantiles of Student's t against scipy."""

from __future__ import annotations

import pytest
from scipy.stats import t

from mmar.errors import UsageError
from mmar.stats.interval import two_sided_t


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95, 0.99, 0.999])
def test_quantiles_equal_scipy_on_both_sides_of_the_change_of_method(level: float) -> None:
    for degrees in (1, 2, 3, 4, 5, 10, 29, 100, 198, 199, 200, 201, 999, 10**6):
        assert two_sided_t(level, degrees) == pytest.approx(t.ppf((1 + level) / 2, degrees), rel=1e-9)


@pytest.mark.parametrize(("level", "degrees"), [(0.95, 0), (0.95, -3), (1.0, 5), (95, 5)])
def test_invalid_levels_and_degrees_are_refused(level: float, degrees: int) -> None:
    with pytest.raises(UsageError):
        two_sided_t(level, degrees)
