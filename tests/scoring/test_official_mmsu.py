"""MMSU's published rule; the letters and counts are those that its own script gives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import mmar
from mmar.items import Item
from mmar.scoring.official import mmsu_letter, mmsu_score


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
    assert mmsu_score([(item("0"), " "), (item("1"), "A")]).left_out == 1


def test_groups() -> None:
    score = mmsu_score([(item("0"), "A"), (item("1"), "B"), (item("2", category="Reasoning"), "A")])
    assert {name: group.accuracy for name, group in score.categories.items()} == {
        "Perception": 50.0,
        "Reasoning": 100.0,
    }
    assert list(score.groups) == ["Perception / Phonology", "Reasoning / Phonology"]


def test_a_file_that_answers_mmsu_has_its_rule_beside_the_scores(tmp_path: Path) -> None:
    rows = [
        {
            "id": f"q{index}",
            "task_name": "t",
            "audio_path": f"/audio/q{index}.wav",
            "question": "Which?",
            **{f"choice_{letter}": f"{letter}{letter}" for letter in "abcd"},
            "answer_gt": "bb",
            "category": "Perception",
            "sub-category": "Phonology",
        }
        for index in range(4)
    ]
    metadata, answers = tmp_path / "mmsu.jsonl", tmp_path / "p.jsonl"
    metadata.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    texts = ["B", "", "I do not know", "A"]
    answers.write_text(
        "".join(
            json.dumps({"id": f"q{n}", "answer_prediction": text}) + "\n" for n, text in enumerate(texts)
        ),
        "utf-8",
    )
    score = mmar.score(answers, metadata)
    assert score.mmsu is not None
    assert (score.mmsu.correct, score.mmsu.counted, score.mmsu.repeated, score.mmsu.left_out) == (2, 3, 1, 1)
    assert score.choice.correct == 1
    assert score.to_dict()["mmsu"]["counted"] == 3
