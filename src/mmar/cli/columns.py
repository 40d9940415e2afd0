"""Plain columns for lists of names, for eyes and for `grep`."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["columns"]


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
