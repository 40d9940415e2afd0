"""Progress for terminals, log files and nobody."""

from __future__ import annotations

import io

import pytest

from mmar.files.progress import LogProgress, NoProgress, TerminalProgress, format_bytes, progress_for


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (2_700_936, "2.7 MB"),
        (2_983_578_514, "2.98 GB"),
    ],
)
def test_sizes_are_formatted_in_decimal_units(count: int, text: str) -> None:
    assert format_bytes(count) == text


def test_a_log_file_gets_whole_lines_and_few() -> None:
    stream = io.StringIO()
    progress = progress_for(stream)
    with progress.task("audio", 2000) as advance:
        for done in range(0, 2000, 10):
            advance(done, 2000)
    progress.note("done")
    assert stream.getvalue() == "audio, 2 kB\ndone\n"
    eager = LogProgress(stream := io.StringIO(), every=0)
    with eager.task("audio", None) as advance:
        advance(500, None)
        advance(1000, 2000)
    assert stream.getvalue() == "audio\naudio: 500 bytes\naudio: 1 kB of 2 kB\n"


def test_a_terminal_gets_a_bar_that_leaves_no_trace_and_text_as_it_is() -> None:
    stream = Terminal()
    progress = progress_for(stream)
    assert isinstance(progress, TerminalProgress)
    with progress.task("[red]audio[/red]", 1000) as advance:
        advance(500, 1000)
        progress.note("[bold]http://[::1]/x[/bold] broke off")
        advance(1000, 1000)
    assert "[bold]http://[::1]/x[/bold] broke off\n" in stream.getvalue()
    assert "[red]audio[/red]" in stream.getvalue()


def test_no_progress_prints_nothing() -> None:
    progress = NoProgress()
    progress.note("x")
    with progress.task("x", 1) as advance:
        advance(1, 1)
