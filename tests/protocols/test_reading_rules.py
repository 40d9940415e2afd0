"""The rule that decides a reading, the words that it quotes, and readings under a protocol's own rule."""

from __future__ import annotations

import pytest

from mmar.protocols import ReadingRule, read

CAT = ("cat", "dog")
NOTES = ("C", "C#", "A")


def test_no_answer_is_a_failure_not_an_empty_answer() -> None:
    assert read(None, CAT).state == "failed"
    assert read("", CAT).state == "unresolved"


def test_a_protocol_that_asks_for_letters_reads_letters() -> None:
    rule = ReadingRule(expects="letter")
    assert read("A", NOTES, rule).index == 0
    assert read("(C)", NOTES, rule).index == 2
    assert read("The answer is A.", NOTES, rule).index == 0
    assert read("C#", NOTES, rule).index == 1
    assert read("(A) C", NOTES, rule).index == 0


@pytest.mark.parametrize(
    ("answer", "rule", "quote"),
    [
        ("dog", "exact-text", "dog"),
        ("DOG.", "choice-text", "DOG"),
        ("B", "lone-letter", "B"),
        ("<answer>dog</answer>", "answer-tag", "dog"),
        ('{"answer": "dog"}', "json-key", "dog"),
        ("\\boxed{dog}", "box", "dog"),
        ("So the answer is dog.", "verdict", "the answer is dog"),
        ("Barking!\nAnswer: B", "final-line", "Answer: B"),
        ("Barking!\ndog\nLoud.", "own-line", "dog"),
        (
            "Cats purr. Therefore the loud animal is a dog",
            "closing-sentence",
            "Therefore the loud animal is a dog",
        ),
        ("B, as it barks", "own-line", "B"),
        ("I hear a dog bark.", "only-mention", "I hear a dog bark"),
        ("a dog or a cat", "several-choices", "dog or a cat"),
        ("no dog", "only-negated", "no dog"),
        ("The answer is cat. Wait, no.", "taken-back", ""),
        ("(A) dog", "letter-against-text", "(A) dog"),
        ("The answer is F.", "no-such-letter", "The answer is F"),
        ("<think>...", "only-thinking", ""),
    ],
)
def test_a_reading_says_which_rule_decided_on_which_words(answer: str, rule: str, quote: str) -> None:
    reading = read(answer, CAT)
    assert reading.rule == rule, reading.reason
    assert quote in reading.quote
    assert reading.quote in " ".join(answer.split())
    assert (reading.state == "choice") == (reading.index is not None)
