"""docs/benchmarks.md is true: its digests, its names, its definition of the digest."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from mmar.api import load
from mmar.benchmarks import CATALOGUE
from mmar.items.item import FIELDS

PAGE = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text("utf-8")


def test_digests_and_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMAR_CACHE_DIR", str(tmp_path))
    demo = load("demo")
    digests = {name: entry.digest[:8] for name, entry in CATALOGUE.items() if entry.digest}
    assert dict(re.findall(r"^\| `([a-z-]+)` \| `([0-9a-f]{8})` \|$", PAGE, re.MULTILINE)) == digests
    table = PAGE[PAGE.index("## Downloads") : PAGE.index("`mmar get` stores")]
    assert set(re.findall(r"`([a-z-]+)`(?:,| \|)", table)) == set(CATALOGUE)
    # The definition, followed to the letter with nothing of the program.
    lines = next(tmp_path.rglob("demo-meta.jsonl")).read_text("utf-8").splitlines()
    entries = sorted(
        hashlib.sha256(record["id"].encode()).digest()[:8] + hashlib.sha256(_form(record)).digest()
        for record in map(json.loads, lines)
    )
    assert hashlib.sha256(b"".join(entries)).hexdigest() == demo.digest


def _form(record: dict[str, object]) -> bytes:
    names = ("id", "question", "choices", "answer", "modality", "category", "sub-category")
    return json.dumps(
        [record.get(name) for name in names], ensure_ascii=False, separators=(",", ":")
    ).encode()


def test_every_field_is_named() -> None:
    table = PAGE[PAGE.index("| field |") : PAGE.index("Unknown fields")]
    assert set(re.findall(r"`([a-z_-]+)`", table)) - {"null"} - {"--audio-dir"} >= set(FIELDS)
