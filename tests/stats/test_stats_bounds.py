"""Bounds under failures, by their definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmar.errors import UsageError
from mmar.stats.bounds import bounds


def test_600_predictions_for_1000_items() -> None:
    found = bounds(420, 400, 1000)
    assert (found.low, found.high) == (42.0, 82.0)


@given(st.lists(st.sampled_from(["right", "wrong", "failed"]), min_size=1, max_size=50))
def test_the_bounds_are_the_worst_and_the_best_that_could_come_back(items: list[str]) -> None:
    found = bounds(items.count("right"), items.count("failed"), len(items))
    worst = [item == "right" for item in items]
    best = [item != "wrong" for item in items]
    assert found.low == pytest.approx(100 * sum(worst) / len(items))
    assert found.high == pytest.approx(100 * sum(best) / len(items))


def test_nothing_unanswered_leaves_no_room() -> None:
    found = bounds(7, 0, 10)
    assert found.low == found.high == 70.0


@pytest.mark.parametrize(("correct", "unanswered", "n"), [(0, 0, 0), (-1, 0, 5), (0, -1, 5), (4, 2, 5)])
def test_counts_that_do_not_fit_are_refused(correct: int, unanswered: int, n: int) -> None:
    with pytest.raises(UsageError):
        bounds(correct, unanswered, n)
