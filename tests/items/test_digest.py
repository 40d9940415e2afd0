"""The digest depends on what scores depend on, and on nothing else."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmar.benchmarks import CATALOGUE
from mmar.items import DigestBuilder, Item, benchmark_digest, load_benchmark, write_benchmark
from real_data import MMAR, MMAU, needs_real_data

ITEMS = [
    Item(
        f"id-{index}",
        f"./audio/{index}.wav",
        "Größe?",
        ("a", "b", ""),
        "b",
        "sound",
        "Signal Layer",
        sub_category=None,
    )
    for index in range(40)
]


def test_the_digest_is_as_defined() -> None:
    """Recomputed from the text of the definition, with another JSON encoder."""
    entries = []
    for item in ITEMS:
        form = [
            item.id,
            item.question,
            list(item.choices),
            item.answer,
            item.modality,
            item.category,
            item.sub_category,
        ]
        canonical = json.dumps(form, ensure_ascii=False, separators=(",", ":")).encode()
        key = hashlib.sha256(item.id.encode()).digest()[:8]
        entries.append(key + hashlib.sha256(canonical).digest())
    assert benchmark_digest(ITEMS) == hashlib.sha256(b"".join(sorted(entries))).hexdigest()


@given(st.permutations(ITEMS), st.integers(0, 40))
def test_order_and_division_do_not_matter(items: list[Item], cut: int) -> None:
    whole, part = DigestBuilder(), DigestBuilder()
    for item in items[:cut]:
        whole.add(item.id, item)
    for item in items[cut:]:
        part.add(item.id, item)
    whole.merge(part)
    assert whole.finish() == (benchmark_digest(ITEMS), False)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"question": "Size?"},
        {"choices": ("b", "a", "")},
        {"answer": "a"},
        {"modality": "music"},
        {"category": "Semantic Layer"},
        {"sub_category": ""},
    ],
)
def test_scored_fields_change_the_digest(change: dict[str, object]) -> None:
    changed = [msgspec.structs.replace(ITEMS[0], **change), *ITEMS[1:]]
    assert benchmark_digest(changed) != benchmark_digest(ITEMS)


def test_other_fields_do_not_change_the_digest() -> None:
    changed = [
        msgspec.structs.replace(item, audio_path="x", url="y", timestamp="z", thinking="t", language="en")
        for item in ITEMS
    ]
    assert benchmark_digest(changed) == benchmark_digest(ITEMS)


def test_duplicate_ids_are_reported() -> None:
    builder = DigestBuilder()
    for item in ITEMS:
        builder.add(item.id, item)
    assert not builder.finish()[1]
    builder.add("id-3", ITEMS[4])
    assert builder.finish()[1]


@needs_real_data
def test_file_format_and_key_order_do_not_matter(tmp_path: Path) -> None:
    benchmark = load_benchmark(MMAR)
    records = [item.to_record() for item in benchmark]
    random.Random(1).shuffle(records)
    (tmp_path / "x.json").write_text(
        json.dumps([dict(reversed(record.items())) for record in records], indent=1)
    )
    write_benchmark(benchmark, tmp_path / "y.jsonl.gz")
    assert load_benchmark(tmp_path / "x.json").digest == benchmark.digest
    assert load_benchmark(tmp_path / "y.jsonl.gz").digest == benchmark.digest


@needs_real_data
def test_the_catalogue_knows_the_published_files_by_their_content() -> None:
    assert load_benchmark(MMAR).digest == CATALOGUE["mmar"].digest
    assert load_benchmark(MMAU).digest == CATALOGUE["mmau-mini"].digest
