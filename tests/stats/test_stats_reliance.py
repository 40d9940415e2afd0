"""Reliance by hand, against the bootstrap, and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from expect import raises
from mmar.errors import UsageError
from mmar.stats.reliance import count_solved_without_audio, ratio_interval
from mmar.stats.reliance import reliance_ratio as reliance

runs = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=40)


def test_the_formula_of_the_methods_table() -> None:
    # 60 % with the audio, 30 % without: (0.6 - 0.3) / 0.7.
    real, without = [1] * 60 + [0] * 40, [1] * 30 + [0] * 70
    result = reliance(real, without, range(100))
    assert result.reliance == pytest.approx(100 * 0.3 / 0.7)


@given(runs)
def test_the_interval_holds_the_value_and_stays_at_or_below_100(rows: list[tuple[bool, bool]]) -> None:
    result = reliance([one for one, _ in rows], [two for _, two in rows], range(len(rows)))
    if result.reliance is None:
        assert all(two for _, two in rows)
        assert result.interval is None
    else:
        assert result.interval is not None
        assert result.interval.low < result.interval.high <= 100
        assert result.interval.low - 1e-6 <= result.reliance <= result.interval.high + 1e-6


def test_the_interval_is_near_the_cluster_bootstraps() -> None:
    generator = np.random.default_rng(3)
    labels = np.repeat(np.arange(150), 2)
    chances = generator.beta(2, 2, 150)[labels]
    real = generator.random(300) < 0.3 + 0.7 * chances
    without = np.where(generator.random(300) < 0.4, real, generator.random(300) < 0.35)
    wrong_real, wrong_without = (np.bincount(labels, weights=~run) for run in (real, without))
    weights = np.random.default_rng(1).multinomial(150, [1 / 150] * 150, 4_000)
    drawn = 100 * (1 - (weights @ wrong_real) / (weights @ wrong_without))
    result = reliance(real, without, labels)
    assert result.interval is not None
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert (result.interval.low, result.interval.high) == pytest.approx((low, high), abs=2.0)


@pytest.mark.parametrize(
    ("sizes", "with_audio", "else_without"),
    [
        ([1] * 11, 0.6, 0.3),
        ([3] * 20, 0.9, 0.3),
        ([1] * 135 + [2] * 15, 0.97, 0.3),
        ([1] * 100 + [5] * 20, 0.6, 0.55),
    ],
)
def test_the_true_reliance_is_inside_95_times_in_100(
    sizes: list[int], with_audio: float, else_without: float
) -> None:
    generator = np.random.default_rng(9)
    labels, simulated = np.repeat(np.arange(len(sizes)), sizes), 300
    strength = 0.8 / 0.2
    chances = generator.beta(with_audio * strength, (1 - with_audio) * strength, (simulated, len(sizes)))[
        :, labels
    ]
    real = generator.random(chances.shape) < chances
    without = np.where(generator.random(real.shape) < 0.2, real, generator.random(real.shape) < else_without)
    share = 0.2 * with_audio + 0.8 * else_without
    truth = 100 * (with_audio - share) / (1 - share)
    result = [reliance(one, two, labels).interval for one, two in zip(real, without, strict=True)]
    inside = np.mean([end is not None and end.low <= truth <= end.high for end in result])
    assert inside > 0.95 - 4 * math.sqrt(0.95 * 0.05 / simulated)


def test_a_model_that_does_not_listen_relies_on_nothing() -> None:
    run = [1, 0, 0, 1, 0, 1, 0, 0]
    result = reliance(run, run, range(8))
    assert result.reliance == 0.0
    assert result.interval is not None
    assert result.interval.low < 0 < result.interval.high


def test_everything_solved_with_the_audio_is_100_with_doubt_below() -> None:
    result = reliance([1] * 11, [0] * 8 + [1] * 3, range(11))
    assert result.reliance == 100.0
    assert result.interval is not None
    assert result.interval.high == 100.0
    assert result.interval.low < 95


def test_everything_solved_without_the_audio_leaves_reliance_undefined() -> None:
    result = reliance([1, 1, 0], [1, 1, 1], range(3))
    assert result.reliance is None
    assert result.interval is None


def test_one_cluster_shows_no_spread() -> None:
    result = reliance([1, 1, 0], [0, 1, 0], ["a"] * 3)
    assert result.interval is None
    assert result.reliance == 50.0


def test_items_solved_without_hearing_them() -> None:
    right = [[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 0]]
    result = count_solved_without_audio(right, [[1] * 4] * 3, [2, 2, 4, 4])
    assert (result.any_condition, result.every_condition, result.n) == (3, 1, 4)
    assert result.chance_every == pytest.approx(100 * (2 / 8 + 2 / 64) / 4)
    assert result.chance_any == pytest.approx(100 * (2 * 7 / 8 + 2 * (1 - 27 / 64)) / 4)


def test_a_condition_without_an_answer_says_nothing_of_an_item() -> None:
    # The second condition answered only item 0: items 1 and 2 count by the first alone, item 3 not at all.
    result = count_solved_without_audio(
        [[1, 1, 0, 0], [1, 0, 0, 0]], [[1, 1, 1, 0], [1, 0, 0, 0]], [2, 2, 4, 4]
    )
    assert (result.n, result.every_condition, result.any_condition) == (3, 2, 2)
    assert result.chance_every == pytest.approx(100 * (1 / 4 + 1 / 2 + 1 / 4) / 3)


@given(st.tuples(*[st.integers(0, 12)] * 4).filter(lambda cells: cells[0] + cells[2] > 0), st.floats(0.1, 10))
def test_the_interval_of_a_ratio_inverts_the_score_test(
    cells: tuple[int, int, int, int], ratio: float
) -> None:
    """Against the constrained likelihood, maximised numerically."""
    both, first, second, _ = cells
    n, some = sum(cells), both + first + second

    def loss(alone: float) -> float:
        shares = (ratio * some / n - (1 + ratio) * alone, alone, ratio * alone - (ratio - 1) * some / n)
        counts = (both, first, second)
        return -sum(c * math.log(max(p, 1e-300)) for c, p in zip(counts, shares, strict=True) if c)

    ends = (max(0.0, (ratio - 1) * some / n / ratio), ratio * some / n / (1 + ratio))
    alone = minimize_scalar(loss, bounds=ends, method="bounded", options={"xatol": 1e-13}).x
    other = ratio * alone - (ratio - 1) * some / n
    variance = n * ratio * (alone + other)
    gap = (both + first) - ratio * (both + second)
    statistic = abs(gap) / math.sqrt(variance) if variance > 1e-9 else math.inf if gap else 0.0
    low, high = ratio_interval(tuple(map(float, cells)), 1.959963984540054)
    if abs(statistic - 1.959963984540054) > 1e-3:
        assert (low <= ratio <= high) == (statistic < 1.959963984540054)


@given(runs)
def test_about_zero_the_interval_agrees_with_mcnemars_score_test(rows: list[tuple[bool, bool]]) -> None:
    result = reliance([one for one, _ in rows], [two for _, two in rows], range(len(rows)))
    only, other = rows.count((True, False)), rows.count((False, True))
    if result.interval is not None and only + other:
        z = (only - other) / math.sqrt(only + other)
        if abs(abs(z) - 1.959963984540054) > 1e-6:
            assert result.interval.excludes(0) == (abs(z) > 1.959963984540054)


def test_runs_that_do_not_fit_together_are_refused() -> None:
    for real, without, clusters in (([], [], []), ([1], [1, 0], ["a"]), ([1, 0], [1, 0], ["a", ""])):
        with pytest.raises(UsageError):
            reliance(real, without, clusters)
    with raises("not-right-or-wrong"):
        reliance([0.5, 1], [0, 1], ["a", "b"])
    for conditions in ([], [[]], [[1, 0], [1]], [[0.5]]):
        with pytest.raises(UsageError):
            count_solved_without_audio(conditions, conditions, [2])
