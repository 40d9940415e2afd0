"""Tail probabilities against scipy's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mmar.stats.chance import chi_squared_sf, poisson_binomial_sf


@given(st.integers(0, 60), st.integers(-2, 62), st.floats(0.01, 0.99))
def test_equal_chances_are_a_binomial(n: int, count: int, chance: float) -> None:
    assert poisson_binomial_sf(count, [chance] * n) == pytest.approx(
        stats.binom.sf(count - 1, n, chance), abs=1e-12
    )


@given(st.lists(st.floats(0, 1), max_size=12), st.integers(0, 13))
def test_unequal_chances_by_counting_every_case(chances: list[float], count: int) -> None:
    total = 0.0
    for case in range(2 ** len(chances)):
        weight = 1.0
        for index, chance in enumerate(chances):
            weight *= chance if case >> index & 1 else 1 - chance
        total += weight * (case.bit_count() >= count)
    assert poisson_binomial_sf(count, chances) == pytest.approx(total, abs=1e-12)


def test_many_trials_are_approximated_closely() -> None:
    for count in (1200, 1250, 1300, 1320):
        close = poisson_binomial_sf(count, [0.25] * 5000)
        assert close == pytest.approx(stats.binom.sf(count - 1, 5000, 0.25), rel=0.06)
    assert poisson_binomial_sf(2500, [1.0] * 2500) == 1.0
    assert poisson_binomial_sf(1, [0.0] * 2500) == 0.0


@given(st.floats(0, 200), st.integers(1, 40))
def test_chi_squared(value: float, freedom: int) -> None:
    expected = stats.chi2.sf(value, freedom)
    assert chi_squared_sf(value, freedom) == pytest.approx(expected, rel=1e-9, abs=1e-300)
