"""SHA-256 of bytes, streams and files, as 64 lower-case hexadecimal digits."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from mmar.files.open import open_file

_CHUNK = 1 << 20


def hashed_pieces(stream: BinaryIO, digest: hashlib._Hash) -> Iterator[bytes]:
    """The pieces of a stream, each added to a digest."""
    while piece := stream.read(_CHUNK):
        digest.update(piece)
        yield piece


def sha256_bytes(data: bytes | bytearray | memoryview) -> str:
    """The SHA-256 of bytes in memory."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path | str, advance: Callable[[int, int | None], None] | None = None) -> str:
    """The SHA-256 of a file, read as a stream; `advance` is called with the bytes read so far and the file's size.

    Raises:
        InputError: the file is missing or is a folder.
        ExternalError: it cannot be read.
    """
    with open_file(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        digest = hashlib.sha256()
        done = 0
        for piece in hashed_pieces(stream, digest):
            done += len(piece)
            if advance is not None:
                advance(done, size)
        return digest.hexdigest()
