"""Text with names from somebody's files, for a terminal."""

from __future__ import annotations

import re

import click

from mmar.errors import shown

__all__ = ["say"]

# What the tables use themselves: normal, bold, dim, red, yellow, cyan.
_OURS = re.compile(r"(\x1b\[(?:0|1|2|31|33|36)m)")


def say(text: str, *, nl: bool = True) -> None:
    """Print a text of which a terminal may obey nothing but the tables' own bold, dim and colours.

    Args:
        text: lines.
        nl: whether a line's end follows.
    """
    pieces = _OURS.split(text)
    click.echo("".join(piece if at % 2 else shown(piece) for at, piece in enumerate(pieces)), nl=nl)
