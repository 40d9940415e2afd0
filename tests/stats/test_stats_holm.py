"""Holm's correction against closed testing and statsmodels."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expect import raises
from mmar.stats.paired import holm

families = st.lists(st.floats(0, 1), min_size=1, max_size=7)


def closed_bonferroni(p_values: list[float]) -> list[float]:
    """Reject a hypothesis when Bonferroni rejects every subset that holds it: what Holm's steps shorten."""
    indices = range(len(p_values))
    subsets = [set(some) for size in range(1, len(p_values) + 1) for some in combinations(indices, size)]
    return [
        max(min(1.0, len(some) * min(p_values[k] for k in some)) for some in subsets if index in some)
        for index in indices
    ]


@given(families)
def test_holm_is_closed_testing_with_bonferroni(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(closed_bonferroni(p_values))


@given(families)
def test_holm_keeps_the_order_and_lowers_nothing(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(p <= after <= 1 for p, after in zip(p_values, adjusted, strict=True))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [adjusted[k] for k in order] == sorted(adjusted)


def test_holm_equals_statsmodels() -> None:
    multitest = pytest.importorskip("statsmodels.stats.multitest", reason="statsmodels is not installed")
    p_values = [0.011, 0.2, 0.0004, 0.03, 0.03, 0.9, 1.0, 0.0]
    assert holm(p_values) == pytest.approx(list(multitest.multipletests(p_values, method="holm")[1]))


def test_a_case_worked_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([0.5]) == (0.5,)
    assert holm([]) == ()


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_invalid_p_values_are_refused(p: float) -> None:
    with raises("score-out-of-range"):
        holm([0.5, p])
