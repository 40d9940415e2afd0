"""The baselines are what they say: a draw is repeatable, and each sample of it is a draw of its own."""

from __future__ import annotations

import asyncio

import msgspec

from mmar.models import ModelOptions, open_model
from mmar.protocols import Request

REQUEST = Request("id", (), "Which?", ("a", "bbb", "cc", "d"), None)


def answer_text(name: str, request: Request, seed: int = 0) -> str:
    return asyncio.run(open_model(name, ModelOptions(seed=seed)).ask(request)).text


def test_random_repeats_itself_only_where_nothing_differs() -> None:
    requests = [msgspec.structs.replace(REQUEST, item_id=f"id-{index}") for index in range(60)]
    first = [answer_text("baseline/random", one) for one in requests]
    assert first == [answer_text("baseline/random", one) for one in requests]
    assert set(first) == set(REQUEST.choices)
    for change in ({"repeat": 1}, {"rotation": 1}):
        other = [answer_text("baseline/random", msgspec.structs.replace(one, **change)) for one in requests]
        # Independent draws of four agree on a quarter: 60 of them on 15, never on all and never on none.
        assert 4 <= sum(a == b for a, b in zip(first, other, strict=True)) <= 28
    assert first != [answer_text("baseline/random", one, seed=1) for one in requests]


def test_longest_says_the_longest() -> None:
    assert answer_text("baseline/longest", REQUEST) == "bbb"
