"""Ctrl-C: the first one finishes what is in flight, since it is paid for; the second one ends at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["stopped_by_interrupt"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopped_by_interrupt(halt: Callable[[str], None]) -> Iterator[None]:
    """While it lasts, SIGINT and SIGTERM call `halt` once, and end the process the second time.

    Where the event loop takes no signals (Windows, or a thread of its own) they do what they always do.
    """
    loop = asyncio.get_running_loop()
    seen: list[int] = []

    def interrupt(which: int) -> None:
        if seen:
            signal.signal(which, signal.SIG_DFL)
            signal.raise_signal(which)
        seen.append(which)
        halt("interrupted")

    handled = []
    for each in _SIGNALS:
        try:
            loop.add_signal_handler(each, interrupt, each)
        except (NotImplementedError, RuntimeError, ValueError):
            continue
        handled.append(each)
    try:
        yield
    finally:
        for each in handled:
            loop.remove_signal_handler(each)
