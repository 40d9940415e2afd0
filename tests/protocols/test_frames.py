"""What is read at a glance is what the whole cascade reads."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmar.items import load_benchmark
from mmar.protocols.frames import _FRAMES, NOTHING, glance, plain_cores
from mmar.protocols.reading import read, read_closely
from mmar.protocols.wording import forms
from real_data import MMAR, MMAU, needs_real_data

ENDS = (
    "",
    "..",
    ". (5)",
    ".",
    "!",
    " (17)",
    ". [17]",
    " 17",
    ".5",
    "5",
    "?",
    " not",
    ", or",
    "\n",
    " [2] (3)",
    "</answer>",
    "</answer> 9",
)


def framed(choices: tuple[str, ...], at: int, other: str) -> list[str]:
    """A choice in every common frame, and in some that only look like one."""
    choice, letter = choices[at], chr(65 + at)
    fronts = [
        *_FRAMES,
        *(front.title() for front in _FRAMES),
        f"({letter}) ",
        f"{letter}. ",
        f"{letter}) ",
        f"{letter}: ",
    ]
    fronts += [
        f"({chr(65 + (at + 1) % len(choices))}) ",
        "It is not ",
        "Is it ",
        "The answer is not ",
        f"{other} or ",
        f"{letter}.",
    ]
    return [f"{front}{choice}{end}" for front in fronts for end in ENDS]


def differing(choices: tuple[str, ...]) -> list[object]:
    return [
        pair
        for at in range(len(choices))
        for text in framed(choices, at, choices[at - 1])
        if (pair := disagreement(text.strip(), choices))
    ]


def disagreement(text: str, choices: tuple[str, ...]) -> tuple[str, object, object] | None:
    """What a glance and the cascade say of an answer, where they say different things."""
    cores = plain_cores(choices)
    seen = glance(text, cores) if cores else NOTHING
    if seen[0] < 0 or text in choices:
        return None
    closely = read_closely(text, forms(choices))
    return None if (closely.index, closely.reason) == seen else (text, seen, closely)


@pytest.mark.parametrize(
    "choices",
    [
        ("Mountain Canyon", "Dense Forest", "Open Grassland", "City Streets"),
        ("Too little", "Too much", "Too much, can't finish"),
        ("Yes", "No"),
        ("No, there is distortion", "Yes", "No"),
        ("1", "2", "17", "3"),
        ("1:3", "3:1", "1.5", "5"),
        ("Not intense", "Intense"),
        ("none", "all", "one", "both"),
        ("Track", "Track 2", "Track 17"),
        ("Is it?", "It is", "is not", "or"),
        ("the answer", "the answer is no", "it is"),
        ("A major", "A minor", "C# minor"),
        ("A.B", "B.C", "a-b"),
        ("left (to) right", "[right] to left", "-1", "#1"),
        ("option A", "option B", "letter C", "B"),
    ],
)
def test_a_glance_says_what_a_closer_look_says(choices: tuple[str, ...]) -> None:
    assert differing(choices) == []


words = st.text(alphabet="abcABC12 .,:-'?()", min_size=1, max_size=8)


@given(st.lists(words, min_size=2, max_size=4, unique=True))
@settings(max_examples=60, deadline=None)
def test_for_any_choices(choices: list[str]) -> None:
    assert differing(tuple(choices)) == []


CHOICES = st.sampled_from(
    [
        ("Mountain Canyon", "Dense Forest", "Open Grassland"),
        ("Yes", "No"),
        ("Dog", "Cat", "The dog"),
        ("One", "Two", "Three"),
        ("A major", "B minor", "C# minor"),
        ("at first", "first", "or else", "and so"),
        ("10 Hz", "1 kHz", "10 kHz"),
        ("It", "he", "is it", "was"),
        ("is correct", "is wrong"),
        ("3.5", "5", "35"),
        ("Tom!", "Al", "He is sad."),
        ("Track", "Track 2", "Track 17"),
        ("admitted", "not admitted", "partly"),
        ("left", "left right", "right left"),
        ("1", "12", "112", "2"),
    ]
)
LEADS = st.lists(
    st.sampled_from(
        [
            "i",
            "A",
            "a",
            "heard",
            "the",
            "it",
            "is",
            "isn't",
            "that's",
            "was",
            "not",
            "never",
            "one",
            "this",
            "clip",
            "12",
            "3.5",
            "so",
            "but",
            "however",
            "because",
            "since",
            "as",
            ",",
            ".",
            ":",
            ";",
            "?",
            "!",
            "and",
            "or",
            "rather",
            "than",
            "instead",
            "of",
            "answer",
            "option",
            "choice",
            "letter",
            "B",
            "the",
            "answer",
            "is",
            "my",
            "choose",
            "I'd",
            "pick",
            "if",
            "unless",
            "first",
            "dog",
            "left",
            "'",
            '"',
            "*",
            "(",
            ")",
            "<answer>",
            "</answer>",
            '{"answer":',
            '"',
            "\n",
            "who",
            "too",
            "rule",
            "out",
        ]
    ),
    max_size=7,
).map(lambda words: re.sub(r" (?=[,.:;?!])", "", " ".join([*words, ""])))
FRONTS = st.sampled_from(
    ["", "", *_FRAMES, "The answer is ", "this the answer is: ", "(A) ", "B. ", "so it must be ", "I'd say "]
)
CASES = st.sampled_from([str, str.lower, str.upper])


@given(
    CHOICES,
    LEADS,
    FRONTS,
    CASES,
    st.sampled_from([*ENDS, '"}', '", "n": 3}', " because it barks"]),
    st.data(),
)
@settings(max_examples=1500, deadline=None)
def test_whatever_stands_before_a_choice(
    choices: tuple[str, ...], lead: str, front: str, case: Callable[[str], str], end: str, data: st.DataObject
) -> None:
    text = f"{lead}{front}{case(data.draw(st.sampled_from(choices)))}{end}".strip()
    assert disagreement(text, choices) is None


def test_words_that_only_lead_to_a_choice_are_read_at_a_glance() -> None:
    choices = ("Dog", "Cat", "Yes")
    cores = plain_cores(choices)
    for text, seen in {
        "Having listened 9 times, I think it's a big Dog (9)": (0, "the only choice named"),
        "I heard barking. So the best answer is: cat.": (1, "“answer is”"),
        "Based on the clip, the correct answer is yes": (2, "“answer is”"),
        '{ "final_answer": "Cat", "why": "it meows"}': (1, "a JSON key"),
        "<answer>Yes.</answer> since it says so": (2, "an answer tag"),
        "B) Cat [12]": (1, "a letter with its text"),
        "After 3 barks it is yes": (2, "the only choice named"),
        "It is not a dog": NOTHING,
        "A dog": NOTHING,
        "Is it a dog or a cat": NOTHING,
        "I hear yes": NOTHING,
        "What I hear is the answer: Dog": NOTHING,
    }.items():
        assert glance(text, cores) == seen, text


@needs_real_data
@pytest.mark.parametrize("path", [MMAR, MMAU], ids=["mmar", "mmau"])
def test_on_the_real_questions(path: object) -> None:
    items = list(load_benchmark(path))  # type: ignore[arg-type]
    assert [found for item in items[::5] for found in differing(item.choices)] == []
    # A choice's very text is that, before it is anything else.
    said = {read(choice, item.choices).reason for item in items for choice in item.choices if choice.strip()}
    assert said == {"exact text"}
    # It serves most of them: nine questions of ten are plain.
    assert sum(bool(plain_cores(item.choices)) for item in items) > 700
