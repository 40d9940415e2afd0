"""A run's progress on a terminal: bar, rate, time left, failures so far. Elsewhere nothing: logs stay clean."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from mmar.runs.engine import Counts

__all__ = ["RunProgress", "shares"]

_NUMBERS = 50  # columns: 1,000/1,000  12.3/s  0:00:10 left  100 failed
_LEAST_BAR, _BAR = 8, 40


def shares(title: str, width: int) -> tuple[str, int]:
    """Divide a line between title and bar; the numbers beside them are what one looks for, and always fit.

    Args:
        title: what is done.
        width: of the terminal, in columns.

    Returns:
        The title, cut where it must be, and the bar's width.

    Example:
        >>> shares("openai/gpt-4o-audio-preview on mmar", 80)
        ('openai/gpt-4o-audio-p…', 8)
    """
    room = max(0, width - _NUMBERS)
    most = max(8, room - _LEAST_BAR)
    shown = title if len(title) <= most else f"{title[: most - 1]}…"
    return shown, min(_BAR, max(_LEAST_BAR, room - len(shown)))


class RunProgress:
    """Shows how far a run is. Use as a context manager; call it with the number of items and the counts.

    Args:
        title: what is done.
        stream: standard error; nothing is shown when it is no terminal.
    """

    def __init__(self, title: str, stream: TextIO) -> None:
        self._title, self._stream = title, stream
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> RunProgress:
        if self._stream.isatty():
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                ProgressColumn,
                Task,
                TextColumn,
                TimeRemainingColumn,
            )
            from rich.text import Text

            class Rate(ProgressColumn):
                """Items a second."""

                def render(self, task: Task) -> Text:
                    speed = task.finished_speed or task.speed
                    return Text("–/s" if speed is None else f"{speed:.3g}/s")

            class Left(TimeRemainingColumn):
                """The time that is left, and at the end the time that it took."""

                def render(self, task: Task) -> Text:
                    shown = super().render(task)
                    return shown if task.finished else Text.assemble(shown, " left")

            console = Console(file=self._stream)
            self._title, bar = shares(self._title, console.width)
            self._progress = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=bar),
                MofNCompleteColumn(),
                Rate(),
                Left(elapsed_when_finished=True),
                TextColumn("{task.fields[failed]}"),
                console=console,
            )
            self._progress.start()
        return self

    def __call__(self, total: int, counts: Counts) -> None:
        """Show new counts."""
        if self._progress is None:
            return
        failed = sum(counts.failed.values())
        shown = f"[red]{failed:,} failed" if failed else ""
        if self._task is None:
            self._task = self._progress.add_task(self._title, total=total, failed=shown)
        title = self._title
        if counts.stopped:
            # What is in flight may take minutes, in which nothing else would say that Ctrl-C was heard.
            again = "; Ctrl-C again ends at once" if counts.stopped == "interrupted" else ""
            title = f"{counts.stopped.splitlines()[0]}, finishing what is in flight{again}"
        self._progress.update(self._task, description=title, total=total, completed=counts.done, failed=shown)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()
