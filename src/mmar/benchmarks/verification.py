"""Checks of files before they enter the cache: what they contain, and whether they are the publisher's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from mmar.benchmarks.catalogue import CatalogueEntry, RemoteFile
from mmar.errors import InputError, UsageError
from mmar.files.hashing import sha256_bytes, sha256_file
from mmar.files.open import open_decompressed
from mmar.files.sniff import sniff_file
from mmar.items import load_benchmark

_LARGEST = 1 << 30


class Source(msgspec.Struct, frozen=True):
    """A file on its way into the cache.

    Attributes:
        name: what the user calls it.
        path: where its bytes are.
        downloaded: whether it is a working file, to be removed after use.
    """

    name: str
    path: Path
    downloaded: bool = False


def source_kind(source: Source, entry: CatalogueEntry) -> str:
    """Whether a file is metadata, an archive of clips, or clips in Parquet, by its content."""
    kind = sniff_file(source.path, decompress=True)
    if kind.group == "records":
        return "metadata"
    if kind.group == "archive":
        return "clips"
    if kind.format == "parquet":
        return "metadata" if entry.metadata[0].filename.endswith(".parquet") else "parquet"
    raise InputError(
        f"is {kind.label}, expected metadata (.json, .jsonl or .gz) or clips (.tar, .tar.gz, .zip or .parquet)",
        file=source.name,
        code="wrong-file-type",
    )


def read_metadata(
    source: Source, entry: CatalogueEntry, remotes: Sequence[RemoteFile]
) -> tuple[RemoteFile, bytes]:
    """Identify a file among the publisher's, and return its content, decompressed if it is gzip.

    Raises:
        InputError: it is none of them exactly (code `wrong-digest`), or damaged.
    """
    # One byte more than the largest shows that it is another file.
    limit = max(remote.size for remote in remotes) + 1 if all(each.size for each in remotes) else _LARGEST
    try:
        with open_decompressed(source.path) as stream:
            content = stream.read(limit)
    except InputError as error:
        error.file = source.name
        raise
    digest = sha256_bytes(content) if len(content) < limit else sha256_file(source.path)
    for remote in remotes:
        if digest == remote.sha256 or _git_blob(content) == remote.git_blob or not remote.pinned:
            return remote, content
    first = remotes[0]
    expected = first.sha256 or f"the Git object id {first.git_blob}"
    others = f", and its other {len(remotes) - 1} files have others" if len(remotes) > 1 else ""
    raise InputError(
        f"has SHA-256 {digest}; {entry.title} at revision {first.revision[:12]} has {expected}{others}",
        file=source.name,
        code="wrong-digest",
        hint="a benchmark of your own needs no mmar get: give its path instead of a name",
    )


def check_layout(path: Path, entry: CatalogueEntry) -> None:
    """Check a file of questions for which no digest is known; it is removed if it is another benchmark's.

    Raises:
        InputError: it cannot be read, or has another layout (code `wrong-layout`).
        UsageError: the library that reads it is not installed (code `missing-extra`).
    """
    try:
        name = load_benchmark(path).name
        if name != entry.name:
            hint = f"give the questions of {entry.title}"
            raise InputError(f'has the layout of "{name}"', file=str(path), code="wrong-layout", hint=hint)
    except (InputError, UsageError):
        path.unlink(missing_ok=True)
        raise


def _git_blob(content: bytes) -> str:
    """The object id that Git gives to a file; it identifies the file, SHA-1 being what Git uses."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def discard(sources: Iterable[Source]) -> None:
    """Remove working files."""
    for source in sources:
        if source.downloaded:
            source.path.unlink(missing_ok=True)
