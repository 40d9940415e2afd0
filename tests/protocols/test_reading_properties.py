"""What holds for every answer: dress does not matter, the order of choices does not matter, nothing is invented."""

from __future__ import annotations

import random
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from mmar.protocols import Marker, ReadingRule, read
from mmar.protocols.reading import choice_table
from mmar.protocols.reading.text import clean, loose, plain

# Words that are no choice letters, no negations and no markers, so that a choice made of them is plain text.
WORDS = (
    "owl",
    "robot",
    "rooster",
    "parrot",
    "violin",
    "near",
    "far",
    "left",
    "right",
    "13",
    "3:1",
    "1:3",
    "3.5",
    "-7",
    "C#",
    "草原",
    "café",
)
CHOICE = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
CHOICES = st.lists(CHOICE, min_size=2, max_size=6, unique_by=lambda text: text.casefold()).map(tuple)
FRAMES = st.sampled_from(
    (
        "{}",
        "The answer is {}.",
        "<answer>{}</answer>",
        "I hear it clearly: {}",
        "Final answer:\n{}",
        "**{}**",
        "It is {} because of the sound.",
    )
)
NOISE = st.text(alphabet=" \n\t\"'`*_#<>{}()[]\\/:;,.!?-aAbBcCnotyesNOansweri是不♯\u0301\u200b", max_size=60)
RULE = ReadingRule(
    expects="letter",
    part="RESPONSE",
    markers=(
        Marker("tag", "answer", "first"),
        Marker("json", "answer"),
        Marker("quoted", "answer is"),
        Marker("after", "ANSWER:"),
        Marker("bold"),
        Marker("first_line"),
    ),
)


@given(
    CHOICES,
    FRAMES,
    st.randoms(use_true_random=False),
    st.sampled_from(("upper", "lower", "quotes", "dashes", "spaces", "bold", "lines")),
)
@settings(deadline=None)
def test_case_quotes_emphasis_and_spaces_change_no_reading(
    choices: tuple[str, ...], frame: str, rng: random.Random, dress: str
) -> None:
    index = rng.randrange(len(choices))
    text = frame.format(choices[index])
    before = read(text, choices)
    changed = {
        "upper": text.upper(),
        "lower": text.lower(),
        "quotes": text.replace(choices[index], f"“{choices[index]}”"),
        "dashes": text.replace("-", "−"),
        "spaces": text.replace(" ", "  \u00a0"),
        "bold": text.replace(choices[index], f"**{choices[index]}**"),
        "lines": f"\n\n{text}\r\n",
    }[dress]
    after = read(changed, choices)
    assert (after.state, after.index) == (before.state, before.index)
    assert before.index == index or before.state == "unresolved"


@given(CHOICES, FRAMES, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_other_choices_around_the_same_answer_change_nothing_but_its_index(
    choices: tuple[str, ...], frame: str, rng: random.Random
) -> None:
    text = frame.format(rng.choice(choices))
    before = read(text, choices)
    order = list(range(len(choices)))
    rng.shuffle(order)
    after = read(text, tuple(choices[index] for index in order))
    assert after.state == before.state
    assert (None if after.index is None else order[after.index]) == before.index


@given(
    NOISE,
    st.one_of(CHOICES, st.lists(NOISE, min_size=2, max_size=26).map(tuple)),
    st.sampled_from((None, RULE)),
)
@settings(max_examples=100, deadline=None)
def test_a_choice_is_read_only_where_its_text_or_letter_stands(
    text: str, choices: tuple[str, ...], rule: ReadingRule | None
) -> None:
    """Any text gives a reading; a choice is read only where its text or its letter stands in the answer."""
    reading = read(text, choices, rule)
    if reading.state != "choice":
        assert reading.index is None
        return
    assert reading.index is not None
    texts = plain(clean(text)[0]).replace('"', "").replace("*", "")
    choice = loose(plain(clean(choice_table(choices).texts[reading.index])[0])).lstrip(":;,.!?>")
    letter = re.compile(rf"(?<![a-z0-9]){chr(97 + reading.index)}(?![a-z0-9])")
    empty = not choice  # nothing but punctuation
    assert empty or letter.search(texts) or choice in texts or choice in " ".join(texts.split())


@given(
    CHOICES,
    st.randoms(use_true_random=False),
    st.sampled_from(("It is not {}", "{} is wrong", "neither {} nor anything", "I rule out {}.")),
)
@settings(deadline=None)
def test_a_denied_choice_is_never_read(choices: tuple[str, ...], rng: random.Random, negation: str) -> None:
    index = rng.randrange(len(choices))
    assert read(negation.format(choices[index]), choices).index != index


@given(CHOICES, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_two_joined_choices_are_never_read_as_one(choices: tuple[str, ...], rng: random.Random) -> None:
    first, second = rng.sample(choices, 2)
    for text in (f"{first} or {second}", f"The answer is {first} or {second}.", f"{first}\n{second}"):
        reading = read(text, choices)
        # Both together may be a third choice's own text: "owl" and "near owl" in "owl near owl".
        assert (
            reading.state == "unresolved"
            or choices[reading.index or 0] not in (first, second)
            or first in second
            or second in first
        )


@given(st.lists(st.text(max_size=8), min_size=2, max_size=26).map(tuple), st.integers(0, 25))
@settings(deadline=None)
def test_a_choices_own_text_names_it(choices: tuple[str, ...], pick: int) -> None:
    """Unless another choice has the same text, or the text is empty, thinking, or white space."""
    index = pick % len(choices)
    text = choices[index]
    exact = [choice.strip() for choice in choices]
    if text.strip() and exact.count(text.strip()) == 1:
        assert read(text, choices).index == index
