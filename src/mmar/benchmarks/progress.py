"""How a long step says how far it is: a bar on a terminal, a few lines elsewhere, nothing in a library."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TextIO

__all__ = [
    "Advance",
    "PlainProgress",
    "Progress",
    "SilentProgress",
    "TerminalProgress",
    "bytes_text",
    "progress_on",
]

Advance = Callable[[int, int | None], None]
"""Called with the bytes done so far and, when known, the bytes in all."""


class Progress(Protocol):
    """What a step needs of its audience."""

    def note(self, text: str) -> None:
        """Say one thing."""

    def task(self, label: str, total: int | None) -> AbstractContextManager[Advance]:
        """Follow one piece of work, measured in bytes."""


class SilentProgress:
    """Says nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""

    @contextmanager
    def task(self, label: str, total: int | None) -> Iterator[Advance]:  # noqa: ARG002
        """Follow in silence."""
        yield _unheard


class PlainProgress:
    """Lines for a log file: one at the start of a piece of work, then one now and then.

    Args:
        stream: where to write.
        every: seconds from one line to the next at least.
    """

    def __init__(self, stream: TextIO, every: float = 10.0) -> None:
        self._stream, self._every = stream, every

    def note(self, text: str) -> None:
        """Write one line."""
        print(text, file=self._stream, flush=True)

    @contextmanager
    def task(self, label: str, total: int | None) -> Iterator[Advance]:
        """Write a line at the start and whenever enough time has passed."""
        self.note(f"{label}{f', {bytes_text(total)}' if total else ''}")
        told = time.monotonic()

        def advance(done: int, of: int | None) -> None:
            nonlocal told
            if (now := time.monotonic()) >= told + self._every:
                told = now
                self.note(f"{label}: {bytes_text(done)}{f' of {bytes_text(of)}' if of else ''}")

        yield advance


class TerminalProgress:
    """A bar with rate and remaining time; notes scroll by above it.

    Args:
        stream: a terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console

        self._console = Console(file=stream, highlight=False)

    def note(self, text: str) -> None:
        """Print one line above the bar."""
        self._console.print(text, markup=False, soft_wrap=True)

    @contextmanager
    def task(self, label: str, total: int | None) -> Iterator[Advance]:
        """Show a bar until the work ends, then leave no trace of it."""
        from rich import progress as bars

        columns = (
            bars.TextColumn("{task.description}", markup=False),
            bars.BarColumn(),
            bars.DownloadColumn(),
            bars.TransferSpeedColumn(),
            bars.TimeRemainingColumn(),
        )
        with bars.Progress(*columns, console=self._console, transient=True) as shown:
            bar = shown.add_task(label, total=total)
            yield lambda done, of: shown.update(bar, completed=done, total=of)


def progress_on(stream: TextIO) -> Progress:
    """The audience that suits a stream: a bar if it is a terminal, plain lines if not."""
    return TerminalProgress(stream) if stream.isatty() else PlainProgress(stream)


def bytes_text(count: int) -> str:
    """A number of bytes for people, in decimal units.

    Example:
        >>> bytes_text(2_983_578_514)
        '2.98 GB'
    """
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} byte{'' if count == 1 else 's'}"


def _unheard(done: int, of: int | None) -> None:
    """The advance that nobody listens to."""
