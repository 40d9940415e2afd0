"""What the tests of this room share: a loopback server, and a small benchmark to be fetched from it."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from file_server import CLIPS, FileServer, serving

from mmar.benchmarks import Archive, CatalogueEntry, RemoteFile, resolve


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="session")
def demo_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache directory in which the demonstration set was made."""
    cache = tmp_path_factory.mktemp("demo-cache")
    resolve("demo", cache)
    return cache


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving() as running:
        yield running


@pytest.fixture
def metadata() -> bytes:
    """Five questions in the publisher's layout."""
    records = (
        {
            "id": f"item-{number}",
            "audio_path": f"./{path}",
            "question": "Which?",
            "choices": ["this", "that"],
            "answer": "this",
            "modality": "sound",
            "category": "Signal Layer",
        }
        for number, path in enumerate(CLIPS)
    )
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def tar_of(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def archive() -> bytes:
    return tar_of(CLIPS)


@pytest.fixture
def clips() -> dict[str, bytes]:
    return CLIPS


@pytest.fixture
def pack() -> Callable[..., bytes]:
    return tar_of


@pytest.fixture
def make_entry(server: FileServer) -> Callable[..., CatalogueEntry]:
    """An entry whose publisher is the loopback server."""

    def make(
        metadata: bytes, archive: bytes | None = None, *, metadata_url: str = "", audio_url: str = ""
    ) -> CatalogueEntry:
        return CatalogueEntry(
            name="little",
            title="Little",
            items=5,
            homepage="",
            licence="CC0",
            citation="Nobody, 2026",
            bibtex="@misc{little}",
            metadata=(
                RemoteFile(
                    url=metadata_url or server.add("/little-meta.jsonl", metadata),
                    filename="little-meta.jsonl",
                    revision="0123456789abcdef",
                    size=len(metadata),
                    sha256=hashlib.sha256(metadata).hexdigest(),
                ),
            ),
            audio=None
            if archive is None
            else Archive(
                url=audio_url or server.add("/little.tar.gz", archive),
                filename="little.tar.gz",
                revision="fedcba9876543210",
                size=len(archive),
                sha256=hashlib.sha256(archive).hexdigest(),
                unpacked_size=1_000_000,
            ),
            audio_advice="find it yourself",
        )

    return make
