"""A run's progress: on a terminal alone, and the numbers fit however narrow it is."""

from __future__ import annotations

import doctest
import io
import re

import pytest

from mmar.cli import progress
from mmar.cli.progress import RunProgress
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
    with RunProgress("openai/[some]/gpt-4o-audio-preview on mmar", stream) as shown:
        shown(1000, Counts(answered=700, failed={"timeout": 12}))
    line = last_line(stream)
    assert line.startswith("openai/")
    assert "712/1000" in line
    assert line.rstrip().endswith("12 failed")
    assert "left" in line
    assert len(line) <= width
    assert ("[some]" in line) == (width > 60)  # a name is no markup


def test_nothing_elsewhere() -> None:
    stream = io.StringIO()
    with RunProgress("model on mmar", stream) as shown:
        shown(10, Counts(answered=10))
    assert stream.getvalue() == ""


def test_the_example_of_the_documentation() -> None:
    assert doctest.testmod(progress).failed == 0
