"""Budgets: tokens and money are counted, and a run stops in time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from made_up import Scripted, benchmark

from expect import raises
from mmar.api import run
from mmar.models import Answer, RequestFailed, Usage
from mmar.protocols import Request
from mmar.runs.budget import Budget, Price, Spending, parse_budget
from mmar.runs.ledger import read_ledger

QUICK: Any = {"concurrency": 4, "max_attempts": 3, "backoff": 0.001, "timeout": 60.0}


def test_a_budget_stops_in_time(tmp_path: Path) -> None:
    def say(request: Request, _: int) -> Answer:
        return Answer(request.item_id, "two", "", usage=Usage(90, 10))

    model = Scripted(say, delay_s=0.002)
    outcome = run(model, benchmark(tmp_path / "b", 40), out=tmp_path / "run", **QUICK, budget="500tokens")
    assert outcome.counts.stopped == "the budget is spent"
    # Before the first answers come nothing is known of their size; from then on it stays below.
    assert 400 <= outcome.counts.tokens <= 500 + 4 * 100
    assert outcome.counts.answered == len(model.asked) < 40


def test_what_was_paid_for_no_answer_is_counted_too(tmp_path: Path) -> None:
    def say(request: Request, _: int) -> Answer:
        raise RequestFailed("refused", "withheld", usage=Usage(90, 10))

    model = Scripted(say, delay_s=0.002)
    outcome = run(model, benchmark(tmp_path / "b", 40), out=tmp_path / "run", **QUICK, budget="500tokens")
    assert outcome.counts.stopped == "the budget is spent"
    assert outcome.counts.tokens == 100 * len(model.asked) <= 500 + 4 * 100
    assert {answer.usage for _, answer in read_ledger(tmp_path / "run" / "answers.jsonl")} == {Usage(90, 10)}


def test_money_is_counted_by_the_users_prices() -> None:
    price = Price("m", 2.0, 10.0, audio=40.0)
    spending = Spending(Budget(money=1.0, price=price))
    spending.add(Usage(1000, 100, audio_tokens=800))
    assert spending.money == pytest.approx((200 * 2 + 800 * 40 + 100 * 10) / 1e6)
    with raises("no-price", argument="budget"):
        Budget(money=1.0)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("500000tokens", (500_000, None)),
        ("2Mtokens", (2_000_000, None)),
        ("1.5k tokens", (1500, None)),
        ("3.50", (None, 3.5)),
    ],
)
def test_budgets_are_tokens_or_money(text: str, found: tuple[int | None, float | None]) -> None:
    assert parse_budget(text) == found


@pytest.mark.parametrize("text", ["", "lots", "-3", "0", "0tokens", "tokens", "nan"])
def test_a_budget_that_is_neither_is_refused(text: str) -> None:
    with raises("invalid-value", argument="budget"):
        parse_budget(text)
