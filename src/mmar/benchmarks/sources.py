"""Files on their way into the cache, the user's and the publisher's: what they contain, and whether they are the right ones."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import msgspec

from mmar.benchmarks.catalogue import Entry, RemoteFile
from mmar.errors import InputError
from mmar.files.hashing import reading, sha256_bytes, sha256_file
from mmar.files.parquet import is_parquet
from mmar.files.sniff import sniff_file

__all__ = ["Source", "discard", "has_parquet", "kind_of", "read_metadata"]


class Source(msgspec.Struct, frozen=True):
    """A file on its way into the cache.

    Attributes:
        name: what the user calls it.
        path: where its bytes are.
        downloaded: whether it is a working file, to be removed after use.
        more: further files of the same kind; clips in Parquet files come in several.
    """

    name: str
    path: Path
    downloaded: bool = False
    more: tuple[Source, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """All files."""
        return (self.path, *(each.path for each in self.more))


def kind_of(source: Source) -> str:
    """Whether a file is metadata or an archive of clips, by its content."""
    kind = sniff_file(source.path, decompress=True)
    if kind.group == "records":
        return "metadata"
    if kind.group == "archive":
        return "clips"
    if has_parquet(source.path):
        return "parquet"
    raise InputError(
        f"is {kind.label}, expected metadata (.json, .jsonl or .gz) or clips (.tar, .tar.gz, .zip or .parquet)",
        file=source.name,
        code="wrong-file-type",
    )


def has_parquet(path: Path) -> bool:
    """Whether a file is Parquet, by its first bytes."""
    with reading(path) as stream:
        return is_parquet(stream.read(4))


def read_metadata(source: Source, entry: Entry, published: RemoteFile) -> bytes:
    """The content of a metadata file, decompressed if it is gzip, if it is exactly the publisher's."""
    limit = published.size + 1  # one byte more shows that it is another file
    try:
        with reading(source.path) as plain:
            compressed = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            content = gzip.GzipFile(fileobj=plain).read(limit) if compressed else plain.read(limit)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise InputError(
            "the gzip data is damaged or incomplete",
            file=source.name,
            code="damaged-gzip",
            hint="get it again",
        ) from None
    digest = sha256_bytes(content) if len(content) < limit else sha256_file(source.path)
    if digest != published.sha256:
        raise InputError(
            f"has SHA-256 {digest}; {entry.title} at revision {published.revision[:12]} has {published.sha256}",
            file=source.name,
            code="wrong-digest",
            hint="a benchmark of your own needs no mmar get: give its path instead of a name",
        )
    return content


def discard(source: Source) -> None:
    """Remove working files."""
    for each in (source, *source.more):
        if each.downloaded:
            each.path.unlink(missing_ok=True)
