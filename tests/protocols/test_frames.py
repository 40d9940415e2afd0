"""What is read at a glance is what the whole cascade reads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmar.items import load_benchmark
from mmar.protocols.frames import _FRAMES, NOTHING, glance, plain_cores
from mmar.protocols.reading import read_closely
from mmar.protocols.wording import forms
from real_data import MMAR, MMAU, needs_real_data

ENDS = (
    "",
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


@needs_real_data
@pytest.mark.parametrize("path", [MMAR, MMAU], ids=["mmar", "mmau"])
def test_on_the_real_questions(path: object) -> None:
    items = list(load_benchmark(path))  # type: ignore[arg-type]
    assert [found for item in items[::5] for found in differing(item.choices)] == []
    # It serves most of them: nine questions of ten are plain.
    assert sum(bool(plain_cores(item.choices)) for item in items) > 700
