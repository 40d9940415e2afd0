"""What is said of JSON that is broken: in words, with the place, and with what to do."""

from __future__ import annotations

import json

import pytest

from mmar.errors import InputError
from mmar.items.decoding import decode_record, types_in_words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"id": "a", "x": NaN', "broken JSON"),
        ('{"id": "a"} {"id": "b"}', r"at “\{\"id\": \"b\"\}”; the record starts “\{\"id\": \"a\"\}"),
        ("{", r"the line is only “\{”, expected a whole JSON object.*\n.*all of them as one array"),
        ('{"id": "a",', "broken JSON: Input data was truncated; the record starts"),
    ],
)
def test_what_is_wrong_and_where(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        decode_record(text.encode(), "file.jsonl", 7)
    assert str(caught.value).startswith("file.jsonl:7: ")


def test_numbers_that_are_none_are_read_as_python_writes_them() -> None:
    record = decode_record(b'{"id": "NaN", "x": NaN, "y": [-Infinity]}', "file.jsonl", 7)
    assert json.dumps(record) == '{"id": "NaN", "x": NaN, "y": [-Infinity]}'


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("Expected `str | null`, got `int`", "expected text or null, found a number"),
        ("Expected `array`, got `object`", "expected a list, found an object"),
        ("Object missing required field `name`", 'object missing required field "name"'),
    ],
)
def test_types_are_said_in_words(message: str, words: str) -> None:
    assert types_in_words(message) == words
