"""Opening of files, plain or gzip, with failures as errors for the user."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mmar.errors import ExternalError, InputError


@contextmanager
def name_errors(path: Path | str) -> Iterator[None]:
    """Add the file's name to errors inside the block that have none."""
    try:
        yield
    except InputError as error:
        raise error.located(str(path), None) from None


@contextmanager
def open_file(path: Path | str, buffering: int = -1) -> Iterator[BinaryIO]:
    """Open a file for reading; failures inside the block are converted by `read_error`, errors get the file's name."""
    try:
        with name_errors(path), Path(path).open("rb", buffering) as stream:
            yield stream
    except OSError as error:
        raise read_error(error, path) from None


@contextmanager
def open_decompressed(path: Path | str, buffering: int = io.DEFAULT_BUFFER_SIZE) -> Iterator[BinaryIO]:
    """Open a file for reading, plain or gzip, as `open_file` does.

    Raises:
        InputError: damaged gzip (code `damaged-gzip`).
    """
    with open_file(path, buffering) as stream:
        packed = stream.read(2) == b"\x1f\x8b"
        stream.seek(0)
        if not packed:
            yield stream
            return
        import gzip  # slow to import, and most files are plain
        import zlib

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


def check_regular_file(path: Path) -> None:
    """Refuse a pipe or a device, which would be empty when it is read for the second time (code `not-a-file`)."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise InputError(
            "is a pipe or a device, which can be read only once",
            file=str(path),
            code="not-a-file",
            hint="write its content to a file first",
        )


def read_error(error: OSError, path: Path | str) -> InputError | ExternalError:
    """Convert an `OSError` to an `InputError` (`file-not-found`, `is-a-folder`) or an `ExternalError` (`unreadable`)."""
    if isinstance(error, FileNotFoundError):
        return InputError("no such file", file=str(path), code="file-not-found", hint="check the path")
    if isinstance(error, IsADirectoryError) or Path(path).is_dir():
        return InputError("is a folder, expected a file", file=str(path), code="is-a-folder")
    return ExternalError(f"{path}: cannot be read ({error.strerror or error})", code="unreadable")
