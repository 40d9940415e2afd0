"""Editions: recognised by digest, by their texts, and in part."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from expect import raises
from mmar.benchmarks import CATALOGUE, find_entry
from mmar.errors import UsageError
from mmar.items import load_benchmark
from mmar.items.editions import edition_of, editions, match_editions
from real_data import MMAR, SHARED, needs_real_data

OLD = SHARED / "mmar" / "MMAR-meta-2025-05.json"
MMAU_STATES = sorted((SHARED / "mmau" / "editions").glob("*.json.gz"))


def test_defaults_are_the_editions_of_the_catalogue() -> None:
    for name, known in editions().items():
        assert (known[0].name, known[0].digest) == (CATALOGUE[name].edition, CATALOGUE[name].digest)
        assert all(len(each.key_hashes) == each.items == len(each.question_hashes) for each in known)
        assert len({each.digest for each in known}) == len(known)
        for each in known:
            assert edition_of(each.digest) is each
            assert find_entry(each.label).digest == each.digest
    assert edition_of("0" * 64) is None


def test_editions_are_known_by_date_and_commit() -> None:
    old = find_entry("mmar@2025-05")
    assert old.metadata[0].sha256.startswith("7240ecca")
    assert (old.label, old.items, old.audio) == ("mmar@2025-05", 1000, CATALOGUE["mmar"].audio)
    assert find_entry("mmar@2026-02") is CATALOGUE["mmar"]
    for name in ("2025-05-22", "2025-05-24-8415fc1", "2025-05-22-65c0574"):
        assert find_entry(f"mmau-mini@{name}").label == "mmau-mini@2025-05-24"
    with raises("unknown-edition", UsageError):
        find_entry("mmar@2024-01")
    with raises("unknown-benchmark", UsageError):
        find_entry("mmarr@2025-05")


@needs_real_data
@pytest.mark.parametrize("path", [MMAR, OLD, *MMAU_STATES], ids=lambda path: path.name)
def test_every_published_file_is_recognised(path: Path, tmp_path: Path) -> None:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    records: list[dict[str, Any]] = (
        json.loads(data) if data.lstrip()[:1] == b"[" else [json.loads(line) for line in data.splitlines()]
    )
    name = path.name[:10] if path in MMAU_STATES else {MMAR: "2026-02", OLD: "2025-05"}[path]
    best = match_editions(path)[0]
    assert best.exact
    dates = {best.edition.name[:10], *(file.date for file in best.edition.files)}
    assert name in dates
    # A part of it, without answers, in JSONL.
    part = tmp_path / "part.jsonl"
    part.write_text("".join(json.dumps({**one, "answer": None}) + "\n" for one in records[::7]), "utf-8")
    best = match_editions(part)[0]
    assert best.exact
    assert not best.has_keys


@needs_real_data
def test_a_changed_file_is_matched_to_the_nearest_edition(tmp_path: Path) -> None:
    records = [json.loads(line) for line in MMAR.read_text("utf-8").splitlines()]
    records[0]["question"] += "?"
    records[1]["answer"] = records[1]["choices"][0]
    path = tmp_path / "changed.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    best = match_editions(path)[0]
    assert (best.edition.label, best.exact, best.total) == ("mmar@2026-02", False, 1000)
    assert best.same_questions == 999
    assert best.same_keys in (998, 999)
    assert load_benchmark(path).digest != best.edition.digest
