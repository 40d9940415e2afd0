"""The published rule, against the reference's own verdicts and against a second implementation of its text."""

from __future__ import annotations

import gzip
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmar.items import load_benchmark
from mmar.protocols import read
from mmar.scoring import official_match, official_reason
from real_data import GOLDEN, MMAR, needs_real_data

text = st.text(alphabet="aAbB1:ßẞİı é-'_.\u0301\n", max_size=12)


def as_described(answer: str, prediction: str, choices: list[str]) -> bool:
    """The rule written down from its description, choice by choice, with no preparation."""

    def words(some: str) -> set[str]:
        return set(re.findall(r"\b\w+\b", some.lower()))

    if not words(prediction):
        return False
    unwanted: set[str] = set()
    for choice in choices:
        if words(choice) != words(answer):
            unwanted |= words(choice) - words(answer)
    return words(answer) <= words(prediction) and not words(prediction) & unwanted


@given(st.lists(text, min_size=2, max_size=5), text, st.integers(0, 4))
def test_the_rule_as_described(choices: list[str], prediction: str, index: int) -> None:
    answer = choices[index % len(choices)]
    for texts in (prediction, answer, f"{answer} {prediction}", " ".join(choices)):
        assert official_match(answer, texts, tuple(choices)) == as_described(answer, texts, choices)


@pytest.mark.parametrize(
    ("answer", "prediction", "choices", "right"),
    [
        ("3:1", "1:3", ("3:1", "1:3"), True),
        ("two", "It is not two", ("one", "two"), True),
        ("two", "B", ("one", "two"), False),
        ("two", "two because not one", ("one", "two"), False),
        ("?", "anything", ("?", "!"), True),
        ("?", "…", ("?", "!"), False),
    ],
)
def test_the_faults_of_the_published_rule(
    answer: str, prediction: str, choices: tuple[str, ...], right: bool
) -> None:
    assert official_match(answer, prediction, choices) is right


def test_reasons_of_the_published_rule() -> None:
    choices = ("big dog", "small cat")
    assert official_reason("big dog", "...", choices) == "no word"
    assert official_reason("big dog", "the dog", choices) == 'lacks "big"'
    assert official_reason("big dog", "big dog, no cat", choices) == 'has "cat" of a wrong choice'
    assert official_reason("big dog", "a big dog", choices).startswith("every word")


@needs_real_data
def test_every_verdict_of_the_reference() -> None:
    items = load_benchmark(MMAR).by_id
    count = 0
    with gzip.open(GOLDEN / "official_match.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            item_id, prediction, verdict = json.loads(line)
            item = items[item_id]
            assert official_match(item.answer, prediction, item.choices) == bool(verdict), (
                item_id,
                prediction,
            )
            count += 1
    assert count == 39_000


@needs_real_data
def test_wrong_choices_with_the_same_words_are_distinguished_by_choice_alone() -> None:
    """PITFALLS: 28 wrong choices on 20 items score as right because they hold the same words in another order."""
    result = []
    for item in load_benchmark(MMAR):
        for index, wrong in enumerate(item.choices):
            if wrong != item.answer and official_match(item.answer, wrong, item.choices):
                result.append(item.id)
                assert read(wrong, item.choices).index == index
    assert (len(result), len(set(result))) == (28, 20)
