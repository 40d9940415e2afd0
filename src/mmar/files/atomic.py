"""Atomic writes: a file or folder is replaced completely or not at all.

The content is written to a temporary name beside the target, which is then renamed. Every failure of the disk is
an `ExternalError` that names the path; what was there before stays unchanged. Temporary names match
`.NAME.*.part`, so that a program that was killed can be cleaned up after.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from mmar.errors import ExternalError, lone_surrogate_error
from mmar.files.hashing import hashed_pieces
from mmar.files.open import open_file
from mmar.files.progress import format_bytes

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class AtomicFile:
    """A file that is written in pieces and replaces its target at the end of the `with` block.

    If the block raises, the target stays unchanged. Symbolic links are followed. A target that is not a regular
    file (a device or a pipe such as `/dev/stdout`) cannot be replaced and is written to directly. The target's folder
    is created if missing. With `sync`, the data is flushed to the disk first, so that it survives a power failure.
    """

    def __init__(self, path: Path | str, *, sync: bool = False) -> None:
        self.path = Path(path)
        self._target = Path(os.path.realpath(path))
        self._part = temporary_path(self._target)
        self._sync = sync
        self._replaces = True
        self._written = False
        self._stream: BinaryIO | None = None

    def __enter__(self) -> AtomicFile:
        """Start writing."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Replace the target, or remove the temporary file after an exception."""
        try:
            if kind is None:
                with self._open() as stream:
                    if self._sync and self._replaces:
                        stream.flush()
                        os.fsync(stream.fileno())
                    stream.close()
                    if self._replaces:
                        self._part.replace(self._target)
        finally:
            if self._stream is not None:
                with suppress(OSError):
                    self._stream.close()
                if self._replaces:
                    with suppress(OSError):
                        self._part.unlink(missing_ok=True)

    def write(self, data: bytes | str) -> None:
        """Append bytes, or text as UTF-8.

        Raises:
            InputError: the text has a character that no file can hold (`lone-surrogate`).
            ExternalError: the disk cannot be written.
        """
        if isinstance(data, str):
            data = encode_text(data, self.path)
        with self._open() as stream:
            self._written = self._written or bool(data)
            stream.write(data)

    def restart(self) -> None:
        """Discard what was written so far.

        Raises:
            ExternalError: the disk cannot be written, or the target is a pipe that has received data already.
        """
        if self._written and not self._replaces:
            raise ExternalError(
                f"{self.path}: the output is written twice, which only a regular file allows",
                code="not-a-file",
                hint="write to a file",
            )
        with self._open() as stream:
            if self._written:
                stream.seek(0)
                stream.truncate()

    @contextmanager
    def _open(self) -> Iterator[BinaryIO]:
        try:
            if self._stream is None:
                self._replaces = not _is_special(self.path)
                self._target.parent.mkdir(parents=True, exist_ok=True)
                self._stream = (self._part if self._replaces else self.path).open("wb")
            yield self._stream
        except OSError as error:
            raise disk_error(error, self.path) from None


def write_atomic(path: Path | str, data: bytes | str | Iterable[bytes | str], *, sync: bool = False) -> None:
    """Replace a file's content in one step, by an `AtomicFile`; text is encoded as UTF-8.

    Raises:
        InputError: a text has a character that no file can hold (`lone-surrogate`).
        ExternalError: the disk cannot be written; the target stays unchanged.
    """
    with AtomicFile(path, sync=sync) as file:
        for piece in (data,) if isinstance(data, bytes | str) else data:
            file.write(piece)


def encode_text(text: str, path: Path) -> bytes:
    """Text as UTF-8, for a file.

    Raises:
        InputError: it has a character that no file can hold (`lone-surrogate`).
    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise lone_surrogate_error(error, file=str(path)) from None


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """A temporary path that replaces `path` at the end of the block, for libraries that write to a path.

    Its folder is created if missing. If the block creates no file there, nothing is replaced.

    Raises:
        ExternalError: the disk cannot be written; the target stays unchanged.
    """
    path = Path(path)
    part = temporary_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        if part.exists():
            part.replace(path)
    except OSError as error:
        raise disk_error(error, path) from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path | str) -> Iterator[Path]:
    """A new temporary folder that becomes `path` at the end of the block; it is removed if the block raises.

    Raises:
        ExternalError: the disk cannot be written, or the target exists and is not empty.
    """
    import shutil  # slow to import for a score, which needs none of it

    path = Path(path)
    part = temporary_path(path)
    try:
        part.mkdir(parents=True)
        yield part
        if path.is_dir():
            path.rmdir()  # fails unless it is empty
        part.rename(path)
    except OSError as error:
        raise disk_error(error, path) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def copy_atomic(source: Path | str, target: Path | str, *, sync: bool = False) -> str:
    """Copy a file in one step (see `AtomicFile`), and return the SHA-256 of the bytes that were copied.

    Raises:
        InputError: the source is missing.
        ExternalError: the source cannot be read or the target cannot be written.
    """
    digest = hashlib.sha256()
    with open_file(source) as stream:
        write_atomic(target, hashed_pieces(stream, digest), sync=sync)
    return digest.hexdigest()


def temporary_path(path: Path) -> Path:
    """A new temporary name beside a path: `.NAME.RANDOM.part`."""
    return path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")


def disk_error(error: OSError, path: Path | str) -> ExternalError:
    """Convert an `OSError` while writing to an `ExternalError` (`disk-full`, `not-writable`)."""
    reason = error.strerror or str(error)
    if error.errno in _DISK_FULL:
        return ExternalError(
            f"{path}: cannot be written, the disk is full ({reason})",
            code="disk-full",
            hint="free some space and run the same command again",
        )
    return ExternalError(f"{path}: cannot be written ({reason})", code="not-writable")


def require_space(folder: Path, needed: int) -> None:
    """Raise an `ExternalError` if the disk of an existing folder has less free space than `needed` bytes."""
    import shutil

    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ExternalError(
            f"{folder}: needs about {format_bytes(needed)} of free space, and {format_bytes(free)} are free",
            code="disk-full",
            hint="free some space, or choose another disk",
        )


def _is_special(path: Path) -> bool:
    """Whether a path exists and is neither a regular file nor a folder."""
    return path.exists() and not path.is_file() and not path.is_dir()
