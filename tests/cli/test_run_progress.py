"""A run's progress: on a terminal alone, and the numbers fit however narrow it is."""

from __future__ import annotations

import doctest
import io
import re

import pytest

from mmar.cli import progress
from mmar.cli.progress import run_progress
from mmar.runs.engine import Counts


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def last_line(stream: io.StringIO) -> str:
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    return [line for line in re.split(r"[\r\n]+", plain) if line.strip()][-1]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_every_number_fits(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with run_progress("openai/[some]/gpt-4o-audio-preview on mmar", stream) as show:
        show(1000, Counts(answered=700, failed={"timeout": 12}))
    line = last_line(stream)
    assert line.startswith("openai/")
    assert "712/1000" in line
    assert line.rstrip().endswith("12 failed")
    assert "left" in line
    assert len(line) <= width
    assert ("[some]" in line) == (width > 60)  # a name is no markup


def test_the_first_reason_stands_under_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with run_progress("openai/x on mmar", stream) as show:
        show(
            1000, Counts(reasons={"server": "HTTP 503 from http://a/v1: busy [now]\nmore", "timeout": "slow"})
        )
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue()).splitlines()
    assert [line.strip() for line in lines if line.strip()][-2:] == [
        "server: HTTP 503 from http://a/v1: busy [now]",
        "timeout: slow",
    ]


def test_a_log_has_a_line_at_each_new_kind_of_failure_and_every_thirty_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr("mmar.cli.progress.time.monotonic", lambda: now)
    stream = io.StringIO()
    with run_progress("model on mmar", stream) as show:
        show(1000, Counts())
        now = 110.0
        counts = Counts(answered=20, reasons={"server": "HTTP 503\nbody"}, latest="HTTP 503", retried=2)
        show(1000, counts)
        now = 120.0
        show(1000, counts)
        now = 140.0
        counts.answered, counts.failed = 1200, {"server": 1}
        show(2000, counts)
        counts.stopped = "interrupted"
        show(2000, counts)
        show(2000, counts)
    assert stream.getvalue().splitlines() == [
        "20/1,000 done, 2/s, 0 failed, 2 retried; server: HTTP 503",
        "1,201/2,000 done, 30/s, 1 failed, 2 retried; latest: HTTP 503",
        "1,201/2,000 done, 30/s, 1 failed, 2 retried; stopping: interrupted",
    ]


def test_a_log_says_that_nothing_was_answered_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("mmar.cli.progress.time.monotonic", lambda: now)
    stream = io.StringIO()
    with run_progress("model on mmar", stream) as show:
        show(10, Counts())
        now = 130.0
        show(10, Counts())
        now = 131.0
        show(10, Counts(waiting="no answer within 31 s, and no reply from http://a/v1/models"))
        now = 162.0
        show(10, Counts(waiting="no answer within 62 s, and no reply from http://a/v1/models"))
    assert [line.split("; ")[1] for line in stream.getvalue().splitlines()] == [
        "no answer yet",
        "no answer within 31 s, and no reply from http://a/v1/models",
        "no answer within 62 s, and no reply from http://a/v1/models",
    ]


def test_a_short_run_without_failures_writes_nothing_to_a_log() -> None:
    stream = io.StringIO()
    with run_progress("model on mmar", stream) as show:
        show(10, Counts(answered=10))
    assert stream.getvalue() == ""


def test_the_example_of_the_documentation() -> None:
    assert doctest.testmod(progress).failed == 0


def test_no_color_means_no_codes_but_those_that_move_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    codes = re.compile(r"\x1b\[[0-9;]*m")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for expected in (True, False):
        if not expected:
            monkeypatch.setenv("NO_COLOR", "1")
        stream = Terminal()
        with run_progress("model on mmar", stream) as show:
            show(10, Counts(answered=3, reasons={"server": "HTTP 503"}, failed={"server": 1}))
        assert bool(codes.search(stream.getvalue())) == expected
