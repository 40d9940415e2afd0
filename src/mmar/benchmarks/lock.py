"""One process at a time: a lock on a file, which the system frees when its holder ends, however it ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mmar.errors import ExternalError

__all__ = ["locked"]

_LOOK_AGAIN = 0.2  # seconds


@contextmanager
def locked(path: Path, wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of a file; wait for it if somebody else does.

    Args:
        path: the file, made if it is not there; it stays afterwards, since removing it would race.
        wait: called once before waiting.

    Raises:
        ExternalError: the file cannot be written, or its disk knows no locks.
    """
    try:
        file = path.open("ab")
    except OSError as error:
        raise ExternalError(f"{path}: cannot be written ({error.strerror or error})") from None
    with file:
        told = False
        try:
            while not _try_lock(file.fileno()):
                if not told:
                    wait()
                told = True
                time.sleep(_LOOK_AGAIN)
        except OSError as error:
            raise ExternalError(f"{path}: cannot be locked ({error.strerror or error})") from None
        yield


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
