"""From what a user types to a benchmark's files: a name of the catalogue, a file, or a folder.

A name of the catalogue comes first; `./mmar` means a file or folder of that name. This runs at the start of every
command, so it looks at few files and imports nothing slow.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from mmar.benchmarks.cache import RECEIPT, Cache
from mmar.benchmarks.catalogue import CATALOGUE, DEMO, CatalogueEntry, find_entry, unknown_benchmark_hint
from mmar.errors import InputError, UsageError
from mmar.files.hashing import sha256_bytes, sha256_file
from mmar.files.open import read_error
from mmar.files.safe_paths import find_clip
from mmar.items.benchmark import benchmark_name
from mmar.items.records import first_records, raw_records

_SUFFIXES = (".json", ".jsonl", ".json.gz", ".jsonl.gz")


class BenchmarkFiles(msgspec.Struct, frozen=True):
    """Where a benchmark is.

    Attributes:
        name: the catalogue's name where the file is known, otherwise that of `benchmark_name`; empty for a field map,
            which has the name.
        audio_dir: the folder that each `audio_path` is relative to; `None` if no clips were found.
        revision: the publisher's commit, if the file is known to be that version.
    """

    name: str
    metadata: Path
    audio_dir: Path | None
    revision: str | None = None
    licence: str | None = None


def resolve(name_or_path: str | Path, cache_dir: Path) -> BenchmarkFiles:
    """Find a benchmark.

    It is named in the catalogue, with or without `@EDITION`, or is a metadata file, or a folder with one. The
    demonstration set is generated in the cache directory when it is first used.

    Raises:
        UsageError: a known name that was not downloaded yet, or neither a name nor an existing path.
        InputError: a folder with no metadata file, or several.
        ExternalError: the demonstration set cannot be written, or a file cannot be read.
    """
    if isinstance(name_or_path, str) and name_or_path.partition("@")[0] in CATALOGUE:
        entry = find_entry(name_or_path)
        return _demonstration_set(cache_dir, entry) if entry.name == DEMO else _from_cache(cache_dir, entry)
    path = Path(name_or_path).expanduser()
    try:
        if path.is_dir():
            path = _find_metadata(path)
        elif not path.exists():
            name = str(name_or_path)
            raise UsageError(
                f'"{name}" is neither a benchmark nor an existing file or folder',
                code="unknown-benchmark",
                hint=unknown_benchmark_hint(name),
            )
        return _from_file(path)
    except OSError as error:
        raise read_error(error, path) from None


def _from_file(path: Path) -> BenchmarkFiles:
    """An existing metadata file."""
    if path.is_dir():  # of SAKURA's tracks
        return BenchmarkFiles(benchmark_name(path), path, path)
    audio_dir = path.parent if _has_clips(path) else None
    known = _identify(path)
    if known is not None:
        return BenchmarkFiles(known.name, path, audio_dir, known.metadata[0].revision, known.licence)
    name = "" if path.suffix.lower() == ".toml" else benchmark_name(path)
    return BenchmarkFiles(name, path, audio_dir)


def _from_cache(cache_dir: Path, entry: CatalogueEntry) -> BenchmarkFiles:
    cache = Cache(cache_dir, entry)
    receipt = cache.receipt()
    if receipt is None or not cache.metadata.exists():
        raise UsageError(
            f'the benchmark "{entry.label}" has not been downloaded yet',
            code="not-downloaded",
            hint=f"run: mmar get {entry.label}   (with --no-audio for the questions alone)",
        )
    audio_dir = cache.folder if receipt.audio is not None else _audio_of_other_edition(cache_dir, entry)
    return BenchmarkFiles(entry.name, cache.metadata, audio_dir, receipt.revision, entry.licence)


def _audio_of_other_edition(cache_dir: Path, entry: CatalogueEntry) -> Path | None:
    """The clips of the default edition, which are the same files."""
    default = Cache(cache_dir, CATALOGUE[entry.name])
    receipt = default.receipt()
    return default.folder if receipt is not None and receipt.audio is not None else None


def _demonstration_set(cache_dir: Path, entry: CatalogueEntry) -> BenchmarkFiles:
    """The demonstration set, generated again when the code that generates it has changed."""
    cache = Cache(cache_dir, entry)
    folder = cache.home / _generator_version()
    metadata = folder / "demo-meta.jsonl"
    if not metadata.is_file():
        from mmar.benchmarks import demo

        with cache.lock():
            if not metadata.is_file():
                metadata = demo.build(folder)
    return BenchmarkFiles(DEMO, metadata, folder, licence=entry.licence)


def _generator_version() -> str:
    """A digest of the code that generates the demonstration set."""
    files = sorted((Path(__file__).parent / "demo").rglob("*.py"))
    return sha256_bytes(b"".join(file.read_bytes() for file in files))[:12]


def _find_metadata(folder: Path) -> Path:
    """The one metadata file of a folder."""
    files = sorted(
        file
        for file in folder.iterdir()
        if file.name.endswith(_SUFFIXES) and file.name != RECEIPT and file.is_file()
    )
    named = [file for file in files if file.name.split(".")[0].endswith("-meta")]
    candidates = named or files
    if len(candidates) == 1:
        return candidates[0]
    if not candidates and any(folder.glob("*/metadata.json")):
        return folder  # SAKURA has a folder with metadata and audio for each track
    listed = ", ".join(file.name for file in candidates[:5]) + (", …" if len(candidates) > 5 else "")
    raise InputError(
        f"contains {len(candidates)} files that could be the metadata: {listed}"
        if candidates
        else "contains no JSON or JSONL file",
        file=str(folder),
        code="no-metadata-file",
        hint="name the file itself" if candidates else "expected a file such as NAME-meta.jsonl in it",
    )


def _identify(path: Path) -> CatalogueEntry | None:
    """The entry whose published file this is exactly."""
    size = path.stat().st_size
    for entry in CATALOGUE.values():
        published = entry.metadata[0] if len(entry.metadata) == 1 else None
        if published and published.size == size > 0 and sha256_file(path) == published.sha256:
            return entry
    return None


def _has_clips(metadata: Path) -> bool:
    """Whether the clips are beside the metadata: an `audio` folder, or the first record's clip."""
    if (metadata.parent / "audio").is_dir():
        return True
    if not metadata.is_file():
        return False  # a pipe can be read only once
    clip = _first_clip(metadata)
    try:
        return clip is not None and find_clip(metadata.parent, clip).is_file()
    except InputError:
        return False  # the path is unsafe, which loading reports


def _first_clip(metadata: Path) -> str | None:
    """The clip of a file's first record, even if the rest cannot be read."""
    try:
        record: dict[str, Any] = next(first_records(raw_records(metadata)), {})
    except InputError:
        return None
    clip = record.get("audio_path", record.get("audio_id"))
    if isinstance(clip, list):
        clip = next(iter(clip), None)
    return clip if isinstance(clip, str) else None
