"""The baselines are what they say: a draw is repeatable, and each sample of it is a draw of its own."""

from __future__ import annotations

import asyncio

import msgspec

from mmar.models import ModelOptions, open_model
from mmar.protocols import Request

ASKED = Request("id", (), "Which?", ("a", "bbb", "cc", "d"), None)


def said(name: str, request: Request, seed: int = 0) -> str:
    return asyncio.run(open_model(name, ModelOptions(seed=seed)).ask(request)).text


def test_random_repeats_itself_only_where_nothing_differs() -> None:
    requests = [msgspec.structs.replace(ASKED, item_id=f"id-{at}") for at in range(60)]
    first = [said("baseline/random", one) for one in requests]
    assert first == [said("baseline/random", one) for one in requests]
    assert set(first) == set(ASKED.choices)
    for change in ({"repeat": 1}, {"rotation": 1}):
        other = [said("baseline/random", msgspec.structs.replace(one, **change)) for one in requests]
        # Independent draws of four agree on a quarter: 60 of them on 15, never on all and never on none.
        assert 4 <= sum(a == b for a, b in zip(first, other, strict=True)) <= 28
    assert first != [said("baseline/random", one, seed=1) for one in requests]


def test_longest_says_the_longest() -> None:
    assert said("baseline/longest", ASKED) == "bbb"
