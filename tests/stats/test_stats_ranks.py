"""Tied ranks by hand-made tables, by their relation to the intervals, and on the published table."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmar.errors import UsageError
from mmar.stats.interval import newcombe
from mmar.stats.paired import sign_flip
from mmar.stats.ranks import Rank, pairwise, published_ranks, rank_ranges

PUBLISHED = Path(__file__).parents[2] / "../shared/published/mmar_accuracy.csv"


def paired_ranks(runs: list[np.ndarray], labels: object, **options: object) -> tuple[Rank, ...]:
    orders = pairwise(runs, labels, **options)  # type: ignore[arg-type]
    return rank_ranges([100 * float(np.mean(run)) for run in runs], orders)


def test_one_item_of_a_thousand_is_a_tie() -> None:
    first, second, third = published_ranks([(634, 1000), (635, 1000), (506, 1000)])
    assert (first.rank, second.rank, third.rank) == (1, 1, 3)
    assert (first.worst, second.worst, third.worst) == (2, 2, 3)
    assert (first.tied_with, third.tied_with) == ((1,), ())


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8))
def test_ranks_follow_the_pairwise_intervals(correct: list[int]) -> None:
    counts = [(right, 60) for right in correct]
    ranks = published_ranks(counts)
    pairs = len(counts) * (len(counts) - 1) // 2
    for index, result in enumerate(ranks):
        better = sum(
            newcombe(counts[other], counts[index], 1 - 0.05 / max(1, pairs)).low > 0
            for other in range(len(counts))
            if other != index
        )
        assert result.rank == 1 + better <= result.worst <= len(counts)
        assert all(index in ranks[other].tied_with for other in result.tied_with)
        assert result.accuracy == pytest.approx(100 * correct[index] / 60)


def test_paired_tests_distinguish_what_counts_cannot() -> None:
    # 20 items apart, all in one direction: the pairs decide, the counts do not.
    base = np.arange(500) < 300
    better = np.arange(500) < 320
    labels = np.arange(500)
    paired = paired_ranks([better, base], labels)
    assert [rank.rank for rank in paired] == [1, 2]
    assert [rank.rank for rank in published_ranks([(320, 500), (300, 500)])] == [1, 1]


def test_equal_runs_and_a_single_run_share_the_first_place() -> None:
    run = [1, 0, 1]
    assert [rank.rank for rank in paired_ranks([run, run, run], range(3))] == [1, 1, 1]
    assert paired_ranks([run], range(3))[0].tied_with == ()
    assert [rank.rank for rank in published_ranks([(11, 11), (0, 11)])] == [1, 2]


def test_ranks_need_a_system() -> None:
    for call in (
        lambda: published_ranks([]),
        lambda: published_ranks([(0, 0)]),
        lambda: published_ranks([(3, 2), (1, 2)]),
        lambda: pairwise([], []),
        lambda: pairwise([[1, 0], [1, 0]], ["a", "b"], draws=0),
    ):
        with pytest.raises(UsageError):
            call()


@pytest.mark.skipif(not PUBLISHED.exists(), reason="../shared/published is not beside the checkout")
def test_the_published_table_has_fewer_ranks_than_rows() -> None:
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["model_class"] != "baseline"]
    counts = [(round(10 * float(row["avg"])), 1000) for row in rows]
    ranks = dict(zip([row["model"] for row in rows], published_ranks(counts), strict=False))
    assert ranks["Gemini 2.5 Pro"].rank == 1
    assert len(ranks["Gemini 2.5 Pro"].tied_with) <= 1
    # 63.5 and 63.4 are one item apart, and the two places above them are no more certain.
    assert ranks["GPT-4o Audio"].rank == ranks["Omni-R1"].rank
    assert ranks["Gemini 2.0 Flash"].rank == ranks["Qwen3-Omni-Thinking"].rank == 2


def simulated(systems: int, n: int, generator: np.random.Generator) -> list[np.ndarray]:
    chances = generator.beta(2, 1, n)
    return [generator.random(n) < chances for _ in range(systems)]


def test_a_single_pair_is_the_test_of_sign_flips() -> None:
    generator = np.random.default_rng(1)
    labels = generator.integers(0, 150, 200)
    for seed in range(3):
        first, second = simulated(2, 200, generator)
        alone = sign_flip(first, second, labels, draws=2_000, seed=seed)
        assert pairwise([first, second], labels, draws=2_000, seed=seed)[0, 1].p == alone


def test_adjusted_p_values_equal_going_through_every_swap() -> None:
    """Westfall and Young's step-down by its definition, on ten clusters and all 1,024 swaps."""
    generator = np.random.default_rng(3)
    runs = [generator.random(10) < share for share in (0.9, 0.6, 0.2)]
    orders = pairwise(runs, range(10), draws=2_000)
    pairs = list(orders)
    gaps = np.stack([runs[i].astype(float) - runs[j] for i, j in pairs], axis=1)
    norms = np.sqrt((gaps**2).sum(axis=0))
    observed = np.abs(gaps.sum(axis=0)) / norms
    signs = np.array([[1 if number >> bit & 1 else -1 for bit in range(10)] for number in range(1024)])
    drawn = np.abs(signs @ gaps) / norms
    previous = 0.0
    for rank, index in enumerate(np.argsort(-observed)):
        left = np.argsort(-observed)[rank:]
        previous = max(previous, float((drawn[:, left].max(axis=1) >= observed[index] - 1e-9).mean()))
        assert orders[pairs[index]].p == pytest.approx(previous)


def test_ten_equal_systems_are_ranked_apart_in_few_draws() -> None:
    generator = np.random.default_rng(11)
    apart = 0
    for seed in range(60):
        ranks = paired_ranks(simulated(10, 120, generator), range(120), draws=400, seed=seed)
        apart += any(rank.rank > 1 or rank.worst < 10 for rank in ranks)
    assert apart <= 9  # 0.05 and four standard errors


def test_items_without_an_answer_do_not_put_a_system_behind() -> None:
    generator = np.random.default_rng(4)
    first = generator.random(400) < 0.7
    unanswered_items = np.arange(400) < 40
    second = first & ~unanswered_items
    for unanswered, better in ((None, 0), ([np.zeros(400), unanswered_items], None)):
        order = pairwise([first, second], range(400), unanswered=unanswered, draws=500)[0, 1]
        assert order.better == better
        assert order.depends == (better is None)


def test_nine_clusters_decide_nothing() -> None:
    order = pairwise([np.ones(9), np.zeros(9)], range(9))[0, 1]
    assert order.p == pytest.approx(2 / 512)
    assert order.better is None
    assert pairwise([np.ones(10), np.zeros(10)], range(10))[0, 1].better == 0
