"""What commands print to a terminal and write to files."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from mmar.errors import UsageError, strip_control_chars

__all__ = ["columns", "counting_up", "refuse_over_inputs", "say"]

# What the tables use themselves: normal, bold, dim, red, yellow, cyan.
_OURS = re.compile(r"(\x1b\[(?:0|1|2|31|33|36)m)")


def say(text: str, *, nl: bool = True) -> None:
    """Print a text of which a terminal may obey nothing but the tables' own bold, dim and colours.

    Args:
        text: lines.
        nl: whether a line's end follows.
    """
    pieces = _OURS.split(text)
    click.echo(
        "".join(piece if at % 2 else strip_control_chars(piece) for at, piece in enumerate(pieces)), nl=nl
    )


@contextmanager
def counting_up(what: str) -> Iterator[Callable[[int, int], None]]:
    """A line on standard error that counts up, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _done, _all: None
        return

    def show(done: int, total: int) -> None:
        click.echo(f"\r{done:,} of {total:,} {what}", nl=False, err=True)

    try:
        yield show
    finally:
        click.echo("\r\033[K", nl=False, err=True)


def columns(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Align rows of cells, the first row being the headings; the last column is not padded.

    Args:
        rows: cells as they are to be shown, as many in each row.
        right: 0-based numbers of the columns that are flush right.

    Example:
        >>> print(columns([("NAME", "SIZE"), ("one", "7B")], right=(1,)))
        NAME  SIZE
        one     7B
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def refuse_over_inputs(option: str, output: Path | None, *inputs: Path | str | None) -> None:
    """See to it that an output is written over nothing that the command reads.

    Args:
        option: as it is spelled, for the message.
        output: the file to write, if one was named.
        inputs: files, runs' folders, names; `None` for what was not given.

    Raises:
        UsageError: the output is one of the inputs, or one of the two files that a run consists of.
    """
    if output is None or not output.exists():
        return
    from mmar.runs.ledger import LEDGER_NAME
    from mmar.runs.manifest import MANIFEST_NAME
    from mmar.scoring.sources import run_of

    for given in inputs:
        if given is None:
            continue
        path = Path(given)
        folder = run_of(path)
        for read in (path, folder / LEDGER_NAME, folder / MANIFEST_NAME):
            if read.exists() and read.samefile(output):
                raise UsageError(
                    f"{option} {output}: this is what the command reads, and would be lost; name another file"
                )
