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
from mmar.stats.paired import difference
from mmar.stats.ranks import paired_ranks, published_ranks

PUBLISHED = Path(__file__).parents[2] / "../shared/published/mmar_accuracy.csv"


def test_one_item_of_a_thousand_is_a_tie() -> None:
    first, second, third = published_ranks([(634, 1000), (635, 1000), (506, 1000)])
    assert (first.rank, second.rank, third.rank) == (1, 1, 3)
    assert (first.place, second.place, third.place) == (2, 1, 3)
    assert (first.worst, second.worst, third.worst) == (2, 2, 3)
    assert (first.tied_with, third.tied_with) == ((1,), ())


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8))
def test_ranks_follow_the_pairwise_intervals(correct: list[int]) -> None:
    counts = [(right, 60) for right in correct]
    ranks = published_ranks(counts)
    for here, found in enumerate(ranks):
        better = sum(
            newcombe(counts[other], counts[here]).low > 0 for other in range(len(counts)) if other != here
        )
        assert found.rank == 1 + better <= found.place <= found.worst <= len(counts)
        assert all(here in ranks[other].tied_with for other in found.tied_with)
        assert found.accuracy == pytest.approx(100 * correct[here] / 60)


def test_the_same_items_tell_apart_what_counts_cannot() -> None:
    # 20 items apart, all in one direction: the pairs decide, the counts do not.
    base = np.arange(500) < 300
    better = np.arange(500) < 320
    labels = np.arange(500)
    paired = paired_ranks([better, base], labels)
    assert [rank.rank for rank in paired] == [1, 2]
    assert difference(better, base, labels).interval.low > 0
    assert [rank.rank for rank in published_ranks([(320, 500), (300, 500)])] == [1, 1]


def test_equal_runs_and_a_single_run_share_the_first_place() -> None:
    run = [1, 0, 1]
    assert [rank.rank for rank in paired_ranks([run, run, run], range(3))] == [1, 1, 1]
    assert paired_ranks([run], range(3))[0].tied_with == ()
    assert [rank.rank for rank in published_ranks([(11, 11), (0, 11)])] == [1, 2]


def test_nothing_to_rank_is_refused() -> None:
    for call in (
        lambda: published_ranks([]),
        lambda: published_ranks([(0, 0)]),
        lambda: published_ranks([(3, 2), (1, 2)]),
        lambda: paired_ranks([], []),
        lambda: paired_ranks([[1, 0], [1]], ["a", "b"]),
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
    assert ranks["Gemini 2.5 Pro"].tied_with == ()
    # 63.5 and 63.4 are one item apart, and the two places above them are no more certain.
    assert ranks["GPT-4o Audio"].rank == ranks["Omni-R1"].rank
    assert ranks["Gemini 2.0 Flash"].rank == ranks["Qwen3-Omni-Thinking"].rank == 2
