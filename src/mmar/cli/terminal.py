"""Text with names from somebody's files, for a terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from mmar.errors import strip_control_chars

__all__ = ["counting_up", "say"]

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
