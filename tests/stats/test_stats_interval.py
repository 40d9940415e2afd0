"""Score intervals against scipy, published examples and their own coverage."""

from __future__ import annotations

import subprocess
import sys
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from expect import raises
from mmar.errors import UsageError
from mmar.stats.interval import Interval, newcombe, score_interval, two_sided_z, wilson


@pytest.mark.parametrize(
    ("correct", "n", "low", "high"), [(11, 11, 74.1, 100.0), (8, 11, 43.4, 90.3), (5, 8, 30.6, 86.3)]
)
def test_the_examples_of_the_methods_table(correct: int, n: int, low: float, high: float) -> None:
    result = wilson(correct, n)
    assert (round(result.low, 1), round(result.high, 1)) == (low, high)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("n", [1, 2, 7, 24, 1000])
def test_wilson_equals_scipy(n: int, level: float) -> None:
    for correct in {0, 1, n // 3, n - 1, n}:
        expected = binomtest(correct, n).proportion_ci(level, "wilson")
        result = wilson(correct, n, level)
        assert result.low == pytest.approx(100 * expected.low, abs=1e-9)
        assert result.high == pytest.approx(100 * expected.high, abs=1e-9)


@given(st.integers(1, 10**7))
def test_the_ends_are_exact(n: int) -> None:
    assert wilson(0, n).low == 0.0
    assert wilson(n, n).high == 100.0
    assert wilson(0, n).high > 0
    assert wilson(n, n).low < 100


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_mirrors(counts: tuple[int, int]) -> None:
    correct, n = counts
    result, mirrored = wilson(correct, n), wilson(n - correct, n)
    assert 0 <= result.low <= 100 * correct / n <= result.high <= 100
    assert result.low == pytest.approx(100 - mirrored.high, abs=1e-9)


def test_no_questions_leave_everything_open() -> None:
    assert wilson(0, 0) == Interval(0.0, 100.0)


def test_the_true_share_is_inside_95_times_in_100() -> None:
    # Exact, not simulated: every outcome weighted by its probability. The coverage oscillates about 0.95.
    shares = np.linspace(0.02, 0.98, 97)
    for n, floor in ((11, 0.83), (24, 0.86), (165, 0.90), (1000, 0.92)):
        ends = [wilson(k, n) for k in range(n + 1)]
        low, high = np.array([end.low for end in ends]) / 100, np.array([end.high for end in ends]) / 100
        chance = binom.pmf(np.arange(n + 1)[:, None], n, shares)
        coverage = (chance * ((low[:, None] <= shares) & (shares <= high[:, None]))).sum(axis=0)
        assert coverage.mean() == pytest.approx(0.95, abs=0.012)
        assert coverage.min() > floor


@pytest.mark.parametrize(("correct", "n"), [(-1, 5), (6, 5), (0, -1), (2.5, 5), ("3", 5), (None, 5)])
def test_counts_that_are_no_counts_are_refused(correct: object, n: object) -> None:
    with pytest.raises(UsageError):
        wilson(correct, n)  # type: ignore[arg-type]


@pytest.mark.parametrize("level", [0, 1, 95, -0.5, float("nan")])
def test_a_level_that_is_no_share_is_refused(level: float) -> None:
    with raises("bad-level"):
        wilson(3, 5, level)
    with pytest.raises(UsageError):
        wilson(0, 0, level)


def test_numpy_integers_are_counts() -> None:
    assert wilson(np.int64(8), np.int32(11)) == wilson(8, 11)


def test_the_quantile_kept_as_a_constant_is_the_normal_one() -> None:
    assert two_sided_z(0.95) == pytest.approx(NormalDist().inv_cdf(0.975), rel=1e-15)
    assert two_sided_z(0.9) == pytest.approx(1.6448536269514722, rel=1e-12)


def test_an_effective_number_need_not_be_whole() -> None:
    assert score_interval(0.6, 10) == wilson(6, 10)
    assert wilson(6, 10).low < score_interval(0.6, 10.5).low < wilson(12, 20).low
    for share, n in ((1.2, 5), (-0.1, 5), (0.5, 0), (0.5, float("inf"))):
        with pytest.raises(UsageError):
            score_interval(share, n)


@pytest.mark.parametrize(
    # Newcombe 1998, Table II, column of method 10.
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((0, 10), (0, 20), -0.1611, 0.2775),
    ],
)
def test_newcombe_equals_his_published_examples(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    result = newcombe(first, second)
    assert result.low / 100 == pytest.approx(low, abs=5.1e-5)
    assert result.high / 100 == pytest.approx(high, abs=5.1e-5)


@given(
    st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
)
def test_swapping_two_systems_mirrors_their_interval(first: tuple[int, int], second: tuple[int, int]) -> None:
    forward, backward = newcombe(first, second), newcombe(second, first)
    assert forward.low == pytest.approx(-backward.high, abs=1e-9)
    assert -100 - 1e-9 <= forward.low <= forward.high <= 100 + 1e-9


def test_newcombe_needs_items_on_both_sides() -> None:
    with pytest.raises(UsageError):
        newcombe((0, 0), (3, 5))


def test_excludes_means_outside() -> None:
    end = Interval(-1.0, 2.0)
    assert [end.excludes(value) for value in (-1.5, -1.0, 0.0, 2.0, 2.1)] == [True, False, False, False, True]


def test_scoring_pays_for_neither_numpy_nor_statistics() -> None:
    code = (
        "import sys, mmar.stats.interval as i; i.wilson(8, 11); "
        "print(*sorted({'numpy', 'scipy', 'statistics'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
