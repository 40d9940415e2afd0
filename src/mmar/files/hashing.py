"""SHA-256 of bytes, streams and files, as 64 lower-case hexadecimal digits."""

from __future__ import annotations

import hashlib
import io
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mmar.errors import ExternalError, InputError

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
    with reading(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        digest = hashlib.sha256()
        done = 0
        for piece in hashed_pieces(stream, digest):
            done += len(piece)
            if advance is not None:
                advance(done, size)
        return digest.hexdigest()


@contextmanager
def naming(path: Path | str) -> Iterator[None]:
    """Errors inside the block name the file, if they name none yet."""
    try:
        yield
    except InputError as error:
        raise error.located(str(path), None) from None


@contextmanager
def reading(path: Path | str, buffering: int = -1) -> Iterator[BinaryIO]:
    """Open a file for reading; failures inside the block are errors for the user (see `read_error`)."""
    try:
        with Path(path).open("rb", buffering) as stream:
            yield stream
    except OSError as error:
        raise read_error(error, path) from None


@contextmanager
def reading_unpacked(path: Path | str, buffering: int = io.DEFAULT_BUFFER_SIZE) -> Iterator[BinaryIO]:
    """Open a file for reading, plain or gzip, as `reading` does.

    Raises:
        InputError: damaged gzip (code `damaged-gzip`).
    """
    with reading(path, buffering) as stream:
        packed = stream.read(2) == b"\x1f\x8b"
        stream.seek(0)
        if not packed:
            yield stream
            return
        import gzip  # slow to import, and most files are plain

        try:
            with io.BufferedReader(gzip.GzipFile(fileobj=stream), buffering) as unpacked:
                yield unpacked
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise InputError(
                "the gzip data is damaged or incomplete",
                file=str(path),
                code="damaged-gzip",
                hint="get the file again, or compress it again",
            ) from None


def check_regular_file(
    path: Path, problem: str = "is a pipe or a device, which can be read only once"
) -> None:
    """Refuse a pipe or a device, which would be empty when it is read for the second time (code `not-a-file`)."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise InputError(problem, file=str(path), code="not-a-file", hint="write its content to a file first")


def read_error(error: OSError, path: Path | str) -> InputError | ExternalError:
    """An `OSError` while reading, as an error for the user.

    Returns:
        `InputError` with code `file-not-found` or `is-a-folder`, else `ExternalError` with code `unreadable`.
    """
    if isinstance(error, FileNotFoundError):
        return InputError("no such file", file=str(path), code="file-not-found", hint="check the path")
    if isinstance(error, IsADirectoryError) or Path(path).is_dir():
        return InputError("is a folder, expected a file", file=str(path), code="is-a-folder")
    return ExternalError(f"{path}: cannot be read ({error.strerror or error})", code="unreadable")
