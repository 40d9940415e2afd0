"""Power against the methods table, its own inverse, and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from mmar.errors import UsageError
from mmar.stats.paired import minimum_detectable_difference


@pytest.mark.parametrize(("discordant", "points"), [(0.1, 2.8), (0.2, 4.0), (0.3, 4.9)])
def test_the_examples_of_the_methods_table(discordant: float, points: float) -> None:
    assert round(minimum_detectable_difference(1000, discordant), 1) == points


@given(st.integers(1, 10**6), st.floats(0.001, 1))
def test_the_formula_with_scipys_quantiles(n: int, discordant: float) -> None:
    expected = 100 * (norm.ppf(0.975) + norm.ppf(0.8)) * np.sqrt(discordant / n)
    assert minimum_detectable_difference(n, discordant) == pytest.approx(expected, rel=1e-7)


def test_a_difference_of_that_size_is_detected_four_times_in_five() -> None:
    generator = np.random.default_rng(0)
    n, discordant = 1000, 0.2
    points = minimum_detectable_difference(n, discordant)
    first_only = (discordant + points / 100) / 2
    gaps = generator.choice([1, -1, 0], (4_000, n), p=[first_only, discordant - first_only, 1 - discordant])
    result = np.abs(gaps.mean(axis=1)) > 1.96 * gaps.std(axis=1, ddof=1) / np.sqrt(n)
    assert result.mean() == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(("n", "discordant"), [(0, 0.2), (-5, 0.2), (10, 1.2), (10, -0.1), (10, 20)])
def test_arguments_outside_their_range_are_refused(n: int, discordant: float) -> None:
    with pytest.raises(UsageError):
        minimum_detectable_difference(n, discordant)
