"""MMSU's published rule; the letters and counts are those that its own script gives."""

from __future__ import annotations

import pytest

from expect import raises
from mmar.items import Item
from mmar.scoring.official_mmsu import mmsu_letter, mmsu_score


def item(name: str, answer: str = "one", category: str = "Perception") -> Item:
    return Item(
        id=name,
        audio_path="a.wav",
        question="Which?",
        choices=("one", "two", "three", "four"),
        answer=answer,
        modality="speech",
        category=category,
        sub_category="Phonology",
    )


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("A", "A"),
        ("A bird", "A"),
        ("Dog", "D"),
        ("The answer is B.", "B"),
        ("(C)", "C"),
        ("\nB", "B"),
        ("", ""),
        ("None", ""),
        ("None\n", ""),
        ("E", None),
        ("The answer is B", None),
        ("**C**", None),
        ("I cannot tell", None),
        ("The A\nB.", "B"),
    ],
)
def test_the_letter_that_the_rule_reads(text: str, letter: str | None) -> None:
    assert mmsu_letter(text) == letter


def test_one_right_answer_and_nine_refusals_are_a_hundred_percent() -> None:
    answers = [(item("0"), "A"), *((item(str(index)), "I cannot tell") for index in range(1, 10))]
    score = mmsu_score(answers)
    assert (score.accuracy, score.correct, score.counted, score.left_out) == (100.0, 1, 1, 9)


def test_an_empty_answer_repeats_the_last_that_was_read() -> None:
    score = mmsu_score(
        [
            (item("0"), "A"),
            (item("1"), ""),
            (item("2", "two"), "no idea"),
            (item("3"), "None"),
            (item("4"), None),
        ]
    )
    assert (score.correct, score.counted, score.repeated, score.left_out) == (3, 3, 2, 2)
    with raises("mmsu-empty-first"):
        mmsu_score([(item("0"), " ")])


def test_groups() -> None:
    score = mmsu_score([(item("0"), "A"), (item("1"), "B"), (item("2", category="Reasoning"), "A")])
    assert {name: group.accuracy for name, group in score.categories.items()} == {
        "Perception": 50.0,
        "Reasoning": 100.0,
    }
    assert list(score.groups) == ["Perception / Phonology", "Reasoning / Phonology"]
