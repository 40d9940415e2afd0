"""Seven questions of the demonstration set, and files of records."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mmar.api import load
from mmar.items import Benchmark

WriteRows = Callable[[str, Sequence[object]], Path]


@pytest.fixture(scope="module")
def demo() -> Benchmark:
    return load(Path(__file__).parent / "data" / "items.jsonl")


@pytest.fixture
def write_rows(tmp_path: Path) -> WriteRows:
    """Write rows as JSONL below the test's folder."""

    def write(name: str, rows: Sequence[object]) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        return path

    return write
