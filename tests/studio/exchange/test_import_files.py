"""Files of items are recognised by their content."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from expect import raises
from mmar.studio.exchange.item_files import read_items
from real_data import SHARED

CASES = SHARED / "cases/studio"
RECORD = {
    "id": "a", "audio_path": "./audio/a.wav", "question": "?", "choices": ["x", "y"], "answer": "x",
    "modality": "sound", "category": "c",
}  # fmt: skip
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} is not here")


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.txt", "noname"])
def test_records_are_recognised_whatever_the_file_is_called(tmp_path: Path, name: str) -> None:
    line = json.dumps(RECORD).encode()
    for data in (line, b"\xef\xbb\xbf" + line + b"\n", b"[" + line + b"]", gzip.compress(line + b"\n")):
        (item,) = read_items(data, name, tmp_path)
        assert item.id == "a"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty-file"),
        (b"  \n", "empty-file"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40), "wrong-file-type"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(40), "wrong-file-type"),
        (b"fLaC" + bytes(40), "wrong-file-type"),
        (b"\x00\x00\x00\x20ftypM4A " + bytes(40), "wrong-file-type"),
        (b"PAR1" + bytes(40), "wrong-file-type"),
        (b"SQLite format 3\x00" + bytes(40), "wrong-file-type"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "wrong-file-type"),
        (b"%PDF-1.7\n", "wrong-file-type"),
        (b"<!doctype html><html></html>", "wrong-file-type"),
        (b"[]", "no-records"),
    ],
)
@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x"])
def test_other_files_are_refused_with_a_code(tmp_path: Path, data: bytes, code: str, name: str) -> None:
    with raises(code, file=name) as caught:
        read_items(data, name, tmp_path)
    assert "--lenient" not in str(caught.value)


@needs_cases
@pytest.mark.parametrize(
    ("name", "code", "field"),
    [
        ("two-choices-ticked.label-studio.json", "several-choices", "answer"),
        ("choices-in-one-cell.csv", "choices-in-one-cell", "choices"),
        ("workbook.xlsx", "wrong-file-type", None),
    ],
)
def test_files_from_reports_that_are_errors(tmp_path: Path, name: str, code: str, field: str | None) -> None:
    with raises(code, field=field):
        read_items((CASES / name).read_bytes(), name, tmp_path)


@needs_cases
@pytest.mark.parametrize(
    ("name", "path", "answer"),
    [
        ("last-annotation-empty.label-studio.json", "./audio/u1.wav", "Thunder"),
        ("signed-address.label-studio.json", "./audio/u2.wav", "Rain"),
        ("excel-unicode-text.csv", "./audio/u3.wav", "Wind"),
        ("old-mac-line-ends.csv", "./audio/u4.wav", "Wind"),
    ],
)
def test_files_from_reports_that_are_read(tmp_path: Path, name: str, path: str, answer: str) -> None:
    (item,) = read_items((CASES / name).read_bytes(), name, tmp_path)
    assert (item.audio_path, item.answer) == (path, answer)
