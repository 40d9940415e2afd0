"""Repeats: what a lucky user sees, what a user can count on, and where the variance comes from."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from statistics import mean

import pytest

from mmar.api import run, score
from mmar.items import Benchmark
from mmar.models import Answer
from mmar.protocols import Request
from mmar.scoring.robustness import Repeats
from runs.made_up import Scripted, benchmark

# What is said of each item, by turn; “two” is always right.
TEXTS = {
    "id-0": ("two", "two", "two", "two"),
    "id-1": ("two", "two", "one", "three"),
    "id-2": ("one", "one", "two", "two"),
    "id-3": ("three", "three", "three", "hmm"),
    "id-4": ("hmm", "hmm", "hmm", "hmm"),
}


def say(request: Request, _: int) -> Answer:
    return Answer(request.item_id, TEXTS[request.item_id][request.repeat], "")


def repeats_of(folder: Path, known: Benchmark) -> Repeats:
    result = score(folder, known).repeats
    assert result is not None
    return result


def test_pass_rates_votes_and_variance_of_made_up_answers(tmp_path: Path) -> None:
    known = benchmark(tmp_path, 5)
    run(Scripted(say), known, out=tmp_path / "run", repeats=4)
    result = repeats_of(tmp_path / "run", known)
    right = [[texts == "two" for texts in row] for row in TEXTS.values()]
    assert result.accuracy == pytest.approx(100 * mean(sum(row) / 4 for row in right))
    # By going through every way to draw k of the four.
    for rate in result.rates:
        draws = [list(combinations(row, rate.k)) for row in right]
        assert rate.pass_at == pytest.approx(100 * mean(mean(any(d) for d in row) for row in draws))
        assert rate.pass_all == pytest.approx(100 * mean(mean(all(d) for d in row) for row in draws))
    assert [rate.k for rate in result.rates] == [1, 2, 3, 4]
    # id-0 and id-1 are won, id-2 is tied, id-3 lost, id-4 silent.
    assert (result.majority, result.tied, result.silent) == (40, 1, 1)
    # Within: p(1-p)·4/3 for p = 1, 1/2, 1/2, 0, 0.
    assert result.within == pytest.approx((1 / 4 + 1 / 4) * 4 / 3 / 5)
    assert (result.n, result.repeats, result.unanswered) == (5, 4, 0)


def test_a_repeat_without_an_answer_is_wrong_and_has_no_vote(tmp_path: Path) -> None:
    known = benchmark(tmp_path, 4)

    def fails_second(request: Request, times: int) -> Answer:
        if request.repeat == 1:
            return Answer.failed(request.item_id, "rejected", "no")
        return Answer(request.item_id, "two", "")

    run(Scripted(fails_second), known, out=tmp_path / "run", repeats=3)
    result = repeats_of(tmp_path / "run", known)
    assert result.accuracy == pytest.approx(200 / 3)
    assert (result.majority, result.unanswered) == (100, 4)


def test_the_first_answer_is_the_score_and_only_what_was_repeated_counts_here(tmp_path: Path) -> None:
    known = benchmark(tmp_path, 5)
    run(Scripted(say), known, out=tmp_path / "run")
    run(Scripted(say), known, out=tmp_path / "run", repeats=3, limit=2)
    result = score(tmp_path / "run", known)
    assert result.choice.correct == 2  # id-0 and id-1
    assert result.repeats is not None
    assert (result.repeats.n, result.repeats.repeats) == (2, 3)
    assert result.repeats.accuracy == pytest.approx(100 * (3 / 3 + 2 / 3) / 2)
    assert result.rotations is None


def test_many_repeats_are_quoted_at_some_k(tmp_path: Path) -> None:
    known = benchmark(tmp_path, 2)
    half = Scripted(lambda request, _: Answer(request.item_id, ("two", "one")[request.repeat % 2], ""))
    run(half, known, out=tmp_path / "run", repeats=24)
    result = repeats_of(tmp_path / "run", known)
    assert [rate.k for rate in result.rates] == [1, 2, 5, 10, 20, 24]
    assert result.rates[1].pass_all == pytest.approx(100 * (12 * 11) / (24 * 23))
    assert (result.between, result.correlation) == (0, 0)


def test_one_item_has_no_variance_between_items(tmp_path: Path) -> None:
    known = benchmark(tmp_path, 1)
    run(Scripted(say), known, out=tmp_path / "run", repeats=2)
    result = repeats_of(tmp_path / "run", known)
    assert (result.between, result.correlation, result.interval) == (None, None, (0, 100))


def test_repeats_in_the_table_and_in_json(tmp_path: Path) -> None:
    from mmar.reports.score_table import score_table

    known = benchmark(tmp_path, 5)
    run(Scripted(say), known, out=tmp_path / "run", repeats=4)
    result = score(tmp_path / "run", known)
    text = " ".join(score_table(result).split())
    assert "repeats 5 of 5 items, 4 answers each" in text
    assert "majority 40.0 [11.8, 76.9]" in text  # Wilson's interval of 2 of 5
    assert "ties (1) and items without a vote (1) are wrong" in text
    assert result.to_dict()["repeats"]["rates"][3] == {"k": 4, "pass_at": 60.0, "pass_all": 20.0}
