"""Typed records from JSON and TOML: what is accepted, and which field each error names."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expect import raises
from mmar.errors import InputError
from mmar.files.typed import convert, decode_json, decode_toml, find_mismatch, read_toml


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    points: tuple[int, ...] = ()


class Outer(msgspec.Struct, rename={"sub": "sub-name"}):
    sub: Inner | None
    mode: Literal["a", "b"] = "a"
    weight: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    both: str | list[str] | None = None
    table: dict[str, Inner] = {}

    def __post_init__(self) -> None:
        if self.weight == 13:
            raise ValueError("weight 13 is not used")


@pytest.mark.parametrize(
    ("value", "field", "code"),
    [
        ([], None, "wrong-type"),
        ({}, "sub-name", "missing-field"),
        ({"sub-name": 1}, "sub-name", "wrong-type"),
        ({"sub-name": {}}, "sub-name.name", "missing-field"),
        ({"sub-name": {"name": "x", "other": 1}}, "sub-name.other", "unknown-field"),
        ({"sub-name": {"name": "x", "points": [1, "2"]}}, "sub-name.points[1]", "wrong-type"),
        ({"sub-name": None, "mode": "c"}, "mode", "invalid-value"),
        ({"sub-name": None, "weight": -1}, "weight", "invalid-value"),
        ({"sub-name": None, "weight": 13}, None, "invalid-value"),
        ({"sub-name": None, "both": [None]}, "both[0]", "wrong-type"),
        ({"sub-name": None, "both": 5}, "both", "wrong-type"),
        ({"sub-name": None, "table": {"k": {"name": None}}}, "table.k.name", "wrong-type"),
    ],
)
def test_errors_name_the_field(value: Any, field: str | None, code: str) -> None:
    with raises(code, InputError, field=field, file="f.json", line=3):
        convert(value, Outer, file="f.json", line=3)
    with raises(code, InputError, field=field, file="f.json", line=3):
        decode_json(json.dumps(value).encode(), Outer, file="f.json", line=3)


def test_messages_are_in_terms_of_json() -> None:
    assert find_mismatch({"sub-name": 1}, Outer) == (
        "sub-name",
        "expected an object or null, found the number 1",
        "wrong-type",
    )
    assert find_mismatch(None, list[int]) == ("", "expected a list, found null", "wrong-type")
    assert find_mismatch([1], list[int]) is None
    with raises("invalid-value", InputError) as caught:
        convert({"sub-name": None, "weight": 13}, Outer)
    assert caught.value.problem.startswith("weight 13")  # the message of the type's own check


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b'{"a": 1', "invalid-json", 7),
        (b'{"a": 1}\n{"b": 2}', "invalid-json", 8),
        (b"{", "invalid-json", 7),
        (b"", "invalid-json", 7),
        (b'{"a": "\xe9"}', "not-utf8", 7),
        ('{"a": 1}'.encode("utf-16")[:-1], "not-utf8", 7),
        (b'{"a": "\\ud83d"}', "lone-surrogate", 7),
        (b'{"a": ["\\udc00\\ud800"]}', "lone-surrogate", 7),
        (b"[" * 200_000, "too-deep", 7),
        (b'{"a":' * 200_000, "too-deep", 7),
    ],
)
def test_json_that_cannot_be_decoded_is_an_input_error(data: bytes, code: str, line: int) -> None:
    with raises(code, InputError, file="f.jsonl", line=line):
        decode_json(data, file="f.jsonl", line=7)


def test_nan_infinity_and_byte_order_marks_are_read() -> None:
    value = decode_json(b'\xef\xbb\xbf{"id": "NaN", "x": NaN, "y": [-Infinity, 1e999]}')
    assert math.isnan(value["x"])
    assert value["y"] == [-math.inf, math.inf]
    assert decode_json(b'{"sub-name": null, "weight": Infinity}', Outer).weight == math.inf


@given(st.binary(max_size=40) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    try:
        value = decode_json(data)
    except InputError as error:
        assert error.code in ("invalid-json", "not-utf8", "lone-surrogate")
    else:
        json.dumps(value, ensure_ascii=False).encode()


def test_toml_is_read_or_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("\ufeffa = 1\n", "utf-8")
    assert read_toml(path) == {"a": 1}
    path.write_bytes(b"# caf\xe9\n")
    with raises("not-utf8", file=str(path), line=1):
        read_toml(path)
    with raises("invalid-toml"):
        decode_toml("a = ")
    with raises("too-deep"):
        decode_toml("a = " + "[" * 100_000)
    with raises("file-not-found"):
        read_toml(tmp_path / "b.toml")
