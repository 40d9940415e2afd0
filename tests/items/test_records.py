"""Cutting JSONL and JSON arrays into records, for any block size and in flat memory."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmar.errors import InputError
from mmar.items import blocks, raw_records, read_span, spans

text = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=20)
value = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
record = st.dictionaries(text, value, max_size=4)
quick = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


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
@given(records=st.lists(record, min_size=1, max_size=8), size=st.integers(1, 200))
@quick
def test_every_form_gives_the_same_records_for_any_block_size(
    tmp_path: Path, form: str, records: list[dict[str, object]], size: int
) -> None:
    path = tmp_path / "records"
    write(path, records, form)
    found = [text for block in blocks(path, size) for _, text in block.records]
    assert found == [text for _, text in raw_records(path)]
    assert [json.loads(text) for text in found] == records


def test_line_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a":1}\n\n  \n{"a":2}\r\n{"a":3}')
    assert [line for line, _ in raw_records(path)] == [1, 4, 5]
    path.write_text('[\n {"a":\n 1},\n\n {"a": 2}\n]\n')
    assert [line for line, _ in raw_records(path)] == [2, 5]


def test_braces_and_quotes_inside_strings_end_no_record(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    tricky = [{"a": '}{"\\', "b": {"c": "]"}}, {"a": "\\\\"}, {}]
    path.write_text(json.dumps(tricky))
    assert [json.loads(text) for _, text in raw_records(path)] == tricky


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (b"<!DOCTYPE html><html>", "is HTML or XML"),
        (b"\n\n<html>", "is HTML or XML"),
        (b"id,answer\n1,2\n", "starts with"),
        ('{"a": 1}'.encode("utf-16"), "UTF-16"),
        ('[{"a": 1}]'.encode("utf-16-le"), "UTF-16"),
        (b"PK\x03\x04....", "ZIP"),
        (b'[{"a": 1}', "does not end"),
        (b'[{"a": 1}, 5]', "must be a JSON object, found “5]”"),
        (b'[null, {"a": 1}]', "must be a JSON object"),
        (b'["x", {"a": 1}]', "must be a JSON object"),
        (b'[{"a": 1}, "x", {"a": 2}]', "must be a JSON object"),
        (b'[{"a": 1}] trailing', "text after the end"),
        (gzip.compress(b'{"a": 1}\n' * 9999, mtime=0)[:40], "broken gzip"),
    ],
)
def test_what_is_no_json_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "input.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        list(raw_records(path))
    assert str(path) in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        list(raw_records(tmp_path / "none.jsonl"))
    with pytest.raises(InputError, match="is a folder"):
        list(raw_records(tmp_path))


@given(
    texts=st.lists(
        st.binary(max_size=9).map(lambda text: b"{" + text.replace(b"\n", b"")), min_size=1, max_size=9
    ),
    least=st.integers(1, 12),
    share=st.integers(1, 8),
    ended=st.booleans(),
    bom=st.booleans(),
)
@quick
def test_spans_hold_every_line_once(
    tmp_path: Path, texts: list[bytes], least: int, share: int, ended: bool, bom: bool
) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes((b"\xef\xbb\xbf" if bom else b"") + b"\n".join(texts) + (b"\n" if ended else b""))
    divided = spans(path, least, share)
    assert divided is not None
    assert all(span.end - span.start >= least for span in divided[:-1])
    found, lines = [], 0
    with path.open("rb") as stream:
        for span in divided:
            held = list(read_span(stream, span))
            found += [(line, text.removesuffix(b"\n")) for line, text in enumerate(held, lines + 1)]
            lines += len(held)
    assert found == list(enumerate(texts, 1))


def test_what_only_one_can_read_is_not_divided(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"a": 1}]')
    assert spans(path, 4) is None
    path.write_bytes(gzip.compress(b'{"a": 1}\n'))
    assert spans(path, 4) is None
