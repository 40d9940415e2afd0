"""Answers built from assertions, denials and corrections over random choices: none is ever read as a wrong choice."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mmar.protocols.reading import read

NAMES = (
    "rain", "wind", "thunder", "waves", "a dog barking", "the violin", "two people", "jazz", "a quiet street", "C major",
    "left to right", "an old man", "glass breaking", "3.5 seconds", "the second speaker", "café noise", "草原", "the sea",
)  # fmt: skip
ASSERTIONS = (
    "The answer is {}.", "The correct answer is {}.", "Answer: {}", "Final answer: {}", "I choose {}.", "I would go with {}.",
    "{} is the correct answer.", "So the answer is {}.", "**Answer:** {}", "My answer is {}.", "The best option is {}.",
)  # fmt: skip
DENIALS = (
    "It is not {}.", "I don't think the answer is {}.", "The answer is not {}.", "{} is wrong.", "{} can be ruled out.",
    "I doubt it is {}.", "The wrong answer is {}.", "If the answer were {}, it would sound different.", "It cannot be {}.",
    "One might think the answer is {}.", "I rule out {}.", "The least likely answer is {}.", "At first I thought it was {}.",
    "{} would sound different.", "In another clip the answer would be {}.", "Allegedly, the answer is {}.",
    "Provided the answer is {}, it would sound different.", "The last option I'd choose is {}.", "Let's look at {}.",
    "The question mentions {}.", "Choosing {} would be a mistake.", "It is tempting to answer {}.",
)  # fmt: skip
CORRECTIONS = (
    "The answer is {}. Wait, no.", "Answer: {}. Scratch that.", "{}. Actually, no.", "I'd say {}. On second thought, no.",
)  # fmt: skip
LINKS = ("{} or {}", "{} and {}", "{} as well as {}", "{}, possibly {}", "{} / {}", "either {} or {}")


@st.composite
def questions(draw: st.DrawFn) -> tuple[tuple[str, ...], list[int]]:
    choices = tuple(draw(st.lists(st.sampled_from(NAMES), min_size=3, max_size=5, unique=True)))
    return choices, draw(st.permutations(range(len(choices))))


def put(draw: st.DrawFn, choices: tuple[str, ...], index: int) -> str:
    letter = chr(65 + index)
    forms = (choices[index], f"({letter})", f"({letter}) {choices[index]}", f"option {letter}")
    return draw(st.sampled_from(forms))


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_negations_and_an_assertion_name_the_asserted_choice_or_none(data: st.DataObject) -> None:
    choices, order = data.draw(questions())
    right, *others = order
    pieces = [
        data.draw(st.sampled_from(DENIALS)).format(put(data.draw, choices, index))
        for index in data.draw(st.lists(st.sampled_from(others), max_size=3))
    ]
    pieces.append(data.draw(st.sampled_from(ASSERTIONS)).format(put(data.draw, choices, right)))
    text = data.draw(st.sampled_from((" ", "\n", "\n\n"))).join(pieces)
    assert read(text, choices).index in (right, None), text


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_negations_alone_name_no_choice(data: st.DataObject) -> None:
    choices, order = data.draw(questions())
    text = " ".join(
        data.draw(st.sampled_from(DENIALS)).format(put(data.draw, choices, index))
        for index in order[: data.draw(st.integers(1, 2))]
    )
    assert read(text, choices).index is None, text


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_retracted_choice_is_not_named(data: st.DataObject) -> None:
    choices, (first, second, *_) = data.draw(questions())
    text = data.draw(st.sampled_from(CORRECTIONS)).format(put(data.draw, choices, first))
    if data.draw(st.booleans()):
        text += " " + data.draw(st.sampled_from(ASSERTIONS)).format(put(data.draw, choices, second))
        assert read(text, choices).index in (second, None), text
    else:
        assert read(text, choices).index is None, text


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_two_linked_choices_name_neither(data: st.DataObject) -> None:
    choices, (first, second, *_) = data.draw(questions())
    both = data.draw(st.sampled_from(LINKS)).format(
        put(data.draw, choices, first), put(data.draw, choices, second)
    )
    text = data.draw(
        st.sampled_from(("{}", "The answer is {}.", "Answer: {}", "<answer>{}</answer>"))
    ).format(both)
    assert read(text, choices).index is None, text
