"""Reasoning and answer, told apart without losing a byte."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmar.protocols.reading import thinking
from mmar.protocols.reading.thinking import split_thinking

PLAIN = st.text().filter(lambda text: "<" not in text)


@given(PLAIN, PLAIN)
def test_thinking_and_answer_keep_their_text(reasoning, answer):
    assert split_thinking(f"<think>{reasoning}</think>{answer}") == (reasoning, answer)
    assert split_thinking(f"{reasoning}</think>{answer}") == (reasoning, answer)
    assert split_thinking(f" \n<THINKING>{reasoning}</Thinking>{answer}") == (reasoning, answer)


@given(PLAIN)
def test_text_without_tags_is_the_answer(text):
    assert split_thinking(text) == ("", text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("<think>cut off", ("cut off", "")),
        ("<think></think>two", ("", "two")),
        ("two <think>x</think>", ("", "two <think>x</think>")),
        ("two\n<think>x</think>", ("x", "two\n")),
        ("<think>a</think>b</think>c", ("a</think>b", "c")),
        ("<think>a</think>b<think>c</think>d", ("a</think>b<think>c", "d")),
        ("a dog <think>", ("", "a dog <think>")),
        ("a dog\n<think>hm", ("hm", "a dog\n")),
        ("◁think▷a cat?◁/think▷dog", ("a cat?", "dog")),
        ("<thought>a</thought>b", ("a", "b")),
        ("<reasoning>a</reasoning>b", ("a", "b")),
        ("<Reasoning>a</Reasoning>b</Conclusion>", ("a", "b</Conclusion>")),
        ("[THINK]a[/THINK]b", ("a", "b")),
        ("<seed:think>a</seed:think>b", ("a", "b")),
        ("<|begin_of_thought|>a<|end_of_thought|>b", ("a", "b")),
        ("<|START_THINKING|>a<|END_THINKING|>b", ("a", "b")),
        (
            "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b<|return|>",
            ("a", "b"),
        ),
        ("<|channel|>analysis<|message|>a", ("a", "")),
        ("analysisHm, two?assistantfinalTwo", ("analysisHm, two?assistantfinal", "Two")),
        ("<thinker>a</thinker>", ("", "<thinker>a</thinker>")),
        ("I think two", ("", "I think two")),
    ],
)
def test_texts_with_unusual_tags(text, parts):
    assert split_thinking(text) == parts


def test_the_examples_hold():
    assert doctest.testmod(thinking).failed == 0
