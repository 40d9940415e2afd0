"""A run's progress on a terminal: bar, rate, time left, failures so far. Elsewhere nothing: logs stay clean."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from mmar.runs.engine import Counts

__all__ = ["RunProgress"]


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

            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                Rate(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[failed]}"),
                console=Console(file=self._stream),
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
        self._progress.update(self._task, total=total, completed=counts.done, failed=shown)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()
