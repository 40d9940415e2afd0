"""Clustered accuracy against its definition, statsmodels, hand-made cases and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from expect import raises
from mmar.errors import UsageError
from mmar.stats import cluster
from mmar.stats.interval import Interval, score_interval, wilson

answers = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=40).filter(
    lambda rows: len({label for _, label in rows}) > 1
)


def pairwise_error(scores: list[float], clusters: list[object]) -> float:
    """The same standard error as a double sum over pairs of items that share a cluster, in points."""
    n, count = len(scores), len(set(clusters))
    mean = sum(scores) / n
    total = sum(
        (scores[i] - mean) * (scores[j] - mean)
        for i in range(n)
        for j in range(n)
        if clusters[i] == clusters[j]
    )
    return 100 * math.sqrt(max(0.0, total) * count / (count - 1)) / n


def test_a_case_worked_by_hand() -> None:
    # Mean 1/2; cluster sums of deviations 1, -1/2, -1/2; sqrt(3/2 · 3/2)/4 = 3/8.
    result = cluster.accuracy([1, 1, 0, 0], ["a", "a", "b", "c"])
    assert result.accuracy == 50.0
    assert result.standard_error == pytest.approx(37.5)
    assert (result.n, result.clusters) == (4, 3)


@given(answers)
def test_the_error_equals_the_sum_over_pairs(rows: list[tuple[bool, int]]) -> None:
    scores, clusters = [float(right) for right, _ in rows], [label for _, label in rows]
    assert cluster.accuracy(scores, clusters).standard_error == pytest.approx(
        pairwise_error(scores, clusters), abs=1e-6
    )


def test_the_error_equals_a_clustered_regression_on_a_constant() -> None:
    linear_model = pytest.importorskip(
        "statsmodels.regression.linear_model", reason="statsmodels is not installed"
    )
    generator = np.random.default_rng(5)
    scores, clusters = generator.random(200) < 0.6, generator.integers(0, 80, 200)
    fit = linear_model.OLS(scores.astype(float), np.ones(200)).fit(
        cov_type="cluster", cov_kwds={"groups": clusters}
    )
    assert cluster.accuracy(scores, clusters).standard_error == pytest.approx(100 * fit.bse[0], rel=1e-9)


@given(answers)
def test_the_interval_holds_the_accuracy_and_is_no_narrower_than_wilsons(
    rows: list[tuple[bool, int]],
) -> None:
    result = cluster.accuracy([right for right, _ in rows], [label for _, label in rows])
    plain = wilson(sum(right for right, _ in rows), len(rows))
    assert 0 <= result.interval.low <= result.accuracy + 1e-9
    assert result.accuracy - 1e-9 <= result.interval.high <= 100
    assert result.interval.low <= plain.low + 1e-9
    assert result.interval.high >= plain.high - 1e-9


@given(st.lists(st.booleans(), min_size=2, max_size=60))
def test_items_that_stand_alone_have_wilsons_interval(right: list[bool]) -> None:
    result = cluster.accuracy(right, list(range(len(right))))
    plain = wilson(sum(right), len(right))
    assert result.interval.low == pytest.approx(plain.low, abs=1e-9)
    assert result.interval.high == pytest.approx(plain.high, abs=1e-9)


@given(answers)
def test_the_order_of_items_and_the_names_of_clusters_do_not_matter(rows: list[tuple[bool, int]]) -> None:
    forward = cluster.accuracy([r for r, _ in rows], [label for _, label in rows])
    backward = cluster.accuracy([r for r, _ in rows[::-1]], [f"video {label}" for _, label in rows[::-1]])
    assert forward.accuracy == backward.accuracy
    assert forward.standard_error == pytest.approx(backward.standard_error, abs=1e-9)
    assert forward.interval.low == pytest.approx(backward.interval.low, abs=1e-6)


def test_answers_all_alike_still_leave_doubt() -> None:
    right = cluster.accuracy([1] * 11, range(11))
    assert right.standard_error == 0.0
    assert right.interval == wilson(11, 11)
    shared = cluster.accuracy([1] * 12, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    assert shared.interval.low < wilson(6, 6).low
    assert shared.interval.high == 100.0
    assert cluster.accuracy([0] * 11, range(11)).interval == wilson(0, 11)


def test_clusters_that_cancel_are_no_reason_for_certainty() -> None:
    # One right and one wrong answer in each cluster: the clustered error is 0, the doubt is not.
    result = cluster.accuracy([1, 0] * 10, np.repeat(np.arange(10), 2))
    assert result.standard_error == 0.0
    assert result.interval.low < wilson(10, 20).low


def test_one_cluster_shows_no_spread() -> None:
    result = cluster.accuracy([1, 1, 0, 1], ["a"] * 4)
    assert result.standard_error is None
    assert result.interval == Interval(0.0, 100.0)
    assert result.accuracy == 75.0
    assert cluster.accuracy([1], ["a"]).interval == Interval(0.0, 100.0)


def test_scores_between_right_and_wrong_use_their_own_spread() -> None:
    scores = np.linspace(0.5, 0.7, 101)
    result = cluster.accuracy(scores, range(101), answers=10_000)
    assert result.standard_error == pytest.approx(100 * scores.std(ddof=1) / math.sqrt(101))
    assert result.interval.high - result.interval.low == pytest.approx(
        2 * t.ppf(0.975, 100) * result.standard_error, rel=0.02
    )


@pytest.mark.parametrize("missing", [None, "", float("nan")])
def test_an_item_without_its_cluster_is_refused_by_number(missing: object) -> None:
    with raises("bad-clusters"):
        cluster.accuracy([1, 0, 1], ["a", "b", missing])


@pytest.mark.parametrize(
    ("scores", "clusters"),
    [
        ([], []),
        ([1, 0], ["a"]),
        ([1, None], ["a", "b"]),
        ([1, float("nan")], ["a", "b"]),
        ([1, 2], ["a", "b"]),
        ([-0.1, 1], ["a", "b"]),
        (["right", "wrong"], ["a", "b"]),
        ([[1, 0], [0, 1]], ["a", "b"]),
        (1, ["a"]),
    ],
)
def test_invalid_scores_are_refused(scores: object, clusters: list[str]) -> None:
    with pytest.raises(UsageError):
        cluster.accuracy(scores, clusters)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sizes", "share", "correlation"),
    [
        ([1] * 11, 0.6, 0.0),
        ([1] * 17 + [2, 2, 3], 0.9, 0.3),
        ([3] * 20, 0.6, 0.3),
        ([10] * 5, 0.6, 0.3),
        ([1] * 852 + [2] * 45 + [4] * 13 + [6], 0.6, 0.3),
    ],
)
def test_the_true_accuracy_is_inside_95_times_in_100(
    sizes: list[int], share: float, correlation: float
) -> None:
    generator = np.random.default_rng(11)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    runs = 300
    if correlation:
        strength = (1 - correlation) / correlation
        chances = generator.beta(share * strength, (1 - share) * strength, (runs, len(sizes)))
    else:
        chances = np.full((runs, len(sizes)), share)
    right = generator.random((runs, labels.size)) < chances[:, labels]
    result = [cluster.accuracy(row, labels).interval for row in right]
    inside = np.mean([end.low <= 100 * share <= end.high for end in result])
    # At most four standard errors of the simulation below; a normal interval reaches 0.83 to 0.93 here.
    assert inside > 0.95 - 4 * math.sqrt(0.95 * 0.05 / runs)


def by_cluster(rows: list[tuple[bool, int]]) -> list[tuple[int, int]]:
    labels = sorted({label for _, label in rows})
    return [
        (sum(right for right, label in rows if label == one), sum(label == one for _, label in rows))
        for one in labels
    ]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=1, max_size=40))
def test_counts_by_cluster_give_what_the_items_give(rows: list[tuple[bool, int]]) -> None:
    items = cluster.accuracy([right for right, _ in rows], [label for _, label in rows])
    counts = cluster.accuracy_of_counts(by_cluster(rows))
    assert (counts.n, counts.clusters, counts.accuracy) == (items.n, items.clusters, items.accuracy)
    assert counts.standard_error == pytest.approx(items.standard_error, abs=1e-6)
    assert counts.effective_n == pytest.approx(items.effective_n)
    assert (counts.interval.low, counts.interval.high) == pytest.approx(
        (items.interval.low, items.interval.high), abs=1e-6
    )


@pytest.mark.parametrize("counts", [[], [(1, 0)], [(3, 2)], [(-1, 2)]])
def test_counts_that_cannot_be_are_refused(counts: list[tuple[int, int]]) -> None:
    with pytest.raises(UsageError):
        cluster.accuracy_of_counts(counts)


@pytest.mark.parametrize("share", [1 / 3, 0.4, 1 / 7, 0.9])
@pytest.mark.parametrize("n", [3, 11, 1000])
def test_equal_fractional_scores_have_an_interval_with_width(share: float, n: int) -> None:
    """Their floating-point variance is 1e-33, not 0; each cluster counts once."""
    result = cluster.accuracy([share] * n, range(n), answers=5 * n)
    narrowest = score_interval(share, 5 * n)
    assert result.interval.low < narrowest.low < 100 * share < narrowest.high < result.interval.high
    assert result.effective_n is not None
    assert result.effective_n <= n


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=2, max_size=60))
def test_an_interval_is_never_narrower_than_wilsons_at_all_answers(rows: list[tuple[int, int]]) -> None:
    scores, labels = [right / 4 for right, _ in rows], [label for _, label in rows]
    result = cluster.accuracy(scores, labels, answers=4 * len(rows))
    wilson = score_interval(sum(scores) / len(scores), 4 * len(rows))
    assert result.interval.high - result.interval.low >= wilson.high - wilson.low - 1e-9
