"""Errors: their text with location and hint, pickling, and control characters."""

from __future__ import annotations

import doctest
import pickle

import mmar.errors
from mmar.errors import InputError

ERROR = InputError("found 1 choice", file="b.jsonl", line=7, field="choices", hint="complete the list")


def test_an_error_names_its_location_the_problem_and_the_hint() -> None:
    assert str(ERROR) == 'b.jsonl:7: field "choices": found 1 choice\n  → complete the list'
    assert ERROR.summary == 'b.jsonl:7: field "choices": found 1 choice'
    assert str(InputError("no predictions were given")) == "no predictions were given"


def test_a_pickled_error_keeps_its_text() -> None:
    assert str(pickle.loads(pickle.dumps(ERROR))) == str(ERROR)


def test_control_characters_from_a_file_are_replaced() -> None:
    quoted = str(InputError("starts with “\x1b[2J\x07\u202e雨　ñ”", file="evil\r\ud800.json"))
    assert quoted == "evil��.json: starts with “�[2J��雨　ñ”"
    assert doctest.testmod(mmar.errors).failed == 0
