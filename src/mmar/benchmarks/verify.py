"""Is it the file that was meant? Digests compared before anything is put in place.

A digest of the catalogue decides wherever a file came from. Where the catalogue has none, the digest that the
file's host announced on the way is what there is; where there is neither, nothing is claimed.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path

import msgspec

from mmar.benchmarks.catalogue import Entry
from mmar.benchmarks.fetch import Download
from mmar.benchmarks.store import Witness
from mmar.errors import ExternalError, InputError
from mmar.files.hashing import sha256_file

__all__ = ["Source", "compare_archive", "published_content"]


class Source(msgspec.Struct, frozen=True):
    """A file at hand, on its way into the cache.

    Attributes:
        shown: what the person calls it.
        path: where its bytes are.
        url: where they came from, if from the network.
        download: how they came.
    """

    shown: str
    path: Path
    url: str | None = None
    download: Download | None = None


def published_content(source: Source, entry: Entry) -> bytes:
    """A metadata file's bytes, unpacked if it is gzipped, if they are the publisher's to the letter.

    Raises:
        InputError: they are others; the message has both digests.
        ExternalError: the file cannot be read.
    """
    published = entry.metadata
    assert published is not None
    most = published.size + 1  # one byte too many is enough to see that it is another file
    try:
        with source.path.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            content = gzip.GzipFile(fileobj=plain).read(most) if packed else plain.read(most)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"broken gzip data ({error})", file=source.shown, hint="fetch it again") from None
    except OSError as error:
        raise ExternalError(f"{source.shown}: cannot be read ({error.strerror or error})") from None
    digest = hashlib.sha256(content).hexdigest() if len(content) < most else sha256_file(source.path)
    if digest != published.sha256:
        raise InputError(
            f"has SHA-256 {digest}; {entry.title} at revision {published.revision[:12]} has "
            f"{published.sha256}",
            file=source.shown,
            hint="a benchmark of your own needs no `mmar get`: give its path where a name is asked for",
        )
    return content


def compare_archive(source: Source, entry: Entry, digest: str, size: int) -> tuple[Witness, ...]:
    """Compare an archive's digest with all that there is to compare it with.

    Args:
        source: the archive.
        entry: the benchmark.
        digest: the archive's SHA-256.
        size: its bytes.

    Returns:
        What it was equal to; empty if there is nothing to compare with.

    Raises:
        InputError: it is not equal; the message has both digests.
    """
    published, claim = entry.audio, source.download.claim if source.download else None
    if published is not None and digest != published.sha256:
        raise InputError(
            f"of {size:,} bytes has SHA-256 {digest}; the publisher's archive of {published.size:,} bytes "
            f"has {published.sha256}",
            file=source.shown,
            hint="if you trust these clips all the same, unpack them and name the folder with --audio-dir",
        )
    if claim is not None and digest != claim.sha256:
        raise InputError(
            f"has SHA-256 {digest}; its host announced {claim.sha256}",
            file=source.shown,
            hint="run the same command again",
        )
    witnesses: list[Witness] = []
    if published is not None:
        witnesses.append("catalogue")
    if claim is not None:
        witnesses.append("host")
    return tuple(witnesses)
