"""Paired comparison against definitions, scipy, exact enumeration and simulation."""

from __future__ import annotations

import math
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test

from expect import raises
from mmar.errors import UsageError
from mmar.stats import cluster, paired
from mmar.stats.interval import Interval

runs = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 5)), min_size=2, max_size=40).filter(
    lambda rows: len({label for _, _, label in rows}) > 1
)


def exact_sign_flip(sizes: list[int], observed: int) -> Fraction:
    """P(|sum of randomly signed sizes| >= |observed|), by adding up the whole distribution."""
    ways = {0: 1}
    for size in sizes:
        longer: dict[int, int] = {}
        for total, count in ways.items():
            for signed in (total + size, total - size):
                longer[signed] = longer.get(signed, 0) + count
        ways = longer
    return Fraction(
        sum(count for total, count in ways.items() if abs(total) >= abs(observed)), 2 ** len(sizes)
    )


def test_a_difference_worked_by_hand() -> None:
    # Gaps 0, 1, 1, 0 with mean 1/2; cluster sums of deviations 0, 1/2, -1/2; sqrt(3/2 · 1/2)/4.
    result = paired.difference([1, 1, 1, 0], [1, 0, 0, 0], ["a", "a", "b", "c"])
    assert result.points == 50.0
    assert result.standard_error == pytest.approx(100 * math.sqrt(0.75) / 4)
    assert (result.n, result.clusters) == (4, 3)


def test_the_error_of_a_difference_equals_a_clustered_regression() -> None:
    linear_model = pytest.importorskip(
        "statsmodels.regression.linear_model", reason="statsmodels is not installed"
    )
    generator = np.random.default_rng(2)
    first, second = generator.random(300) < 0.7, generator.random(300) < 0.6
    clusters = generator.integers(0, 90, 300)
    gap = first.astype(float) - second
    fit = linear_model.OLS(gap, np.ones(300)).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    result = paired.difference(first, second, clusters)
    assert result.points == pytest.approx(100 * fit.params[0])
    assert result.standard_error == pytest.approx(100 * fit.bse[0], rel=1e-9)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=80))
def test_without_clusters_the_interval_is_agresti_and_mins(rows: list[tuple[bool, bool]]) -> None:
    n = len(rows)
    b = sum(one and not two for one, two in rows) + 0.5
    c = sum(two and not one for one, two in rows) + 0.5
    centre = (b - c) / (n + 2)
    half = 1.959963984540054 * math.sqrt(b + c - (b - c) ** 2 / (n + 2)) / (n + 2)
    result = paired.difference([one for one, _ in rows], [two for _, two in rows], range(n)).interval
    # Theirs has no n/(n-1); ours has it for the real items, so it is wider by at most that factor.
    stretched = half * math.sqrt(n / (n - 1))
    assert 100 * max(-1, centre - stretched) - 1e-9 <= result.low <= 100 * max(-1, centre - half) + 1e-9
    assert 100 * min(1, centre + half) - 1e-9 <= result.high <= 100 * min(1, centre + stretched) + 1e-9


@given(runs)
def test_the_interval_holds_the_difference_and_mirrors(rows: list[tuple[bool, bool, int]]) -> None:
    first, second, clusters = zip(*rows, strict=True)
    forward = paired.difference(first, second, clusters)
    backward = paired.difference(second, first, clusters)
    assert forward.points == -backward.points
    assert forward.interval.low == pytest.approx(-backward.interval.high, abs=1e-9)
    assert -100 <= forward.interval.low <= forward.points + 1e-9
    assert forward.points - 1e-9 <= forward.interval.high <= 100


def test_on_a_thousand_items_the_interval_is_the_usual_one() -> None:
    generator = np.random.default_rng(3)
    first = generator.random(1000) < 0.63
    second = np.where(generator.random(1000) < 0.7, first, generator.random(1000) < 0.6)
    result = paired.difference(first, second, generator.integers(0, 911, 1000))
    assert result.standard_error is not None
    assert result.interval.low == pytest.approx(result.points - 1.96 * result.standard_error, abs=0.05)
    assert result.interval.high == pytest.approx(result.points + 1.96 * result.standard_error, abs=0.05)


def test_identical_runs_differ_by_nothing_but_not_for_certain() -> None:
    run = [1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1]
    gap, flips = paired.difference(run, run, range(11)), paired.sign_flip(run, run, range(11))
    assert (gap.points, gap.standard_error) == (0.0, 0.0)
    assert gap.interval.low < -10
    assert gap.interval.high > 10
    assert flips == 1.0


def test_one_cluster_shows_no_spread() -> None:
    gap = paired.difference([1, 1, 0], [0, 1, 0], ["a"] * 3)
    assert gap.standard_error is None
    assert gap.interval == Interval(-100.0, 100.0)
    assert paired.sign_flip([1, 1, 0], [0, 1, 0], ["a"] * 3) == 1.0
    assert paired.difference([1], [0], ["a"]).points == 100.0


def test_sign_flips_agree_with_the_whole_distribution() -> None:
    generator = np.random.default_rng(4)
    first, second = generator.random(400) < 0.68, generator.random(400) < 0.6
    clusters = generator.integers(0, 150, 400)
    sums = np.bincount(clusters, weights=first.astype(float) - second).astype(int)
    exact = float(exact_sign_flip([abs(int(total)) for total in sums if total], int(sums.sum())))
    assert 0.01 < exact < 0.5
    result = paired.sign_flip(first, second, clusters, draws=40_000, seed=9)
    assert result == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 40_000))


def test_sign_flips_agree_with_scipys_exact_permutation() -> None:
    first = np.array([1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1], dtype=float)
    second = np.array([0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0], dtype=float)
    exact = permutation_test(
        (first, second),
        lambda a, b: np.mean(a - b),
        permutation_type="samples",
        vectorized=False,
        n_resamples=np.inf,
    ).pvalue
    result = paired.sign_flip(first, second, range(12), draws=50_000, seed=1)
    assert result == pytest.approx(exact)


@given(runs, st.integers(0, 2**64 - 1))
def test_p_depends_on_neither_order_nor_names_and_is_never_zero(
    rows: list[tuple[bool, bool, int]], seed: int
) -> None:
    first, second, clusters = zip(*rows, strict=True)
    result = paired.sign_flip(first, second, clusters, draws=9, seed=seed)
    assert 0.1 <= result <= 1
    swapped = paired.sign_flip(
        second[::-1], first[::-1], [f"video {label}" for label in clusters[::-1]], draws=9, seed=seed
    )
    assert swapped == result


def test_a_cluster_moves_as_one() -> None:
    # Eight discordant items of one video are one coin, not eight.
    together = paired.sign_flip([1] * 8, [0] * 8, ["a"] * 8, draws=999)
    apart = paired.sign_flip([1] * 8, [0] * 8, range(8), draws=999)
    assert together == 1.0
    assert apart < 0.03


def test_the_draws_come_again_and_are_the_same_however_memory_is_divided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generator = np.random.default_rng(6)
    first, second = generator.random(200) < 0.6, generator.random(200) < 0.55
    whole = paired.sign_flip(first, second, range(200), draws=2_000, seed=12)
    assert whole == paired.sign_flip(first, second, range(200), draws=2_000, seed=12)
    monkeypatch.setattr(paired, "_BLOCK_CELLS", 1_000)
    assert paired.sign_flip(first, second, range(200), draws=2_000, seed=12) == whole
    assert paired.sign_flip(first, second, range(200), draws=2_000, seed=13) != whole


def test_fractional_scores_are_flipped_without_losing_ties() -> None:
    # Ten equal gaps of 0.3: only all heads or all tails reach the observed sum, 2 of 1024.
    result = paired.sign_flip([0.9] * 10, [0.6] * 10, range(10), draws=20_000, seed=5)
    assert result == 2 / 1024
    assert paired.sign_flip([0.1 + 0.2, 0.5], [0.3, 0.5], ["a", "b"]) == 1.0  # no difference but by rounding


def test_memory_stays_bounded_as_draws_grow() -> None:
    first, second = np.ones(2_000), np.zeros(2_000)
    peaks = []
    for draws in (2_000, 20_000):
        tracemalloc.start()
        paired.sign_flip(first, second, range(2_000), draws=draws)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
    assert peaks[1] < 40e6


@pytest.mark.parametrize(
    ("first", "second", "clusters"),
    [
        ([], [], []),
        ([1, 0], [1], ["a", "b"]),
        ([1, 0], [1, 0], ["a"]),
        ([1, 0], [1, 0], ["a", None]),
        ([1, None], [1, 0], ["a", "b"]),
        ([1, 0], [1, 3], ["a", "b"]),
    ],
)
def test_runs_that_do_not_fit_together_are_refused(
    first: list[int], second: list[int], clusters: list[str]
) -> None:
    with pytest.raises(UsageError):
        paired.difference(first, second, clusters)
    with pytest.raises(UsageError):
        paired.sign_flip(first, second, clusters)


def test_a_test_needs_draws_and_a_seed() -> None:
    with raises("bad-draws"):
        paired.sign_flip([1, 0], [0, 0], ["a", "b"], draws=0)
    with raises("bad-seed"):
        paired.sign_flip([1, 0], [0, 0], ["a", "b"], seed=-1)


@pytest.mark.parametrize(
    ("sizes", "correlation"), [([1] * 11, 0.0), ([3] * 20, 0.3), ([1] * 130 + [2] * 35, 0.3)]
)
def test_the_true_difference_is_inside_95_times_in_100(sizes: list[int], correlation: float) -> None:
    generator = np.random.default_rng(8)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    simulated, share = 300, 0.6
    strength = (1 - correlation) / correlation if correlation else 1e6
    chances = generator.beta(share * strength, (1 - share) * strength, (simulated, len(sizes)))[:, labels]
    first = generator.random(chances.shape) < chances
    # The second run repeats the first's answer on 7 items of 10 and is right on 35 % of the others.
    second = np.where(generator.random(first.shape) < 0.7, first, generator.random(first.shape) < 0.35)
    truth = 100 * 0.3 * (share - 0.35)
    result = [paired.difference(one, two, labels).interval for one, two in zip(first, second, strict=True)]
    inside = np.mean([end.low <= truth <= end.high for end in result])
    assert inside > 0.95 - 4 * math.sqrt(0.95 * 0.05 / simulated)


def test_a_true_null_is_rejected_no_more_often_than_it_should() -> None:
    generator = np.random.default_rng(10)
    labels = np.repeat(np.arange(30), 2)
    hits = 0
    for _ in range(300):
        first, second = generator.random((2, 60)) < 0.5
        hits += (
            paired.sign_flip(first, second, labels, draws=199, seed=int(generator.integers(2**32))) <= 0.05
        )
    assert hits / 300 < 0.05 + 4 * math.sqrt(0.05 * 0.95 / 300)


def test_the_clustered_parts_are_the_ones_that_accuracy_uses() -> None:
    # Against a run that is never right, the difference is the accuracy.
    generator = np.random.default_rng(1)
    run, labels = generator.random(50) < 0.5, generator.integers(0, 20, 50)
    assert paired.difference(run, np.zeros(50), labels).standard_error == pytest.approx(
        cluster.accuracy(run, labels).standard_error
    )
