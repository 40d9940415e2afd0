"""From what a person types to a benchmark's files: a name of the catalogue, a file, or a folder.

A name of the catalogue comes first; a file or folder of the same name is meant by `./mmar`. This runs at the
start of every command, so it looks at a few files and imports nothing heavy.
"""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path

import msgspec

from mmar.benchmarks.catalogue import CATALOGUE, DEMO, Entry, meant_by
from mmar.benchmarks.store import RECEIPT, Store
from mmar.errors import ExternalError, InputError, UsageError
from mmar.files.hashing import sha256_file
from mmar.files.safe_paths import clip_path

__all__ = ["Located", "resolve"]

_HEAD = 1 << 18  # bytes; MMAR's longest record has a few thousand
_CLIP = re.compile(rb'"audio_(?:path|id)"\s*:\s*("(?:[^"\\]|\\.)*")')
_SUFFIXES = (".json", ".jsonl", ".json.gz", ".jsonl.gz")


class Located(msgspec.Struct, frozen=True):
    """A benchmark's place.

    Attributes:
        name: the catalogue's name where it is known, else the file's name without endings and `-meta`.
        metadata: the file of questions.
        audio_dir: the folder that each `audio_path` is relative to; `None` where no clips were found.
        revision: the publisher's commit, where the file is known to be that version.
        licence: of the data, where known.
    """

    name: str
    metadata: Path
    audio_dir: Path | None
    revision: str | None
    licence: str | None


def resolve(name_or_path: str | Path, cache_dir: Path) -> Located:
    """Find a benchmark.

    Args:
        name_or_path: a name of the catalogue, a metadata file, or a folder that holds one.
        cache_dir: the program's cache directory; the demonstration set is made there when first asked for.

    Raises:
        UsageError: a known name that was not fetched yet, or neither a name nor a path that exists.
        InputError: a folder that holds no metadata file, or several.
        ExternalError: the demonstration set cannot be written.
    """
    entry = CATALOGUE.get(str(name_or_path)) if isinstance(name_or_path, str) else None
    if entry is not None:
        return _demo(cache_dir, entry) if entry.name == DEMO else _fetched(cache_dir, entry)
    path = Path(name_or_path).expanduser()
    try:
        if path.is_dir():
            path = _metadata_in(path)
        elif not path.exists():
            raise UsageError(_no_such(str(name_or_path)))
        return _at(path)
    except OSError as error:
        raise ExternalError(f"{path}: cannot be read ({error.strerror or error})") from None


def _at(path: Path) -> Located:
    """A metadata file that exists."""
    known = _published_as(path)
    return Located(
        name=known.name if known else path.name.split(".")[0].removesuffix("-meta"),
        metadata=path,
        audio_dir=path.parent if _has_clips(path) else None,
        revision=known.metadata.revision if known and known.metadata else None,
        licence=known.licence if known else None,
    )


def _fetched(cache_dir: Path, entry: Entry) -> Located:
    store = Store(cache_dir, entry)
    receipt = store.receipt()
    if receipt is None or not store.metadata.is_file():
        raise UsageError(
            f"the benchmark “{entry.name}” is not here yet; run `mmar get {entry.name}` first "
            "(with --no-audio for the questions alone)"
        )
    return Located(
        name=entry.name,
        metadata=store.metadata,
        audio_dir=store.folder if receipt.audio is not None else None,
        revision=receipt.revision,
        licence=entry.licence,
    )


def _demo(cache_dir: Path, entry: Entry) -> Located:
    """The demonstration set, made anew when the program that makes it has changed."""
    store = Store(cache_dir, entry)
    folder = store.home / _digest_of_maker()
    metadata = folder / "demo-meta.jsonl"
    if not metadata.is_file():
        from mmar.benchmarks import demo

        with store.locked(lambda: None):
            if not metadata.is_file():
                metadata = demo.build(folder)
    return Located(name=DEMO, metadata=metadata, audio_dir=folder, revision=None, licence=entry.licence)


def _digest_of_maker() -> str:
    """What the demonstration set depends on: the program text that makes it."""
    import hashlib

    digest = hashlib.sha256()
    maker = Path(__file__).parent / "demo"
    for file in sorted(maker.rglob("*.py")):
        digest.update(file.relative_to(maker).as_posix().encode() + b"\0")
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _metadata_in(folder: Path) -> Path:
    """The one metadata file of a folder."""
    files = sorted(
        file
        for file in folder.iterdir()
        if file.name.endswith(_SUFFIXES) and file.name != RECEIPT and file.is_file()
    )
    named = [file for file in files if file.name.split(".")[0].endswith("-meta")]
    found = named or files
    if len(found) == 1:
        return found[0]
    listed = ", ".join(file.name for file in found[:5]) + (", …" if len(found) > 5 else "")
    raise InputError(
        f"holds {len(found)} files that could be the metadata: {listed}"
        if found
        else "holds no JSON or JSONL file",
        file=str(folder),
        hint="name the file itself" if found else "expected a file such as NAME-meta.jsonl in it",
    )


def _published_as(path: Path) -> Entry | None:
    """The catalogue's entry whose published file this is, byte for byte."""
    size = path.stat().st_size
    for entry in CATALOGUE.values():
        if entry.metadata and entry.metadata.size == size and sha256_file(path) == entry.metadata.sha256:
            return entry
    return None


def _has_clips(metadata: Path) -> bool:
    """Whether the clips lie beside the metadata: an `audio` folder, or the first record's clip."""
    if (metadata.parent / "audio").is_dir():
        return True
    if not metadata.is_file():
        return False  # a pipe could be read only once
    clip = _first_clip(metadata)
    try:
        return clip is not None and clip_path(metadata.parent, clip).is_file()
    except InputError:
        return False  # it leads out of the folder; that is said when the record is read


def _first_clip(metadata: Path) -> str | None:
    """The first `audio_path` in a file's beginning, whatever is wrong with the rest."""
    try:
        with metadata.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            head = gzip.GzipFile(fileobj=plain).read(_HEAD) if packed else plain.read(_HEAD)
        found = _CLIP.search(head)
        return msgspec.json.decode(found[1], type=str) if found else None
    except (gzip.BadGzipFile, EOFError, zlib.error, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _no_such(text: str) -> str:
    return f"“{text}” is neither a benchmark's name nor a file or folder that exists{meant_by(text)}"
