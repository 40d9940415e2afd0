"""Patterns that are compiled when first used are what `re.compile` makes of them."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

import mmar.protocols
from mmar.protocols.patterns import _Compiled, pattern

ROOM = Path(mmar.protocols.__file__).parent


def test_it_says_what_the_compiled_one_says() -> None:
    lazy, ready = pattern(r"(\w+)\s", re.ASCII), re.compile(r"(\w+)\s", re.ASCII)
    for _ in range(2):  # before it is compiled, and after
        found = lazy.search("é one ")
        assert found is not None and found[1] == "one"
        assert [match.span() for match in lazy.finditer("a b c ")] == [(0, 2), (2, 4), (4, 6)]
        assert lazy.sub("-", "a b ") == ready.sub("-", "a b ") == "--"


def test_a_wrong_name_is_no_method() -> None:
    with pytest.raises(AttributeError, match="serach"):
        getattr(pattern("a"), "serach")  # noqa: B009  the type checker would find it


@pytest.mark.parametrize("name", sorted(path.stem for path in ROOM.glob("[a-z]*.py")))
def test_every_pattern_of_the_room_can_be_compiled(name: str) -> None:
    module = import_module(f"mmar.protocols.{name}")
    for value in vars(module).values():
        if isinstance(value, _Compiled):
            assert value.search("\0") is None or value.search("") is not None  # type: ignore[attr-defined]
