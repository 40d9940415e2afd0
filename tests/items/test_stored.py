"""Items left on disk are the same items, for every form of file, and cost next to no memory."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from mmar.errors import InputError
from mmar.items import load_benchmark


@pytest.fixture(autouse=True)
def nothing_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave even these files on disk; a small one is held."""
    monkeypatch.setattr("mmar.items.benchmark._HELD_BYTES", 0)


def records(count: int, thinking: str = "") -> list[dict[str, Any]]:
    return [
        {
            "id": f"ünd-{at}",
            "audio_path": f"./audio/{at}.wav",
            "question": "Which?",
            "choices": ["one", "two"],
            "answer": "two",
            "modality": "sound",
            "category": "Signal Layer",
            "thinking": f"{thinking}{at}",
            "more": {"at": at},
        }
        for at in range(count)
    ]


def lines(count: int) -> bytes:
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records(count)).encode()


FORMS = {
    "lines": lines(7),
    "no last line end": lines(7).rstrip(),
    "mark, CRLF and blank lines": b"\xef\xbb\xbf" + lines(7).replace(b"\n", b"\r\n\r\n"),
    "blank lines first": b"\n  \n" + lines(7),
    "gzip": gzip.compress(lines(7)),
    "array": json.dumps(records(7), ensure_ascii=False).encode(),
    "array over many lines": json.dumps(records(7), indent=2).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_stored_items_are_the_items(tmp_path: Path, form: str) -> None:
    path = tmp_path / "some-meta.jsonl"
    path.write_bytes(FORMS[form])
    held, stored = load_benchmark(path), load_benchmark(path, stored=True)
    assert tuple(stored) == held.items
    assert tuple(stored) == held.items, "they can be gone through again"
    assert (stored.items[-1], stored.items[2:5]) == (held.items[-1], held.items[2:5])
    assert len(stored) == 7
    assert stored.digest == held.digest
    with pytest.raises(IndexError):
        stored.items[7]


def test_bad_records_are_refused_or_left_out_as_when_held(tmp_path: Path) -> None:
    path = tmp_path / "some-meta.jsonl"
    path.write_bytes(lines(2) + b'{"id": 3}\n' + lines(1))
    with pytest.raises(InputError, match="expected text"):
        load_benchmark(path, stored=True)
    kept = load_benchmark(path, stored=True, lenient=True)
    assert [item.id for item in kept] == ["ünd-0", "ünd-1"]
    assert "stands on line 1 already" in str(kept.missing[1])


def test_a_file_that_is_edited_meanwhile_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "some-meta.jsonl"
    long = "".join(json.dumps(each) + "\n" for each in records(3, "It rings. " * 100_000))
    path.write_text(long, "utf-8")
    stored = load_benchmark(path, stored=True)
    assert stored.items[0].id == "ünd-0"
    path.write_text(long.replace("one", "eno"), "utf-8")
    with pytest.raises(InputError, match="changed while it was in use"):
        list(stored)


@pytest.mark.parametrize("form", ["lines", "array"])
def test_the_records_themselves_are_not_held(tmp_path: Path, form: str) -> None:
    path = tmp_path / "some-meta.jsonl"
    made = records(2000, thinking="It rings. " * 500)
    path.write_text(
        json.dumps(made) if form == "array" else "".join(json.dumps(each) + "\n" for each in made), "utf-8"
    )
    tracemalloc.start()
    stored = load_benchmark(path, stored=True)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(stored) == 2000
    assert held < 500_000, "20 bytes an item and a file's buffer, of 10 MB of records"
