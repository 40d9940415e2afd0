"""Version 1 of the reading stays as it was, so that numbers published with it can be made again."""

from __future__ import annotations

import pytest

from expect import raises
from mmar.api import read_choice
from mmar.protocols import ReadingRule, read

CHOICES = ("Rain", "Wind", "Thunder", "Waves")
OLD = ReadingRule(version=1)


@pytest.mark.parametrize(
    ("answer", "index", "reason"),
    [
        ("Rain", 0, "exact text"),
        ("RAIN.", 0, "the choice's text"),
        ("B", 1, "a lone letter"),
        ("<answer>B</answer>", 1, "an answer tag"),
        ('{"answer": "Wind"}', 1, "a JSON key"),
        ("\\boxed{B}", 1, "a box"),
        ("(C) Thunder, it booms", 2, "a letter with its text"),
        ("I hear waves.", 3, "the only choice named"),
        # What version 2 corrects.
        ("I doubt that the right option is (C).", 2, "“answer is”"),
        ("Answer: A\nExplanation: drops on a roof", None, "names no choice"),
        ("<Conclusion>C</Conclusion>", None, "names no choice"),
        ("Second choice: B", 1, "“answer is”"),
        ("rain or wind", None, "names more than one choice"),
        ("<think>cut", None, "the thinking never ended"),
    ],
)
def test_version_1_keeps_its_verdicts_and_reasons(answer: str, index: int | None, reason: str) -> None:
    reading = read(answer, CHOICES, OLD)
    assert (reading.index, reading.rule) == (index, reason)
    assert reading.reason == reason
    assert reading.span == (0, 0)


def test_a_version_is_chosen_by_its_name() -> None:
    doubted = "I doubt that the right option is (C)."
    assert read_choice(doubted, CHOICES, reading="cascade@1").index == 2
    assert read_choice(doubted, CHOICES, reading="cascade@2").state == "unresolved"
    assert read_choice(doubted, CHOICES).state == "unresolved"
    with raises("unknown-reading", argument="reading"):
        read_choice("B", CHOICES, reading="cascade@9")


def test_invalid_choices_are_an_error() -> None:
    for choices in ([], ["one"], ["x"] * 27, "ab"):
        with raises("bad-choices", argument="choices"):
            read_choice("B", choices)
