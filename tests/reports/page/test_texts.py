"""Long texts of a page: the pieces that the page holds, and the position of the words that were read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmar.reports.page.texts import LIMIT, share_lines, shorten


def read_words(text: object, words: list[int]) -> str:
    """The words as a browser finds them, which counts UTF-16 units."""
    piece = text[words[0]] if isinstance(text, list) else text
    units = str(piece).encode("utf-16-le")
    return units[2 * words[1] : 2 * words[2]].decode("utf-16-le")


def test_a_short_text_stays_unchanged() -> None:
    assert shorten("The answer is B.", 14, 15) == ("The answer is B.", [0, 14, 15])
    assert shorten("No words read.") == ("No words read.", [])


@given(st.text(max_size=60), st.text(min_size=1, max_size=20), st.text(max_size=60))
def test_positions_of_words_are_counted_in_utf_16_units(before: str, words: str, after: str) -> None:
    text, span = shorten(before + words + after, len(before), len(before) + len(words))
    assert read_words(text, span) == words


@pytest.mark.parametrize("start", [0, 5_000, LIMIT, 500_000, 999_900])
def test_a_long_text_keeps_its_beginning_its_end_and_the_words_read(start: int) -> None:
    whole = "x" * start + "ANSWER" + "y" * (1_000_000 - start - 6)
    text, span = shorten(whole, start, start + 6)
    assert isinstance(text, list)
    length = sum(len(piece) for piece in text if isinstance(piece, str))
    assert length + sum(piece for piece in text if isinstance(piece, int)) == len(whole)
    assert length <= LIMIT + 500
    assert read_words(text, span) == "ANSWER"
    assert str(text[0]) == whole[: len(str(text[0]))]
    assert whole.endswith(str(text[-1]))


def test_words_of_megabytes_are_bounded_too() -> None:
    text, span = shorten("z" * 10_000_000, 100, 9_000_000)
    assert sum(len(piece) for piece in text if isinstance(piece, str)) <= 2 * LIMIT
    assert span[0] == 0


def test_lone_surrogates_are_replaced() -> None:
    assert shorten("a\ud800b") == ("a�b", [])


def test_lines_that_several_answers_have_are_stored_once() -> None:
    line = "I hear a bell, then rain, and then the bell once more."
    texts = [f"{line}\nThe answer is {letter}." for letter in "ABC"]
    records = [{"runs": {"a": {"answer": text, "words": [0, 1, 2]}, "b": None}} for text in texts]
    packed, lines = share_lines(records)
    assert lines == [line]
    assert packed[1]["runs"] == {
        "a": {"answer": {"lines": [0, "The answer is B."]}, "words": [0, 1, 2]},
        "b": None,
    }
    assert share_lines(records[:2]) == (records[:2], [])
