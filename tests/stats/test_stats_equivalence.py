"""Equivalence within a margin, and the parts of an error, against their definitions and statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expect import raises
from mmar.stats import paired


def test_repeats_split_the_error_into_answers_and_items() -> None:
    """The expected variance of a mean over items is that of their chances plus that of sampling within them."""
    generator = np.random.default_rng(7)
    n, repeats = 400, 4
    chances = generator.beta(2, 2, (2, n))
    scores = generator.binomial(repeats, chances) / repeats
    gap = paired.difference(scores[0], scores[1], range(n))
    assert gap.standard_error is not None
    parts = paired.split_error(scores[0], scores[1], ([repeats] * n, [repeats] * n), gap.standard_error)
    assert parts is not None
    assert math.hypot(parts.prediction, parts.data) == pytest.approx(gap.standard_error)
    expected = 100 * math.sqrt((chances * (1 - chances) / repeats).sum()) / n
    assert parts.prediction == pytest.approx(expected, rel=0.1)
    assert paired.split_error(scores[0], scores[1], ([1] * n, [repeats] * n), gap.standard_error) is None


def test_equivalence_is_the_interval_within_the_margin() -> None:
    generator = np.random.default_rng(2)
    first = generator.random(1000) < 0.6
    second = np.where(generator.random(1000) < 0.02, ~first, first)
    forward, backward = (
        paired.equivalence(*runs, range(1000), 3) for runs in ((first, second), (second, first))
    )
    assert forward.equivalent is backward.equivalent is True
    assert forward.interval.low == pytest.approx(-backward.interval.high)
    within = max(abs(forward.interval.low), abs(forward.interval.high))
    assert paired.equivalence(first, second, range(1000), within + 0.01).equivalent
    assert not paired.equivalence(first, second, range(1000), within - 0.01).equivalent
    for margin in (0, -1, 100):
        with raises("bad-margin"):
            paired.equivalence(first, second, range(1000), margin)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=12, max_size=80))
def test_an_end_is_where_the_difference_is_the_quantile_times_its_error_there(
    rows: list[tuple[bool, bool]],
) -> None:
    first, second = zip(*rows, strict=True)
    n = len(rows)
    gap = np.array(first, dtype=float) - second
    mean, differing = gap.mean(), (gap**2).mean()
    interval = paired.equivalence(first, second, range(n), 50).interval
    assert interval.low < 100 * mean < interval.high or abs(mean) == 1
    for end in (interval.low / 100, interval.high / 100):
        if abs(end) < 1:
            variance = differing + abs(end - mean) - end**2
            assert (end - mean) ** 2 == pytest.approx(1.6448536**2 * variance / n, rel=1e-5)


def test_equivalence_equals_statsmodels_paired_tost() -> None:
    weightstats = pytest.importorskip("statsmodels.stats.weightstats", reason="statsmodels is not installed")
    generator = np.random.default_rng(5)
    for share in (0.02, 0.05, 0.1, 0.2):
        first = generator.random(1000) < 0.6
        second = np.where(generator.random(1000) < share, generator.random(1000) < 0.6, first)
        p = weightstats.ttost_paired(first.astype(float), second.astype(float), -0.02, 0.02)[0]
        if abs(p - 0.05) > 0.01:  # ours adds two pseudo-observations
            assert paired.equivalence(first, second, range(1000), 2).equivalent == (p < 0.05)
