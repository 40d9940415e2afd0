"""Repeats against enumeration, simulation and scipy."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import f_oneway

from mmar.errors import UsageError
from mmar.stats.repeats import majority, pass_rates, spread

rows_and_k = st.integers(1, 5).flatmap(
    lambda k: st.tuples(
        st.lists(st.lists(st.booleans(), min_size=k, max_size=7), min_size=1, max_size=6), st.just(k)
    )
)


@given(rows_and_k)
def test_pass_rates_are_what_drawing_k_answers_gives(case: tuple[list[list[bool]], int]) -> None:
    rows, k = case
    at_least_one = [np.mean([any(drawn) for drawn in combinations(row, k)]) for row in rows]
    every_one = [np.mean([all(drawn) for drawn in combinations(row, k)]) for row in rows]
    assert pass_rates(rows, k) == pytest.approx((100 * np.mean(at_least_one), 100 * np.mean(every_one)))


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=6))
def test_with_one_answer_both_are_the_accuracy_and_more_drive_them_apart(rows: list[list[bool]]) -> None:
    accuracy = 100 * np.mean(rows)
    assert pass_rates(rows, 1) == pytest.approx((accuracy, accuracy))
    for k in (2, 3, 4):
        (one, every), (one_before, every_before) = pass_rates(rows, k), pass_rates(rows, k - 1)
        assert one >= one_before - 1e-9
        assert every <= every_before + 1e-9


@pytest.mark.parametrize(
    ("rows", "k"), [([], 1), ([[1, 0]], 3), ([[1, 0], [1]], 2), ([[1]], 0), ([[0.5, 1]], 1)]
)
def test_repeats_that_are_too_few_or_no_answers_are_refused(rows: list[list[int]], k: int) -> None:
    with pytest.raises(UsageError):
        pass_rates(rows, k)


def test_a_majority_needs_no_half_but_no_tie() -> None:
    assert majority(["a", "b", "a", "c"]) == ("a", False)
    assert majority(["a", "b", None]) == (None, True)
    assert majority([None, None]) == (None, False)
    # The empty text is a choice in four MMAR items.
    assert majority(["", "", "a"]) == ("", False)


def test_variances_are_those_of_the_analysis_of_variance() -> None:
    generator = np.random.default_rng(4)
    rows = (generator.random((40, 6)) < generator.random((40, 1))).astype(int)
    result = spread(rows.tolist())
    within = rows.var(axis=1, ddof=1).mean()
    assert result.within == pytest.approx(within)
    # F is the ratio of the mean squares: 1 + repeats · between / within.
    assert result.between is not None
    assert f_oneway(*rows).statistic == pytest.approx(1 + 6 * result.between / within)
    assert result.correlation == pytest.approx(result.between / (result.between + result.within))
    assert result.accuracy == pytest.approx(100 * rows.mean())


def test_the_run_deviation_is_what_runs_on_the_same_items_show() -> None:
    generator = np.random.default_rng(1)
    chances = generator.random((200, 1))
    estimates = [spread((generator.random((200, 5)) < chances).tolist()).run_deviation for _ in range(20)]
    accuracies = 100 * (generator.random((200, 2_000)) < chances).mean(axis=0)
    assert np.mean(estimates) == pytest.approx(accuracies.std(), rel=0.05)


def test_spread_at_its_ends() -> None:
    decided = spread([[1, 1, 1], [0, 0, 0]])
    assert (decided.within, decided.correlation, decided.run_deviation) == (0.0, 1.0, 0.0)
    same = spread([[1, 1], [1, 1]])
    assert (same.within, same.between, same.correlation) == (0.0, 0.0, None)
    chance = spread([[1, 0], [0, 1], [1, 0]])
    assert (chance.between, chance.correlation) == (0.0, 0.0)
    single = spread([[1, 0, 1]])
    assert single.between is None
    assert single.within == pytest.approx(1 / 3)
    for rows in ([[1]], [[1, 0], [1, 0, 1]], []):
        with pytest.raises(UsageError):
            spread(rows)
