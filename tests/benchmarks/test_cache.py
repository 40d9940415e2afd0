"""The cache directory and the receipt of what it holds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from expect import raises
from mmar.benchmarks import CATALOGUE, Cache, CatalogueEntry, default_cache_dir
from mmar.benchmarks.cache import RECEIPT
from mmar.benchmarks.get import download_benchmark
from mmar.errors import ExternalError
from mmar.files.atomic import write_atomic


def test_a_receipt_that_cannot_be_read_counts_as_none(tmp_path: Path) -> None:
    cache = Cache(tmp_path, CATALOGUE["mmar"])
    assert cache.state == "not downloaded"
    for text in (b"", b"{", b"[]", b'{"benchmark": 3}', b"\xff"):
        write_atomic(cache.folder / RECEIPT, text)
        assert cache.receipt() is None


def test_the_cache_directory_is_the_variable_or_that_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert default_cache_dir({"MMAR_CACHE_DIR": "/data/m"}) == Path("/data/m")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if sys.platform == "linux":
        assert default_cache_dir({}) == tmp_path / "mmar"


def test_an_unwritable_cache_is_an_external_error(
    make_entry: Callable[..., CatalogueEntry], metadata: bytes, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with raises("not-lockable", ExternalError):
        download_benchmark(make_entry(metadata), tmp_path / "file")
