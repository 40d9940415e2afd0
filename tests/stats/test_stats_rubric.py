"""Rubric scores by hand and against scipy's trimmed mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import trim_mean

from mmar.errors import UsageError
from mmar.stats.rubric import rubric_score, trimmed_mean

scores = st.sampled_from([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
five = st.lists(scores, min_size=5, max_size=5)


@given(five)
def test_of_five_the_middle_three_count(values: list[float]) -> None:
    assert trimmed_mean(values) == pytest.approx(trim_mean(values, 0.2))


@given(st.lists(five, min_size=1, max_size=10))
def test_the_three_numbers_by_their_definitions(rows: list[list[float]]) -> None:
    result = rubric_score(rows)
    assert result.trimmed == pytest.approx(100 * np.mean([trim_mean(row, 0.2) for row in rows]))
    assert result.plain == pytest.approx(100 * np.mean(rows))
    assert result.run_trimmed == pytest.approx(100 * trim_mean(np.mean(rows, axis=0), 0.2))
    assert result.high == result.trimmed


def test_trimming_by_item_and_by_run_differ() -> None:
    # By item each low score is an outlier; by run they spread over all runs and stay.
    rows = [[0.0 if run == item else 1.0 for run in range(5)] for item in range(5)]
    result = rubric_score(rows)
    assert result.trimmed == pytest.approx(100.0)
    assert result.run_trimmed == pytest.approx(80.0)
    assert result.plain == pytest.approx(80.0)


def test_a_failed_judgement_is_no_score_and_leaves_no_denominator() -> None:
    result = rubric_score([[1.0, 1.0, None, 0.4, 0.6], [None] * 5, [0.8, None, None, 0.4, None], [1.0] * 5])
    # (1 + 0.6)/2, nothing, (0.8 + 0.4)/2, 1: over four items.
    assert result.trimmed == pytest.approx(100 * (0.8 + 0 + 0.6 + 1) / 4)
    assert result.high == pytest.approx(result.trimmed + 25)
    assert (result.incomplete, result.unjudged, result.n) == (2, 1, 4)
    assert result.plain == pytest.approx(100 * (0.75 + 0 + 0.6 + 1) / 4)
    # Rounds of 2.8, 2, 2, 1.8 and 1.6 over as many items; the unjudged one counts 0.
    rounds = [2.8 / 4, 2 / 3, 1 / 2, 1.8 / 4, 1.6 / 3]
    assert result.run_trimmed == pytest.approx(100 * sum(sorted(rounds)[1:-1]) / 3)


def test_fewer_than_three_judgements_are_not_trimmed() -> None:
    assert rubric_score([[0.2, 0.6]]).trimmed == pytest.approx(40.0)
    once = rubric_score([[0.2], [0.6]])
    assert (once.trimmed, once.run_trimmed) == pytest.approx((40.0, 40.0))


def test_a_run_that_was_never_judged_is_0_below_and_100_above() -> None:
    result = rubric_score([[None, None], [None, None]])
    assert (result.trimmed, result.high, result.run_trimmed) == (0.0, 100.0, 0.0)


@pytest.mark.parametrize("rows", [[], [[]], [[1, 1], [1]], [[1.2]], [[-0.1]], [[float("nan")]]])
def test_invalid_judgements_are_refused(rows: list[list[float]]) -> None:
    with pytest.raises(UsageError):
        rubric_score(rows)
