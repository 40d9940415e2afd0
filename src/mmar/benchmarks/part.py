"""A file under way: its bytes so far, and beside them which version of the file they belong to.

`NAME.part` only ever grows, without a buffer that a kill would lose; `NAME.part.json` is written before the
first byte of a reply is. Bytes whose version is not known are worth nothing and are thrown away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from mmar.files.atomic import disk_error, write_atomic

__all__ = ["Claim", "Version", "appending", "discard", "left_over", "part_of", "remember"]


class Claim(msgspec.Struct, frozen=True):
    """What a host says of a file before it sends it (Hugging Face: `X-Linked-Etag` and `X-Linked-Size`).

    Attributes:
        sha256: of the whole file.
        size: bytes, where said.
    """

    sha256: str
    size: int | None = None


class Version(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which version of a file a part belongs to.

    Attributes:
        total: bytes of the whole, where the server said so.
        etag: the `ETag` header.
        modified: the `Last-Modified` header.
        replies: in how many pieces it came.
        claim: what the host said of it.
    """

    total: int | None = None
    etag: str | None = None
    modified: str | None = None
    replies: int = 1
    claim: Claim | None = None

    @property
    def validator(self) -> str | None:
        """What `If-Range` may carry (RFC 9110, 13.1.5): a strong entity tag, else the date."""
        if self.etag and not self.etag.startswith("W/"):
            return self.etag
        return self.modified


def part_of(url: str, folder: Path) -> Path:
    """The working file of a URL."""
    return folder / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.part"


def left_over(part: Path) -> tuple[Version | None, int]:
    """The version and the number of bytes that an earlier try left; nothing if the two do not fit."""
    try:
        version = msgspec.json.decode(_sidecar(part).read_bytes(), type=Version)
        held = part.stat().st_size
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        version, held = None, 0
    if version is None:
        discard(part)
        return None, 0
    return version, held


def remember(part: Path, version: Version) -> None:
    """Write down which version the bytes to come belong to.

    Raises:
        ExternalError: the disk refuses.
    """
    write_atomic(_sidecar(part), msgspec.json.encode(version))


def discard(part: Path) -> None:
    """Throw away what was fetched of a file.

    Raises:
        ExternalError: the disk refuses.
    """
    try:
        part.unlink(missing_ok=True)
        _sidecar(part).unlink(missing_ok=True)
    except OSError as error:
        raise disk_error(error, part) from None


@contextmanager
def appending(part: Path) -> Iterator[Callable[[bytes], None]]:
    """Give a function that writes at the end of the part.

    Raises:
        ExternalError: the disk refuses, here or in the function.
    """
    try:
        file = part.open("ab", buffering=0)
    except OSError as error:
        raise disk_error(error, part) from None

    def append(data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except OSError as error:
            raise disk_error(error, part) from None

    with file:
        yield append


def _sidecar(part: Path) -> Path:
    return part.with_name(part.name + ".json")
