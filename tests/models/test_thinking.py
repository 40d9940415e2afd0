"""Reasoning and answer, told apart without losing a byte."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmar.models import thinking
from mmar.models.thinking import split_thinking

PLAIN = st.text().filter(lambda text: "<" not in text)


@given(PLAIN, PLAIN)
def test_both_parts_come_back_as_they_were(reasoning, answer):
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
        ("<think>a</think>b</think>c", ("a", "b</think>c")),
        ("<thinker>a</thinker>", ("", "<thinker>a</thinker>")),
        ("I think two", ("", "I think two")),
    ],
)
def test_edges(text, parts):
    assert split_thinking(text) == parts


def test_the_examples_hold():
    assert doctest.testmod(thinking).failed == 0
