"""Reliance by hand, against the bootstrap, and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmar.errors import UsageError
from mmar.stats.bootstrap import resample_counts
from mmar.stats.listening import reliance, solved_without

runs = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=40)


def test_the_formula_of_the_methods_table() -> None:
    # 60 % with the audio, 30 % without: (0.6 - 0.3) / 0.7.
    real, without = [1] * 60 + [0] * 40, [1] * 30 + [0] * 70
    found = reliance(real, without, range(100))
    assert found.reliance == pytest.approx(100 * 0.3 / 0.7)
    assert (found.real, found.without) == (60.0, 30.0)
    assert (found.both, found.only_real, found.only_without, found.neither) == (30, 30, 0, 40)


@given(runs)
def test_the_interval_holds_the_value_and_stays_at_or_below_100(rows: list[tuple[bool, bool]]) -> None:
    found = reliance([one for one, _ in rows], [two for _, two in rows], range(len(rows)))
    assert found.interval is not None
    assert found.interval.low < found.interval.high <= 100
    if found.reliance is None:
        assert all(two for _, two in rows)
    else:
        assert found.interval.low <= found.reliance <= found.interval.high
    assert found.both + found.only_real + found.only_without + found.neither == found.n


def test_the_interval_is_near_the_cluster_bootstraps() -> None:
    generator = np.random.default_rng(3)
    labels = np.repeat(np.arange(150), 2)
    chances = generator.beta(2, 2, 150)[labels]
    real = generator.random(300) < 0.3 + 0.7 * chances
    without = np.where(generator.random(300) < 0.4, real, generator.random(300) < 0.35)
    wrong_real, wrong_without = (np.bincount(labels, weights=~run) for run in (real, without))
    weights = np.concatenate(list(resample_counts(150, 4_000, 1)))
    drawn = 100 * (1 - (weights @ wrong_real) / (weights @ wrong_without))
    found = reliance(real, without, labels)
    assert found.interval is not None
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), abs=2.0)


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
    labels, simulated = np.repeat(np.arange(len(sizes)), sizes), 500
    strength = 0.8 / 0.2
    chances = generator.beta(with_audio * strength, (1 - with_audio) * strength, (simulated, len(sizes)))[
        :, labels
    ]
    real = generator.random(chances.shape) < chances
    without = np.where(generator.random(real.shape) < 0.2, real, generator.random(real.shape) < else_without)
    share = 0.2 * with_audio + 0.8 * else_without
    truth = 100 * (with_audio - share) / (1 - share)
    found = [reliance(one, two, labels).interval for one, two in zip(real, without, strict=True)]
    inside = np.mean([end is not None and end.low <= truth <= end.high for end in found])
    assert inside > 0.95 - 4 * math.sqrt(0.95 * 0.05 / simulated)


def test_a_model_that_does_not_listen_relies_on_nothing() -> None:
    run = [1, 0, 0, 1, 0, 1, 0, 0]
    found = reliance(run, run, range(8))
    assert found.reliance == 0.0
    assert found.interval is not None
    assert found.interval.low < 0 < found.interval.high


def test_everything_solved_with_the_audio_is_100_with_doubt_below() -> None:
    found = reliance([1] * 11, [0] * 8 + [1] * 3, range(11))
    assert found.reliance == 100.0
    assert found.interval is not None
    assert found.interval.high == 100.0
    assert found.interval.low < 95


def test_everything_solved_without_the_audio_leaves_reliance_undefined() -> None:
    found = reliance([1, 1, 0], [1, 1, 1], range(3))
    assert found.reliance is None
    assert found.without == 100.0
    both = reliance([1, 1], [1, 1], range(2))
    assert both.reliance is None
    assert both.interval is not None
    assert both.interval.high == 100.0


def test_one_cluster_shows_no_spread() -> None:
    found = reliance([1, 1, 0], [0, 1, 0], ["a"] * 3)
    assert found.interval is None
    assert found.reliance == 50.0


def test_items_solved_without_hearing_them() -> None:
    found = solved_without([[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 0]])
    assert found.each == (2, 2, 1)
    assert (found.any_condition, found.every_condition, found.n) == (3, 1, 4)


def test_runs_that_do_not_fit_together_are_refused() -> None:
    for real, without, clusters in (([], [], []), ([1], [1, 0], ["a"]), ([1, 0], [1, 0], ["a", ""])):
        with pytest.raises(UsageError):
            reliance(real, without, clusters)
    with pytest.raises(UsageError, match="right and wrong"):
        reliance([0.5, 1], [0, 1], ["a", "b"])
    for conditions in ([], [[]], [[1, 0], [1]], [[0.5]]):
        with pytest.raises(UsageError):
            solved_without(conditions)
