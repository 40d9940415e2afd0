"""Progress of a long step: a bar on a terminal, a few lines in a log, nothing when used as a library."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TextIO

Advance = Callable[[int, int | None], None]
"""Called with the bytes done so far and, if known, the total."""


def ignore(done: int, of: int | None) -> None:
    """An `Advance` that reports nothing."""


class Progress(Protocol):
    """Reports progress of a long step."""

    def note(self, text: str) -> None:
        """Report one event."""

    def task(self, label: str, total: int | None) -> AbstractContextManager[Advance]:
        """Report on one piece of work, measured in bytes."""


class NoProgress:
    """Reports nothing."""

    def note(self, text: str) -> None:
        """Ignore the text."""

    @contextmanager
    def task(self, label: str, total: int | None) -> Iterator[Advance]:  # noqa: ARG002
        """Ignore the task."""
        yield ignore


class LogProgress:
    """Lines for a log: one at the start of a task, then at most one in `every` seconds."""

    def __init__(self, stream: TextIO, every: float = 10.0) -> None:
        self._stream, self._every = stream, every

    def note(self, text: str) -> None:
        """Write one line."""
        print(text, file=self._stream, flush=True)

    @contextmanager
    def task(self, label: str, total: int | None) -> Iterator[Advance]:
        """Report on a task in lines."""
        self.note(f"{label}{f', {format_bytes(total)}' if total else ''}")
        last = time.monotonic()

        def advance(done: int, of: int | None) -> None:
            nonlocal last
            if (now := time.monotonic()) >= last + self._every:
                last = now
                self.note(f"{label}: {format_bytes(done)}{f' of {format_bytes(of)}' if of else ''}")

        yield advance


class TerminalProgress:
    """A bar with rate and remaining time, in colour where the terminal may be sent its codes."""

    def __init__(self, stream: TextIO, *, colour: bool = True) -> None:
        from rich.console import Console

        self._console = Console(file=stream, highlight=False, color_system="auto" if colour else None)

    def note(self, text: str) -> None:
        """Print one line above the bar."""
        self._console.print(text, markup=False, soft_wrap=True)

    @contextmanager
    def task(self, label: str, total: int | None) -> Iterator[Advance]:
        """Show a bar until the task ends, then remove it."""
        from rich import progress as bars

        columns = (
            bars.TextColumn("{task.description}", markup=False),
            bars.BarColumn(),
            bars.DownloadColumn(),
            bars.TransferSpeedColumn(),
            bars.TimeRemainingColumn(),
        )
        with bars.Progress(*columns, console=self._console, transient=True) as display:
            bar = display.add_task(label, total=total)
            yield lambda done, of: display.update(bar, completed=done, total=of)


def progress_for(stream: TextIO, *, colour: bool = True) -> Progress:
    """A bar if the stream is a terminal, plain lines otherwise."""
    return TerminalProgress(stream, colour=colour) if stream.isatty() else LogProgress(stream)


def format_bytes(count: int) -> str:
    """A number of bytes in decimal units.

    Example:
        >>> format_bytes(2_983_578_514), format_bytes(1)
        ('2.98 GB', '1 byte')
    """
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size * 0.9995:  # so that three digits never read 1e+03
            return f"{count / size:.3g} {unit}"
    return f"{count} byte{'' if count == 1 else 's'}"
