"""Confidence sequences against numerical integration, and over whole paths of looks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from expect import raises
from mmar.stats.interval import wilson
from mmar.stats.sequences import compare_sequence, share_sequence, worst_design_effect


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_ends_are_where_the_mixture_bet_reaches_twenty(right: int, wrong: int) -> None:
    low, high = share_sequence(right, right + wrong)
    mixture = quad(lambda p: p**right * (1 - p) ** wrong, 0, 1, epsabs=0)[0]
    for end in (low / 100, high / 100):
        if 0 < end < 1:
            assert mixture / (end**right * (1 - end) ** wrong) == pytest.approx(20, rel=1e-4)


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_sequence_is_wider_than_an_interval_for_one_look(right: int, wrong: int) -> None:
    n = right + wrong
    sequence, single = share_sequence(right, n), wilson(right, n)
    assert sequence.low <= single.low + 1e-9
    assert single.high <= sequence.high + 1e-9
    mirrored = share_sequence(wrong, n)
    assert sequence.low == pytest.approx(100 - mirrored.high, abs=1e-6)


def test_a_true_share_leaves_the_sequence_at_any_time_in_less_than_one_path_of_twenty() -> None:
    generator = np.random.default_rng(2)
    left = 0
    for _ in range(100):
        right = np.cumsum(generator.random(400) < 0.6)
        left += any(share_sequence(int(right[n - 1]), n).excludes(60) for n in range(10, 401, 10))
    assert left / 100 < 0.05 + 4 * math.sqrt(0.05 * 0.95 / 100)


def test_equal_runs_are_decided_at_any_time_in_less_than_one_path_of_twenty() -> None:
    generator = np.random.default_rng(3)
    labels = [f"v{index // 2}" for index in range(400)]
    decided = 0
    for _ in range(100):
        # Both items of a video go alike.
        first, second = (np.repeat(generator.random(200) < 0.6, 2).tolist() for _ in range(2))
        decided += any(
            compare_sequence(first[:n], second[:n], labels[:n]).decided for n in range(10, 401, 10)
        )
    assert decided / 100 < 0.05 + 4 * math.sqrt(0.05 * 0.95 / 100)


def test_a_clear_difference_is_decided_and_mirrors() -> None:
    first, second = [True] * 80 + [False] * 20, [True] * 50 + [False] * 50
    forward = compare_sequence(first, second, range(100))
    backward = compare_sequence(second, first, range(100))
    assert forward.decided
    assert (forward.only_first, forward.only_second) == (backward.only_second, backward.only_first) == (30, 0)
    assert forward.e_value == pytest.approx(backward.e_value)
    assert forward.e_value == pytest.approx(2**30 / 31)
    # Thirty items of one video are one item.
    assert not compare_sequence(first, second, ["a"] * 100).decided


def test_without_answers_the_sequence_is_0_to_100() -> None:
    assert share_sequence(0, 0) == (0, 100)
    assert compare_sequence([], [], []).e_value == 1
    assert worst_design_effect([]) == 1
    for right, n in ((3, 2), (-1, 2)):
        with raises("bad-count"):
            share_sequence(right, n)
    with raises("different-lengths"):
        compare_sequence([True], [], [])
