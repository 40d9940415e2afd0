"""Power against the methods table, its own inverse, and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from mmar.errors import UsageError
from mmar.stats.power import items_needed, minimum_detectable_difference


@pytest.mark.parametrize(("discordant", "points"), [(0.1, 2.8), (0.2, 4.0), (0.3, 4.9)])
def test_the_examples_of_the_methods_table(discordant: float, points: float) -> None:
    assert round(minimum_detectable_difference(1000, discordant).points, 1) == points


@given(st.integers(1, 10**6), st.floats(0.001, 1), st.floats(0.5, 0.999), st.floats(0.5, 0.999))
def test_the_formula_with_scipys_quantiles(n: int, discordant: float, power: float, level: float) -> None:
    expected = 100 * (norm.ppf((1 + level) / 2) + norm.ppf(power)) * np.sqrt(discordant / n)
    assert minimum_detectable_difference(n, discordant, power=power, level=level).points == pytest.approx(
        expected, rel=1e-7
    )


@given(st.floats(0.01, 1), st.floats(0.05, 1))
def test_the_needed_items_are_just_enough(discordant: float, fraction: float) -> None:
    points = 100 * discordant * fraction
    n = items_needed(points, discordant)
    assert minimum_detectable_difference(n, discordant).points <= points * (1 + 1e-9)
    assert n == 1 or minimum_detectable_difference(n - 1, discordant).points > points * (1 - 1e-9)


def test_a_difference_beyond_the_discordant_share_is_said_to_be_impossible() -> None:
    assert not minimum_detectable_difference(11, 0.2).possible
    assert minimum_detectable_difference(1000, 0.2).possible
    assert minimum_detectable_difference(1000, 0.0).points == 0.0


def test_a_difference_of_that_size_is_found_four_times_in_five() -> None:
    generator = np.random.default_rng(0)
    n, discordant = 1000, 0.2
    points = minimum_detectable_difference(n, discordant).points
    first_only = (discordant + points / 100) / 2
    gaps = generator.choice([1, -1, 0], (4_000, n), p=[first_only, discordant - first_only, 1 - discordant])
    found = np.abs(gaps.mean(axis=1)) > 1.96 * gaps.std(axis=1, ddof=1) / np.sqrt(n)
    assert found.mean() == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(
    ("n", "discordant", "power", "level"),
    [
        (0, 0.2, 0.8, 0.95),
        (-5, 0.2, 0.8, 0.95),
        (10, 1.2, 0.8, 0.95),
        (10, -0.1, 0.8, 0.95),
        (10, 20, 0.8, 0.95),
        (10, 0.2, 1.0, 0.95),
        (10, 0.2, 0.2, 0.95),
        (10, 0.2, 0.8, 95),
    ],
)
def test_arguments_outside_their_range_are_refused(
    n: int, discordant: float, power: float, level: float
) -> None:
    with pytest.raises(UsageError):
        minimum_detectable_difference(n, discordant, power=power, level=level)


@pytest.mark.parametrize(("points", "discordant"), [(0, 0.2), (-1, 0.2), (21, 0.2), (5, 0), (5, 1.5)])
def test_differences_that_cannot_be_are_refused(points: float, discordant: float) -> None:
    with pytest.raises(UsageError):
        items_needed(points, discordant)
