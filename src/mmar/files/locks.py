"""Locks between processes, on `filelock`.

The operating system releases a lock when its holder ends, however it ends. The lock is a file of its own, beside
what it protects: Windows does not allow reading a file whose bytes are locked. Lock files are left in place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mmar.errors import ExternalError

if TYPE_CHECKING:
    from filelock import BaseFileLock

_POLL_S = 0.2


def try_lock(path: Path | str) -> BaseFileLock | None:
    """Take a lock if it is free; the lock file and its folder are created if missing.

    Returns:
        The lock, to be given back with `.release()` (or by the end of the process); `None` if another process,
        or another caller in this process, holds it.

    Raises:
        ExternalError: the lock file cannot be written, or its disk does not support locks.
    """
    from filelock import FileLock, Timeout

    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = FileLock(path, thread_local=False)
        held.acquire(blocking=False)
    except Timeout:
        return None
    except (OSError, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ExternalError(f"{path}: cannot be locked ({reason})", code="not-lockable") from None
    return held


@contextmanager
def lock(path: Path | str, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold a lock as `try_lock` does, but wait while it is not free; `on_wait` is called once before."""
    while (held := try_lock(path)) is None:
        if on_wait is not None:
            on_wait()
            on_wait = None
        time.sleep(_POLL_S)
    try:
        yield
    finally:
        held.release()
