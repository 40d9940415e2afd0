"""What counts as naming, as stray white space, and as a number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmar.audit.checks.key import quantities
from mmar.audit.subject import contains_phrase, find_stray_space, quoted


@pytest.mark.parametrize(
    ("text", "phrase", "expected"),
    [
        ("selects 'Bank' as the place", "Bank.", True),
        ("the bank’s door", "bank", True),
        ("embankment", "bank", False),
        ("do not", "No", False),
        ("No one, not one", "one", True),
        ("someone, phone", "one", False),
        ("South African origin", "South Africa", False),
        ("他终于上了火车。", "火车", True),
        ("anything", "", False),
        ("anything", '""', False),
    ],
)
def test_a_phrase_is_contained_as_whole_words(text: str, phrase: str, expected: bool) -> None:
    assert contains_phrase(text, phrase) is expected


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("two words", None),
        ("Connor ", '"Connor␣"'),
        ("a\tb", '"a⇥b"'),
        ("line\n", '"line⏎"'),
        ("x" * 40 + "  " + "y" * 40, '"…' + "x" * 24 + "␣␣" + "y" * 24 + '…"'),
        ("no\u00a0break", '"no␣break"'),
    ],
)
def test_stray_white_space_is_made_visible(text: str, marked: str | None) -> None:
    assert find_stray_space(text) == marked


@given(st.text(max_size=40))
def test_single_spaces_are_not_stray(text: str) -> None:
    assert find_stray_space(" ".join(text.split())) is None
    if text != " ".join(text.split()):
        assert find_stray_space(text) is not None


def test_a_quotation_is_one_line_and_short() -> None:
    assert quoted("a\nb\tc") == '"a⏎b⇥c"'
    assert quoted("x" * 61) == '"' + "x" * 59 + '…"'


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        (["1", "2", "3", "10"], (1, 2, 3, 10)),
        (["One", "two", "TWELVE"], (1, 2, 12)),
        (["1 time", "2 times", "3 times"], (1, 2, 3)),
        (["About 1,000 people", "About 20 people"], (1000, 20)),
        (["2.5 s", "-3 s"], (2.5, -3)),
        (["25%", "30%", "5%"], (25, 30, 5)),
        (["3", "Three"], None),  # the same number twice
        (["3", "More than 4"], None),
        (["1:3", "3:1"], None),
        (["3 of 4", "2 of 4"], None),
        (["mp3", "mp4"], None),
        (["Piano", "Flute"], None),
    ],
)
def test_choices_that_are_numbers(choices: list[str], expected: tuple[float, ...] | None) -> None:
    assert quantities(choices) == expected
