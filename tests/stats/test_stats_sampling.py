"""A drawn part of a benchmark: the draw, unbiased estimates by enumeration, coverage by simulation."""

from __future__ import annotations

import math
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expect import raises
from mmar.stats.sampling import draw_sample, estimate_population

STRATA = ["a"] * 6 + ["b"] * 4
SCORES = np.array([1, 1, 0, 1, 0, 1, 0, 0, 1, 0], dtype=float)


@given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=80), st.data())
def test_a_draw_has_every_stratum_in_proportion(strata: list[str], data: st.DataObject) -> None:
    n = data.draw(st.integers(1, len(strata)))
    drawn = draw_sample(strata, n, seed=3)
    assert drawn == sorted(set(drawn)) == draw_sample(strata, n, seed=3)
    assert len(drawn) == n
    for stratum in set(strata):
        share = n * strata.count(stratum) / len(strata)
        assert abs(sum(strata[index] == stratum for index in drawn) - share) < 1


def test_the_seed_decides_the_draw() -> None:
    strata = ["a"] * 100
    assert draw_sample(strata, 20, 1) != draw_sample(strata, 20, 2)
    assert draw_sample(strata, 100, 0) == list(range(100))
    for n, seed, code in ((0, 0, "bad-sample"), (101, 0, "bad-sample"), (5, -1, "bad-seed")):
        with raises(code):
            draw_sample(strata, n, seed)


def test_the_estimate_is_unbiased_over_all_stratified_samples() -> None:
    estimates, variances = [], []
    for first, second in product(combinations(range(6), 3), combinations(range(6, 10), 2)):
        drawn = [*first, *second]
        result = estimate_population(SCORES[drawn], drawn, STRATA)
        estimates.append(result.accuracy)
        variances.append(result.standard_error**2)
    assert np.mean(estimates) == pytest.approx(100 * SCORES.mean())
    # The estimated variance is unbiased for the true one (Cochran 1977, theorem 5.3), where nothing was clamped.
    assert np.mean(variances) == pytest.approx(np.var(estimates), rel=0.05)


def test_the_whole_population_leaves_nothing_to_estimate() -> None:
    result = estimate_population(SCORES, range(10), STRATA)
    assert result.accuracy == result.interval.low == result.interval.high == pytest.approx(50)
    assert result.standard_error == 0


def test_drawn_items_bound_the_interval() -> None:
    result = estimate_population(np.ones(9), range(9), ["a"] * 10)
    assert result.interval.low >= 90
    assert result.interval.high == 100


def test_a_perfect_control_variate_leaves_no_error_and_a_useless_one_is_harmless() -> None:
    generator = np.random.default_rng(4)
    scores = (generator.random(400) < 0.6).astype(float)
    strata = ["a", "b"] * 200
    drawn = draw_sample(strata, 80, 1)
    plain = estimate_population(scores[drawn], drawn, strata)
    perfect = estimate_population(scores[drawn], drawn, strata, control=scores)
    assert perfect.accuracy == pytest.approx(100 * scores.mean())
    assert perfect.standard_error == pytest.approx(0, abs=1e-6)
    assert perfect.explained == pytest.approx(1)
    useless = estimate_population(scores[drawn], drawn, strata, control=generator.random(400))
    assert useless.standard_error == pytest.approx(plain.standard_error, rel=0.1)
    assert useless.explained == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("control", [False, True])
def test_the_accuracy_of_the_whole_is_inside_95_times_in_100(control: bool) -> None:
    generator = np.random.default_rng(6)
    inside = 0
    strata = [str(kind) for kind in generator.integers(0, 7, 500)]
    for seed in range(300):
        chances = generator.beta(2, 1, 500)
        scores = (generator.random(500) < chances).astype(float)
        earlier = (generator.random((3, 500)) < chances).mean(axis=0) if control else None
        drawn = draw_sample(strata, 100, seed)
        end = estimate_population(scores[drawn], drawn, strata, control=earlier).interval
        inside += end.low <= 100 * scores.mean() <= end.high
    assert inside / 300 > 0.95 - 4 * math.sqrt(0.95 * 0.05 / 300)


def test_scores_and_items_must_fit() -> None:
    with raises("bad-sample"):
        estimate_population([1.0], [0], ["a"] * 5)
    with raises("bad-sample"):
        estimate_population([1.0, 0.0], [0, 1, 2], ["a"] * 5)
    with raises("different-lengths"):
        estimate_population([1.0, 0.0], [0, 1], ["a"] * 5, control=[0.5])
