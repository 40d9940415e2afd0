"""Progress of a run on standard error: a bar on a terminal, a line now and then in a log.

Both show why requests fail while the run goes on: on a terminal the first reason of each kind of failure stands under
the bar; in a log each new kind has a line at once, and every 30 seconds a line has the rate and the latest reason.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from mmar.cli.terminal import display, external_errors
from mmar.errors import strip_control_chars

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.progress import Progress, TaskID

    from mmar.runs.engine import Counts
    from mmar.scoring.live_score import LiveScore

_NUMBERS = 50  # columns: 1,000/1,000  12.3/s  0:00:10 left  100 failed
_MIN_BAR, _BAR = 8, 40
_INTERVAL_S = 30.0
_MAX_REASONS = 3
# Answers counted at a time for the running interval, which holds up the event loop by some milliseconds.
_LIVE_ANSWERS, _LOG_ANSWERS = 100, 5000


def shares(title: str, width: int) -> tuple[str, int]:
    """Divide a line between title and bar; the numbers beside them always fit.

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
    most = max(8, room - _MIN_BAR)
    short = title if len(title) <= most else f"{title[: most - 1]}…"
    return short, min(_BAR, max(_MIN_BAR, room - len(short)))


class RunProgress:
    """Shows how far a run is. Use as a context manager; call it with the number of requests and the counts.

    Args:
        title: what is done.
        stream: standard error.
        live: counts the answers; its running interval is shown.
    """

    def __init__(self, title: str, stream: TextIO, live: LiveScore | None = None) -> None:
        self._title, self._stream, self._live = title, stream, live
        self._bar: _Bar | None = None
        self._log: _Log | None = None

    def __enter__(self) -> RunProgress:
        if self._stream.isatty():
            self._bar = _Bar(self._title, self._stream, self._live)
        else:
            self._log = _Log(self._stream, self._live)
        return self

    def __call__(self, total: int, counts: Counts) -> None:
        """Show new counts."""
        if self._bar is not None:
            if self._live is not None:
                self._live.update(_LIVE_ANSWERS)
            self._bar.show(total, counts)
        elif self._log is not None:
            if self._live is not None and self._log.is_due:
                self._live.update(_LOG_ANSWERS)
            self._log.show(total, counts)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


@contextmanager
def model_progress(title: str) -> Iterator[RunProgress]:
    """Show the progress of a model that is asked on standard error; an external error ends the command.

    What is loaded by now stays, and is no longer looked at for garbage: that would delay the requests.
    """
    gc.freeze()
    with external_errors(), RunProgress(title, sys.stderr) as progress:
        yield progress


class _Log:
    """Lines for a stream that is no terminal."""

    def __init__(self, stream: TextIO, live: LiveScore | None = None) -> None:
        self._stream, self._live = stream, live
        self._start = self._last = time.monotonic()
        self._kinds = self._warnings = 0
        self._stopped = self._waited = False

    @property
    def is_due(self) -> bool:
        """Whether a line is due by the time."""
        return time.monotonic() - self._last >= _INTERVAL_S

    def show(self, total: int, counts: Counts) -> None:
        now = time.monotonic()
        new = list(counts.reasons)[self._kinds :]
        self._kinds = len(counts.reasons)
        for kind in new:
            self._line(total, counts, now, f"{kind}: {_first_line(counts.reasons[kind])}")
        for warning in counts.warnings[self._warnings :]:
            self._line(total, counts, now, f"warning: {warning}")
        self._warnings = len(counts.warnings)
        if counts.stopped and not self._stopped:
            self._stopped = True
            self._line(total, counts, now, f"stopping: {_first_line(counts.stopped)}")
        elif counts.waiting and not self._waited:
            self._waited = True
            self._line(total, counts, now, _first_line(counts.waiting))
        elif not new and now - self._last >= _INTERVAL_S:
            self._line(total, counts, now, _first_line(counts.waiting or _latest(counts)))

    def _line(self, total: int, counts: Counts, now: float, reason: str) -> None:
        self._last = now
        rate = counts.done / max(now - self._start, 1e-9)
        failed = sum(counts.failed.values())
        text = f"{counts.done:,}/{total:,} done, {rate:.3g}/s, {failed:,} failed"
        if counts.retried:
            text += f", {counts.retried:,} retried"
        if accuracy := _live_text(self._live):
            text += f", {accuracy}"
        print(f"{text}; {reason}" if reason else text, file=self._stream, flush=True)


class _Bar:
    """A bar with numbers, and the reasons of failures under it."""

    def __init__(self, title: str, stream: TextIO, live: LiveScore | None = None) -> None:
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

        reasons: list[str] = []
        accuracy: list[str] = []

        class Rate(ProgressColumn):
            """Items a second."""

            def render(self, task: Task) -> Text:
                speed = task.finished_speed or task.speed
                return Text("–/s" if speed is None else f"{speed:.3g}/s")

        class Left(TimeRemainingColumn):
            """The time that is left, and at the end the time that it took."""

            def render(self, task: Task) -> Text:
                left = super().render(task)
                return left if task.finished else Text.assemble(left, " left")

        class WithReasons(Progress):
            """A bar with lines of text under it."""

            def get_renderables(self) -> Iterator[RenderableType]:
                yield from super().get_renderables()
                for text in accuracy:
                    yield Text(text, style="dim", no_wrap=True, overflow="ellipsis")
                for reason in reasons:
                    yield Text(reason, style="red", no_wrap=True, overflow="ellipsis")

        console = Console(file=stream, color_system="auto" if display(stream).colour else None)
        self._title, bar = shares(title, console.width)
        self._reasons = reasons
        self._live, self._accuracy = live, accuracy
        self._task: TaskID | None = None
        self._progress: Progress = WithReasons(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=bar),
            MofNCompleteColumn(),
            Rate(),
            Left(elapsed_when_finished=True),
            TextColumn("{task.fields[failed]}"),
            console=console,
        )
        self._progress.start()

    def show(self, total: int, counts: Counts) -> None:
        failed = sum(counts.failed.values())
        failures = f"[red]{failed:,} failed" if failed else ""
        if self._task is None:
            self._task = self._progress.add_task(self._title, total=total, failed=failures)
        title = self._title
        if counts.stopped:
            # What is in flight may take minutes, in which nothing else would say that Ctrl-C was received.
            again = "; Ctrl-C again ends at once" if counts.stopped == "interrupted" else ""
            title = f"{_first_line(counts.stopped)}, finishing what is in flight{again}"
        self._reasons[:] = [
            *([counts.waiting] if counts.waiting else []),
            *(f"warning: {warning}" for warning in counts.warnings),
            *(f"{kind}: {_first_line(reason)}" for kind, reason in [*counts.reasons.items()][:_MAX_REASONS]),
        ]
        text = _live_text(self._live)
        self._accuracy[:] = [text] if text else []
        self._progress.update(
            self._task, description=title, total=total, completed=counts.done, failed=failures
        )

    def stop(self) -> None:
        self._progress.stop()


def _live_text(live: LiveScore | None) -> str:
    """The running interval of a run, which may be looked at at any time; empty before the first answer."""
    result = None if live is None else live.interval()
    if live is None or result is None:
        return ""
    return f"choice {result[0]:.1f} % {result[1]} of {live.answered:,} answers so far"


def _latest(counts: Counts) -> str:
    if counts.latest:
        return f"latest: {counts.latest}"
    return "" if counts.done else "no answer yet"


def _first_line(text: str) -> str:
    return strip_control_chars(text.split("\n", 1)[0])[:300]
