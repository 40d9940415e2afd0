"""The records of JSONL files and JSON arrays, in every form in which they are published."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expect import raises
from mmar.errors import InputError
from mmar.items import raw_records
from mmar.items import records as records_module

text = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=20)
value = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
record = st.dictionaries(text, value, max_size=4)
quick = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def write(path: Path, records: list[dict[str, object]], form: str) -> None:
    if form.startswith("array"):
        indent = 2 if "indent" in form else None
        whole = json.dumps(records, ensure_ascii="ascii" in form, indent=indent)
    else:
        end = "\r\n" if "crlf" in form else "\n"
        whole = end.join(json.dumps(one, ensure_ascii=False) for one in records) + (
            end if "end" in form else ""
        )
    data = (b"\xef\xbb\xbf" if "bom" in form else b"") + whole.encode()
    path.write_bytes(gzip.compress(data) if "gz" in form else data)


FORMS = [
    "lines-end",
    "lines",
    "lines-crlf-end",
    "lines-bom-gz",
    "array",
    "array-indent",
    "array-ascii-bom",
    "array-indent-gz",
]


@pytest.mark.parametrize("form", FORMS)
@given(records=st.lists(record, min_size=1, max_size=8), size=st.integers(16, 200))
@quick
def test_every_form_gives_the_same_records_for_any_read_size(
    tmp_path: Path, form: str, records: list[dict[str, object]], size: int
) -> None:
    path = tmp_path / "records"
    write(path, records, form)
    with patch.object(records_module, "_PIECE", size):
        result = [text for _, text in raw_records(path)]
    assert [json.loads(text) for text in result] == records


def test_line_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a":1}\n\n  \n{"a":2}\r\n{"a":3}')
    assert [line for line, _ in raw_records(path)] == [1, 4, 5]
    path.write_text('[\n {"a":\n 1},\n\n {"a": 2}\n]\n')
    assert [line for line, _ in raw_records(path)] == [2, 5]


def test_braces_and_quotes_inside_strings_do_not_end_a_record(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    tricky = [{"a": '}{"\\', "b": {"c": "]"}}, {"a": "\\\\"}, {}]
    path.write_text(json.dumps(tricky))
    assert [json.loads(text) for _, text in raw_records(path)] == tricky


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "wrong-file-type"),
        (b" \n\n", "wrong-file-type"),
        (b"<!DOCTYPE html><html>", "wrong-file-type"),
        (b"\n\n<html>", "wrong-file-type"),
        (b"id,answer\n1,2\n", "not-json"),
        ('{"a": 1}'.encode("utf-16"), "wrong-file-type"),
        ('[{"a": 1}]'.encode("utf-16-le"), "wrong-file-type"),
        (b"PK\x03\x04....", "wrong-file-type"),
        (b"PAR1\x15\x04", "wrong-file-type"),
        (b'{"a": 1}\r{"a": 2}\r', "line-ends"),
        (b'[{"a": 1}', "invalid-json"),
        (b'[{"a": 1}, 5]', "not-an-object"),
        (b'[null, {"a": 1}]', "not-an-object"),
        (b'["x", {"a": 1}]', "not-an-object"),
        (b'[{"a": 1}, "x", {"a": 2}]', "not-an-object"),
        (b'[{"a": 1}] trailing', "invalid-json"),
        (gzip.compress(b'{"a": 1}\n' * 9999, mtime=0)[:40], "damaged-gzip"),
    ],
)
def test_files_of_other_types_are_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "input.jsonl"
    path.write_bytes(content)
    with raises(code, InputError, file=str(path)):
        list(raw_records(path))


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with raises("file-not-found"):
        list(raw_records(tmp_path / "none.jsonl"))
    with raises("is-a-folder"):
        list(raw_records(tmp_path))
