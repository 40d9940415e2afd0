"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from mmar.errors import ExternalError

__all__ = ["WholeFile", "write_whole"]


class WholeFile:
    """A file that is written piece by piece and takes its place in one step, at the end of the `with` block.

    When the block ends by an exception, what stood there stays as it was. A link is followed, and what is no file (a
    device, a pipe such as `/dev/stdout`) is written to as it is: nothing can take its place.
    """

    def __init__(self, path: Path) -> None:
        """Prepare; nothing is made before something is written.

        Args:
            path: the file; its folder is made where it is missing.
        """
        self.path = path
        self._place = Path(os.path.realpath(path))
        self._part = self._place.with_name(f".{self._place.name}.{os.getpid()}.part")
        self._whole = True
        self._written = False
        self._stream: BinaryIO | None = None

    def __enter__(self) -> WholeFile:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put it in its place, or away.

        Raises:
            ExternalError: the disk refuses.
        """
        try:
            if kind is None:
                with self._opened() as stream:
                    stream.close()
                    if self._whole:
                        self._part.replace(self._place)
        finally:
            if self._stream is not None:
                with suppress(OSError):
                    self._stream.close()
                if self._whole:
                    self._part.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Add bytes.

        Raises:
            ExternalError: the disk refuses.
        """
        with self._opened() as stream:
            self._written = self._written or bool(data)
            stream.write(data)

    def begin_again(self) -> None:
        """Forget what was written.

        Raises:
            ExternalError: the disk refuses, or it is no file and has gone out already.
        """
        if self._written and not self._whole:
            raise ExternalError(f"{self.path}: has to be written anew, which only a file can be; name a file")
        with self._opened() as stream:
            if self._written:
                stream.seek(0)
                stream.truncate()

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        try:
            if self._stream is None:
                self._whole = not _is_special(self.path)
                self._place.parent.mkdir(parents=True, exist_ok=True)
                self._stream = (self._part if self._whole else self.path).open("wb")
            yield self._stream
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            what_to_do = "\n  → make room, and give the same command again" if full else ""
            said = f"{self.path}: cannot be written ({error.strerror or error}){what_to_do}"
            raise ExternalError(said) from None


def _is_special(path: Path) -> bool:
    """Whether a path is something that is neither file nor folder."""
    return path.exists() and not path.is_file() and not path.is_dir()


def write_whole(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Put bytes in place of a file in one step.

    Args:
        path: the file.
        data: all of it, or its pieces in order.

    Raises:
        ExternalError: the disk refuses; what stood there stays as it was.
    """
    with WholeFile(path) as file:
        for piece in (data,) if isinstance(data, bytes) else data:
            file.write(piece)
