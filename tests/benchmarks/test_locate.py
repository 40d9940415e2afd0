"""Resolving names and paths of benchmarks."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from expect import raises
from mmar.benchmarks import CATALOGUE, Cache, resolve
from mmar.benchmarks.get import download_benchmark
from mmar.errors import InputError, UsageError
from mmar.items import load_benchmark

SHARED = Path(__file__).parents[3] / "shared"
MMAR = SHARED / "mmar" / "MMAR-meta.jsonl"
needs_shared = pytest.mark.skipif(not MMAR.exists(), reason="the real metadata is not here (../shared)")


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_name_that_is_not_downloaded_is_an_error_with_the_command(tmp_path: Path) -> None:
    with raises("not-downloaded", UsageError):
        resolve("mmar", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_name_is_an_error_with_suggestions(tmp_path: Path) -> None:
    with raises("unknown-benchmark", UsageError) as caught:
        resolve("mmra", tmp_path)
    assert '"mmar"' in str(caught.value)
    with raises("unknown-benchmark", UsageError):
        resolve("/no/such/place.jsonl", tmp_path)


@needs_shared
def test_a_downloaded_benchmark_is_found_by_name(tmp_path: Path) -> None:
    entry = CATALOGUE["mmar"]
    download_benchmark(entry, tmp_path, sources=[str(MMAR)], audio=False)
    result = resolve("mmar", tmp_path)
    assert (result.name, result.metadata.read_bytes()) == ("mmar", MMAR.read_bytes())
    assert (result.audio_dir, result.revision, result.licence) == (
        None,
        entry.metadata[0].revision,
        entry.licence,
    )  # type: ignore[union-attr]
    assert len(load_benchmark(result.metadata)) == 1000
    by_folder = resolve(Cache(tmp_path, entry).folder, tmp_path)
    assert (by_folder.name, by_folder.revision) == ("mmar", entry.metadata[0].revision)


@needs_shared
def test_the_publishers_file_is_known_by_its_content(tmp_path: Path) -> None:
    result = resolve(str(MMAR), tmp_path)
    assert (result.name, result.revision) == ("mmar", CATALOGUE["mmar"].metadata[0].revision)
    other = write(tmp_path / "MMAR-meta.jsonl", MMAR.read_bytes().replace(b"Throat", b"throat"))
    assert resolve(other, tmp_path).revision is None


def test_a_file_is_found_with_the_clips_beside_it(metadata: bytes, tmp_path: Path) -> None:
    path = write(tmp_path / "mine-meta.jsonl", metadata)
    result = resolve(str(path), tmp_path)
    assert (result.name, result.metadata, result.audio_dir) == ("mine", path, None)
    assert (result.revision, result.licence) == (None, None)
    write(tmp_path / "audio" / "clip-0.wav", b"x")
    assert resolve(path, tmp_path).audio_dir == tmp_path


@pytest.mark.parametrize("form", ["jsonl", "json", "jsonl.gz"])
def test_clips_are_found_by_the_path_of_the_first_record(form: str, tmp_path: Path) -> None:
    records = [{"id": "1", "audio_id": "./test-mini-audios/a.wav"}, {"id": "2"}]
    text = json.dumps(records, indent=2) if form == "json" else "\n".join(map(json.dumps, records))
    content = gzip.compress(text.encode()) if form.endswith("gz") else text.encode()
    path = write(tmp_path / f"set.{form}", content)
    assert resolve(path, tmp_path).audio_dir is None
    write(tmp_path / "test-mini-audios" / "a.wav", b"x")
    assert resolve(path, tmp_path).audio_dir == tmp_path
    assert resolve(path, tmp_path).name == "set"


def test_a_record_that_leads_out_of_the_folder_finds_no_clips(tmp_path: Path) -> None:
    write(tmp_path / "secret.wav", b"x")
    path = write(tmp_path / "set" / "m.jsonl", b'{"id": "1", "audio_path": "../secret.wav"}\n')
    assert resolve(path, tmp_path).audio_dir is None


@pytest.mark.parametrize("content", [b"", b"<html>", b"{broken", b"[1, 2]", b"\xff\xfe", b"null"])
def test_a_broken_file_is_located_and_refused_when_read(content: bytes, tmp_path: Path) -> None:
    path = write(tmp_path / "m.jsonl", content)
    assert resolve(path, tmp_path).metadata == path


def test_a_folder_stands_for_its_only_metadata_file(metadata: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    only = write(folder / "questions.json", metadata)
    write(folder / "README.md", b"")
    write(folder / "receipt.json", b"{}")
    assert resolve(folder, tmp_path).metadata == only
    meta = write(folder / "X-meta.jsonl.gz", gzip.compress(metadata))
    assert resolve(folder, tmp_path).metadata == meta


def test_a_folder_with_no_or_several_metadata_files_is_an_error(metadata: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    with raises("no-metadata-file", InputError):
        resolve(folder, tmp_path)
    write(folder / "a.json", metadata)
    write(folder / "b.jsonl", metadata)
    with raises("no-metadata-file", InputError):
        resolve(folder, tmp_path)


def test_a_name_comes_before_a_folder_of_the_same_name(
    metadata: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "mmar" / "m.jsonl", metadata)
    monkeypatch.chdir(tmp_path)
    with raises("not-downloaded", UsageError):
        resolve("mmar", tmp_path / "cache")
    assert resolve("./mmar", tmp_path / "cache").metadata == Path("mmar/m.jsonl")


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert resolve(tmp_path / "pipe", tmp_path).audio_dir is None


def test_the_demonstration_set_is_generated_once_on_demand(demo_cache: Path) -> None:
    result = resolve("demo", demo_cache)
    benchmark = load_benchmark(result.metadata)
    assert len(benchmark) >= 60
    assert result.audio_dir is not None
    assert all((result.audio_dir / item.audio_path).is_file() for item in benchmark)
    before = result.metadata.stat().st_mtime_ns
    assert resolve("demo", demo_cache) == result
    assert result.metadata.stat().st_mtime_ns == before


def test_resolving_imports_nothing_heavy(
    run_python: Callable[[str], str], metadata: bytes, tmp_path: Path
) -> None:
    path = write(tmp_path / "m.jsonl", metadata)
    loaded = run_python(
        "import sys; from pathlib import Path; from mmar.benchmarks import resolve\n"
        f"resolve({str(path)!r}, Path({str(tmp_path)!r}))\n"
        "print(sorted({'aiohttp', 'asyncio', 'huggingface_hub', 'rich', 'numpy', 'tarfile', 'ssl'} & set(sys.modules)))"
    )
    assert loaded == "[]\n"


@pytest.fixture
def run_python() -> Callable[[str], str]:
    def run(script: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        ).stdout

    return run
