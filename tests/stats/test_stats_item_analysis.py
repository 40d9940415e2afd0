"""Item statistics against numpy and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr

from expect import raises
from mmar.stats.item_analysis import analyse_items, systems_needed

RIGHT = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 1], [0, 0, 0, 1]])
NAMED = [[0, 0, 0, 2], [0, 0, 1, 2], [0, 1, 1, 0], [None, 1, 1, 0]]


def test_the_item_rest_correlation_is_pearsons_with_the_other_items() -> None:
    for index, item in enumerate(analyse_items(list(RIGHT), NAMED, [0] * 4, [3] * 4)):
        rest = np.delete(RIGHT, index, axis=1).mean(axis=1)
        expected = pearsonr(RIGHT[:, index], rest)
        assert item.item_rest == pytest.approx(expected.statistic)
        assert item.interval == pytest.approx(tuple(expected.confidence_interval()))
        assert (item.right, item.systems) == (RIGHT[:, index].sum(), 4)


def test_strong_systems_that_agree_on_a_wrong_choice_are_named() -> None:
    items = analyse_items(list(RIGHT), NAMED, [0] * 4, [3] * 4)
    assert [item.strong_miss for item in items] == [None, None, None, 2]
    assert [item.unused for item in items] == [(1, 2), (2,), (2,), (1,)]


def test_an_item_that_all_have_right_correlates_with_nothing() -> None:
    (first, _) = analyse_items([[1, 1], [1, 0]], [[0, 0], [0, 1]], [0, 0], [2, 2])
    assert (first.item_rest, first.interval) == (None, None)


def test_the_number_of_systems_it_takes() -> None:
    for correlation in (0.1, 0.2, 0.5):
        n = systems_needed(correlation)
        half = 1.959963984540054 / np.sqrt(n - 3)
        assert half <= np.arctanh(correlation) < 1.959963984540054 / np.sqrt(n - 4)


def test_invalid_systems_are_refused() -> None:
    with raises("too-few-systems"):
        analyse_items([[1]], [[0]], [0], [2])
    with raises("different-lengths"):
        analyse_items([[1], [0]], [[0], [0]], [0, 0], [2])
