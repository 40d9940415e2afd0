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
    result = run(model, benchmark(tmp_path / "b", 40), out=tmp_path / "run", **QUICK, budget="500tokens")
    assert result.counts.stopped == "the budget is spent"
    # Before the first answers come nothing is known of their size; from then on it stays below.
    assert 400 <= result.counts.tokens <= 500 + 4 * 100
    assert result.counts.answered == len(model.requested) < 40


def test_tokens_of_failed_requests_are_counted(tmp_path: Path) -> None:
    def say(request: Request, _: int) -> Answer:
        raise RequestFailed("refused", "withheld", usage=Usage(90, 10))

    model = Scripted(say, delay_s=0.002)
    result = run(model, benchmark(tmp_path / "b", 40), out=tmp_path / "run", **QUICK, budget="500tokens")
    assert result.counts.stopped == "the budget is spent"
    assert result.counts.tokens == 100 * len(model.requested) <= 500 + 4 * 100
    assert {answer.usage for _, answer in read_ledger(tmp_path / "run" / "answers.jsonl")} == {Usage(90, 10)}


def test_money_is_counted_by_the_users_prices() -> None:
    price = Price("m", 2.0, 10.0, audio=40.0)
    spending = Spending(Budget(money=1.0, price=price))
    spending.add(Usage(1000, 100, audio_tokens=800))
    assert spending.money == pytest.approx((200 * 2 + 800 * 40 + 100 * 10) / 1e6)
    with raises("no-price", argument="budget"):
        Budget(money=1.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("500000tokens", (500_000, None)),
        ("2Mtokens", (2_000_000, None)),
        ("1.5k tokens", (1500, None)),
        ("3.50", (None, 3.5)),
    ],
)
def test_budgets_are_tokens_or_money(text: str, expected: tuple[int | None, float | None]) -> None:
    assert parse_budget(text) == expected


@pytest.mark.parametrize("text", ["", "lots", "-3", "0", "0tokens", "tokens", "nan"])
def test_a_budget_that_is_neither_is_refused(text: str) -> None:
    with raises("invalid-value", argument="budget"):
        parse_budget(text)
