"""Progress of a run on standard error: a bar on a terminal, a line now and then in a log.

Both show why requests fail while the run goes on: on a terminal the first reason of each kind of failure stands under
the bar; in a log each new kind has a line at once, and every 30 seconds a line has the rate and the latest reason.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from mmar.cli.output import display, external_errors
from mmar.errors import strip_control_chars
from mmar.inputs import open_run_model

if TYPE_CHECKING:
    from rich.console import RenderableType

    from mmar.models import Model
    from mmar.runs.engine import Counts
    from mmar.runs.spec import RunSpec
    from mmar.scoring.live_score import LiveScore

_NUMBERS = 50  # columns: 1,000/1,000  12.3/s  0:00:10 left  100 failed
_MIN_BAR, _BAR = 8, 40
_INTERVAL_S = 30.0
_MAX_REASONS = 3
# Answers counted at a time for the running interval, which holds up the event loop by some milliseconds.
_LIVE_ANSWERS, _LOG_ANSWERS = 100, 5000


def shares(title: str, width: int) -> tuple[str, int]:
    """The title of a line, cut where it must be, and the width of its bar; the numbers beside them always fit.

    Example:
        >>> shares("openai/gpt-4o-audio-preview on mmar", 80)
        ('openai/gpt-4o-audio-p…', 8)
    """
    room = max(0, width - _NUMBERS)
    most = max(8, room - _MIN_BAR)
    short = title if len(title) <= most else f"{title[: most - 1]}…"
    return short, min(_BAR, max(_MIN_BAR, room - len(short)))


@contextmanager
def run_progress(
    title: str, stream: TextIO, live: LiveScore | None = None
) -> Iterator[Callable[[int, Counts], None]]:
    """A function that shows how far a run is, given the number of requests and the counts; with `live`, its interval."""
    if not stream.isatty():
        yield _Log(stream, live).show
        return
    bar = _Bar(title, stream, live)
    with bar.live_display:
        yield bar.show


@contextmanager
def opened_model(spec: RunSpec, verb: str) -> Iterator[tuple[Model, Callable[[int, Counts], None]]]:
    """Open the model of a spec, and show the progress of its requests; an external error ends the command.

    What is loaded by now stays, and is no longer looked at for garbage: that would delay the requests.
    """
    model = open_run_model(spec)
    gc.freeze()
    with external_errors(), run_progress(f"{spec.model} {verb}", sys.stderr) as progress:
        yield model, progress


class _Log:
    """Lines for a stream that is no terminal."""

    def __init__(self, stream: TextIO, live: LiveScore | None) -> None:
        self._stream, self._live = stream, live
        self._start = self._last = time.monotonic()
        self._kinds = self._warnings = 0
        self._stopped = self._waited = False

    def show(self, total: int, counts: Counts) -> None:
        now = time.monotonic()
        is_due = now - self._last >= _INTERVAL_S
        if self._live is not None and is_due:
            self._live.update(_LOG_ANSWERS)
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
        elif not new and is_due:
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

    def __init__(self, title: str, stream: TextIO, live: LiveScore | None) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(file=stream, color_system="auto" if display(stream).colour else None)
        self._title, width = shares(title, console.width)
        self._live = live
        self._notes: list[tuple[str, str]] = []
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=width),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(elapsed_when_finished=True),
            TextColumn("{task.fields[left]}{task.fields[failed]}"),
        )
        self._task = self._progress.add_task(self._title, visible=False, rate="", left="", failed="")
        self.live_display = Live(console=console, get_renderable=self._render, refresh_per_second=10)

    def show(self, total: int, counts: Counts) -> None:
        if self._live is not None:
            self._live.update(_LIVE_ANSWERS)
        title = self._title
        if counts.stopped:
            # What is in flight may take minutes, in which nothing else would say that Ctrl-C was received.
            again = "; Ctrl-C again ends at once" if counts.stopped == "interrupted" else ""
            title = f"{_first_line(counts.stopped)}, finishing what is in flight{again}"
        failed = sum(counts.failed.values())
        self._progress.update(self._task, description=title, total=total, completed=counts.done, visible=True)
        task = self._progress.tasks[0]
        speed = task.finished_speed or task.speed
        self._progress.update(
            self._task,
            rate="–/s" if speed is None else f"{speed:.3g}/s",
            left="" if task.finished else "left ",
            failed=f"[red]{failed:,} failed" if failed else "",
        )
        reasons = [f"{kind}: {_first_line(reason)}" for kind, reason in counts.reasons.items()]
        problems = [counts.waiting, *(f"warning: {warning}" for warning in counts.warnings)]
        self._notes = [(_live_text(self._live), "dim")]
        self._notes += [(problem, "red") for problem in (*problems, *reasons[:_MAX_REASONS])]

    def _render(self) -> RenderableType:
        from rich.console import Group
        from rich.text import Text

        notes = (
            Text(text, style=style, no_wrap=True, overflow="ellipsis") for text, style in self._notes if text
        )
        return Group(self._progress, *notes)


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
