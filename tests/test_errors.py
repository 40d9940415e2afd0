"""An error names the place and what to do, survives a process border, and holds nothing that a terminal obeys."""

from __future__ import annotations

import doctest
import pickle

import mmar.errors
from mmar.errors import InputError

ERROR = InputError("found 1 choice", file="b.jsonl", line=7, field="choices", hint="complete the list")


def test_place_problem_and_what_to_do() -> None:
    assert str(ERROR) == 'b.jsonl:7: field "choices": found 1 choice\n  → complete the list'
    assert ERROR.summary == 'b.jsonl:7: field "choices": found 1 choice'
    assert str(InputError("no predictions were given")) == "no predictions were given"


def test_it_is_the_same_behind_a_process_border() -> None:
    assert str(pickle.loads(pickle.dumps(ERROR))) == str(ERROR)


def test_what_a_file_holds_is_shown_and_not_obeyed() -> None:
    quoted = str(InputError("starts with “\x1b[2J\x07\u202e雨　ñ”", file="evil\r\ud800.json"))
    assert quoted == "evil��.json: starts with “�[2J��雨　ñ”"
    assert doctest.testmod(mmar.errors).failed == 0
