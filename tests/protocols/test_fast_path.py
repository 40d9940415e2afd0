"""What the fast path reads is what the cascade reads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmar.items import load_benchmark
from mmar.protocols.reading import ChoiceTable, choice_table
from mmar.protocols.reading.cascade import _read
from mmar.protocols.reading.fast_path import read_common
from mmar.protocols.reading.rules import ReadingRule
from real_data import MMAR, needs_real_data

FRAMES = (
    "{}", "{}.", "{} (17)", "The answer is {}.", "the answer is: {}", "Answer: {}", "The correct answer is {}. [3]",
    "I think it is {}.", "It is {}", "I hear {}", "It's {}!", "<answer>{}</answer>", "<answer>{}</answer> 12",
    '{{"answer": "{}"}}', '{{"answer": "{}", "n": 3}}', "Having listened 9 times, I think it is {}.",
    "Based on the audio of clip 12, the correct answer is {}.", "It is not {}", "Is it {}?", "{} or not", "a {}",
)  # fmt: skip
SETS = (
    ("Mountain Canyon", "Dense Forest", "Open Grassland"), ("Yes", "No"), ("Dog", "Cat", "The dog"), ("One", "Two", "Three"),
    ("3", "13", "35", "1"), ("10 Hz", "1 kHz", "10 kHz"), ("It", "he", "is it"), ("left", "left right", "right left"),
    ("A major", "B minor", "C# minor"), ("none", "all", "both"), ("Not intense", "Intense"), ("so", "is", "answer"),
    ("k,l", "s,w", "t,u"), ('Yes, "Driver" is not a word.', 'No. "Driver" is a word.'), ("Entered", "Did not enter", ""),
    ("没有。火车的声音是录音。", "是的。音乐变成了火车声。"), ("“Sign in”", "“Get wifi”"), ("Connor ", "Derek", "Kevin"),
    ("<<1918>> forgets", "<<1918>> laughs"), ("I, IV, V", "I, V, IV"), ("RAIN", "rain"), ("Rain!", "Rain"), ("rain", "the rain"),
    ("(A) Wind", "(B) Rain"), ("Studio 54", "Studio"), ("Option B", "Option A"), ("It is right", "It is", "right"),
)  # fmt: skip


def disagreement(text: str, choices: tuple[str, ...]) -> tuple[str, object, object] | None:
    fast = read_common(text, choice_table(choices))
    if fast is None:
        return None
    closely = _read(text, choice_table(choices), ReadingRule(), cut_off=False)
    return None if fast.index == closely.index else (text, fast, closely)


@pytest.mark.parametrize("choices", SETS)
def test_fast_path_and_cascade_name_the_same_choice(choices: tuple[str, ...]) -> None:
    texts = [frame.format(choice) for frame in FRAMES for choice in choices]
    texts += [f"({chr(65 + index)}) {choice}" for index in range(len(choices)) for choice in choices]
    texts += [
        form.format(chr(65 + index))
        for index in range(len(choices))
        for form in ("{}", "({})", "{}.", "({}).")
    ]
    assert [result for text in texts if (result := disagreement(text, choices))] == []


@given(
    st.sampled_from(SETS),
    st.lists(
        st.sampled_from(
            [
                "the",
                "answer",
                "is",
                "it",
                "i",
                "not",
                "3",
                ",",
                ".",
                "correct",
                "clip",
                "audio",
                "believe",
                "hear",
            ]
        ),
        max_size=6,
    ),
    st.data(),
)
@settings(max_examples=150, deadline=None)
def test_words_before_a_choice_are_read_as_by_the_cascade(
    choices: tuple[str, ...], lead: list[str], data: st.DataObject
) -> None:
    text = " ".join([*lead, data.draw(st.sampled_from(choices))]) + data.draw(
        st.sampled_from(("", ".", "!", " 4", " or", "?"))
    )
    assert disagreement(text, choices) is None


MARKED = st.text(st.sampled_from("ab AB.,!()[]<>\"'“”*_{}\\/:-31雨é "), min_size=1, max_size=9)


@given(st.lists(MARKED, min_size=2, max_size=4, unique=True), st.sampled_from(FRAMES), st.data())
@settings(max_examples=300, deadline=None)
def test_a_choice_with_marks_is_named_where_it_stands_word_for_word_or_not_at_all(
    choices: list[str], frame: str, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(choices) - 1))
    text = frame.format(choices[index])
    others = {choice.strip() for choice in choices} - {choices[index].strip()}
    table = ChoiceTable(tuple(choices))
    fast = read_common(text, table)
    assert read_common(text, table) == fast  # by the other way, now that the table has been used
    if fast is not None and text.strip() not in others:
        assert choices[fast.index].strip() == choices[index].strip()
    if frame in ("It is not {}", "Is it {}?", "{} or not"):
        assert fast is None


@needs_real_data
def test_it_serves_most_of_the_real_questions() -> None:
    items = list(load_benchmark(MMAR))
    texts = [(f"The answer is {item.answer}.", item.choices) for item in items]
    assert [result for text, choices in texts if (result := disagreement(text, choices))] == []
    assert sum(read_common(text, choice_table(choices)) is not None for text, choices in texts) > 985
