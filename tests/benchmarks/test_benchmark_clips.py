"""Clips in Parquet files: of a loopback hub, or given by hand."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from file_server import CLIPS, FileServer, Serve

from expect import raises
from mmar.benchmarks import CATALOGUE, Cache, CatalogueEntry
from mmar.benchmarks.get import download_benchmark
from mmar.errors import ExternalError
from mmar.items import load_benchmark
from mmau_pro import records

pa = pytest.importorskip("pyarrow")

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def parquet(numbers: range, form: str = "id") -> bytes:
    """A table in the Hub's layout; the ids stand as `form` says."""
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = []
    for number in numbers:
        name = f"item-{number}"
        content = CLIPS.get(f"audio/clip-{number}.wav", b"another")
        row: dict[str, Any] = {
            "context": {"bytes": content, "path": f"x/clip-{number}.wav"},
            "instruction": "?",
        }
        row |= {
            "id": {"id": name},
            "json": {"other_attributes": json.dumps({"id": name, "task": "sound"})},
            "object": {"other_attributes": {"id": name}},
            "path": {},
        }[form]
        rows.append(row)
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), target)
    return target.getvalue()


@pytest.mark.parametrize("form", ["id", "json", "object", "path"])
def test_clips_of_parquet_files_of_the_user(
    make_entry: Callable[..., CatalogueEntry], metadata: bytes, tmp_path: Path, form: str
) -> None:
    for name, numbers in (("one", range(3)), ("two", range(3, 7))):
        (tmp_path / f"{name}.parquet").write_bytes(parquet(numbers, form))
    sources = [str(tmp_path / "one.parquet"), str(tmp_path / "two.parquet")]
    obtained = download_benchmark(make_entry(metadata), tmp_path / "cache", sources=sources)
    audio = obtained.receipt.audio
    assert audio is not None
    assert (audio.clips, audio.missing, audio.skipped, audio.verified) == (5, (), 2, False)
    for path, content in CLIPS.items():
        assert (obtained.folder / path).read_bytes() == content
    assert not download_benchmark(make_entry(metadata), tmp_path / "cache").changed


def test_a_file_of_other_clips_is_refused(
    make_entry: Callable[..., CatalogueEntry], metadata: bytes, tmp_path: Path
) -> None:
    (tmp_path / "other.parquet").write_bytes(parquet(range(20, 22)))
    with raises("wrong-archive"):
        download_benchmark(
            make_entry(metadata), tmp_path / "cache", sources=[str(tmp_path / "other.parquet")]
        )
    (tmp_path / "other.parquet").write_bytes(parquet(range(3))[:-200])
    with raises("damaged-parquet"):
        download_benchmark(
            make_entry(metadata), tmp_path / "cache", sources=[str(tmp_path / "other.parquet")]
        )


def hub(server: FileServer, files: dict[str, bytes], digests: dict[str, str] | None = None) -> None:
    """A data set of two files on a loopback server that answers as the Hugging Face Hub does."""
    siblings = []
    for name, content in files.items():
        digest = (digests or {}).get(name, hashlib.sha256(content).hexdigest())
        headers = {
            "X-Repo-Commit": COMMIT,
            "X-Linked-Etag": f'"{digest}"',
            "X-Linked-Size": str(len(content)),
        }
        server.add(f"/datasets/ada/set/resolve/{COMMIT}/{name}", content, Serve(headers=headers))
        lfs = {"sha256": digest, "size": len(content), "pointerSize": 100}
        siblings.append({"rfilename": name, "size": len(content), "blobId": "b", "lfs": lfs})
    about = {"id": "ada/set", "sha": COMMIT, "siblings": siblings, "private": False, "tags": []}
    server.add("/api/datasets/ada/set", json.dumps(about).encode())


def test_clips_of_parquet_files_of_the_hub(
    make_entry: Callable[..., CatalogueEntry], server: FileServer, metadata: bytes, tmp_path: Path
) -> None:
    files = {
        "README.md": b"about",
        "data/test-0.parquet": parquet(range(2)),
        "data/test-1.parquet": parquet(range(2, 5)),
    }
    hub(server, files)
    entry = msgspec.structs.replace(make_entry(metadata), parquet="ada/set")
    obtained = download_benchmark(entry, tmp_path / "cache", endpoint=server.base)
    audio = obtained.receipt.audio
    assert audio is not None
    assert (audio.clips, audio.url) == (5, f"ada/set at {COMMIT[:12]}")
    assert not list((tmp_path / "cache").rglob("*.parquet"))
    assert not download_benchmark(entry, tmp_path / "cache", endpoint=server.base).changed


def test_a_file_with_another_digest_than_the_hubs_is_refused(
    make_entry: Callable[..., CatalogueEntry], server: FileServer, metadata: bytes, tmp_path: Path
) -> None:
    hub(server, {"test.parquet": parquet(range(5))}, {"test.parquet": "0" * 64})
    entry = msgspec.structs.replace(make_entry(metadata), parquet="ada/set")
    with raises("wrong-digest", ExternalError):
        download_benchmark(entry, tmp_path / "cache", endpoint=server.base)


@pytest.mark.parametrize(("files", "code"), [({}, "no-clips"), (None, "download-refused")])
def test_a_data_set_without_parquet_files_is_an_error(
    make_entry: Callable[..., CatalogueEntry],
    server: FileServer,
    metadata: bytes,
    tmp_path: Path,
    files: dict[str, bytes] | None,
    code: str,
) -> None:
    if files is not None:
        hub(server, files)
    entry = msgspec.structs.replace(make_entry(metadata), parquet="ada/set")
    with raises(code, ExternalError):
        download_benchmark(entry, tmp_path / "cache", endpoint=server.base)
    assert (
        download_benchmark(entry, tmp_path / "cache", audio=False, endpoint=server.base).receipt.audio is None
    )


def test_questions_of_a_hub_in_parquet_and_their_clips_in_an_archive(
    server: FileServer, tmp_path: Path, pack: Callable[..., bytes]
) -> None:
    import pyarrow.parquet as pq

    rows = [
        {**row, "kwargs": None if row["kwargs"] is None else {"N": row["kwargs"]["N"]}} for row in records()
    ]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), buffer)
    body = buffer.getvalue()
    headers = {
        "X-Repo-Commit": COMMIT,
        "X-Linked-Etag": f'"{hashlib.sha256(body).hexdigest()}"',
        "X-Linked-Size": str(len(body)),
    }
    server.add("/datasets/gamma-lab-umd/MMAU-Pro/resolve/main/test.parquet", body, Serve(headers=headers))
    entry = CATALOGUE["mmau-pro"]
    done = download_benchmark(entry, tmp_path, audio=False, endpoint=server.base)
    assert (done.receipt.metadata[0].verified, done.receipt.metadata[0].size) == (False, len(body))
    assert len(load_benchmark(Cache(tmp_path, entry).metadata)) == len(rows)
    clips = {path: b"RIFF" for row in rows for path in row["audio_path"]}
    (tmp_path / "data.zip").write_bytes(pack(clips))
    with_clips = download_benchmark(
        entry, tmp_path, sources=[str(tmp_path / "data.zip")], endpoint=server.base
    )
    assert with_clips.receipt.audio is not None
    assert with_clips.receipt.audio.clips == len(clips)
