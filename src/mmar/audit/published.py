"""G: can the percentages of a published table be counts of right answers?

A table is a CSV file with one row a system. Its columns of percentages are known by their number of items:
a group of a benchmark (`speech`), the whole (`avg`), a number that the person gives, or a column beside them
(`n`, or `n_speech`). Method and source: `mmar.stats.grim`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from mmar.audit.check import Finding, Measure, check
from mmar.audit.subject import quoted
from mmar.errors import UsageError
from mmar.stats.grim import AverageCheck, Grim, average, grim

__all__ = ["Average", "Cell", "Table"]


class Cell(msgspec.Struct, frozen=True):
    """One printed percentage.

    Attributes:
        row: whose it is.
        column: of what.
        text: as printed.
        n: number of items.
    """

    row: str
    column: str
    text: str
    n: int


class Average(msgspec.Struct, frozen=True):
    """A printed percentage of everything, and the printed parts that make it up."""

    whole: Cell
    parts: tuple[Cell, ...]


class Table(msgspec.Struct, frozen=True):
    """A published table.

    Attributes:
        name: what to call it.
        cells: every percentage whose number of items is known, row by row.
        averages: of rows that print all parts of a whole.
        skipped: rows left out, as no counts stand behind them.
        columns: the number of items of each column, where it is the same in every row.
        ignored: columns whose number of items is not known.
    """

    name: str
    cells: tuple[Cell, ...]
    averages: tuple[Average, ...]
    skipped: tuple[str, ...]
    columns: dict[str, int]
    ignored: tuple[str, ...]


def _grim(cell: Cell) -> Grim | None:
    """The check of a cell; `None` where it is no percentage (G004)."""
    try:
        return grim(cell.text, cell.n)
    except UsageError:
        return None


def _average(row: Average) -> AverageCheck | None:
    try:
        return average([(part.text, part.n) for part in row.parts], row.whole.text)
    except UsageError:
        return None


def _implied(table: Table, cell: Cell) -> tuple[int, ...]:
    """What an impossible cell must have been for its row's average to be right."""
    for row in table.averages:
        if cell in row.parts and (average_check := _average(row)) is not None:
            return average_check.implied
    return ()


@check("G001", "error", "percentages that no count can give")
def impossible(table: Table) -> Iterator[Finding | Measure]:
    """A printed percentage that is no k of n, rounded or cut off in any usual way.

    The number of right answers is whole, so on 11 items there is 54.5 and 63.6 and nothing between. Either
    the cell is misprinted, or it was taken on another number of items. Where the row's average tells which
    count it must have been, that percentage is proposed.
    """
    ways: Counter[str] = Counter()
    for cell in table.cells:
        result = _grim(cell)
        if result is None:
            continue
        ways[next(iter(result.by_rule), "impossible")] += 1
        if result.counts:
            continue
        near = " and ".join(f"{count} of {cell.n} is {text}" for count, text in result.neighbours)
        implied = _implied(table, cell)
        message = f"{cell.text} is impossible on {cell.n} items: {near}"
        right = [text for count, text in result.neighbours if implied == (count,)]
        if right:
            message += f"; the row's average needs {implied[0]}"
            yield Finding(cell.row, cell.column, message, "", (), cell.text, right[0])
        else:
            yield Finding(cell.row, cell.column, message, "", (), cell.text)
    listed = ", ".join(f"{_WAYS[way]} {count:,}" for way, count in sorted(ways.items(), key=lambda w: -w[1]))
    skipped = f"; left out: {', '.join(table.skipped)}" if table.skipped else ""
    text = f"{len(table.cells):,} percentages: {listed}{skipped}"
    yield Measure(
        text, {"cells": len(table.cells), **ways, "skipped": list(table.skipped), "n": table.columns}
    )


_WAYS = {
    "half_up": "to the nearest",
    "half_even": "to the nearest, ties to even",
    "twice": "only if rounded twice",
    "truncated": "only if cut off",
    "impossible": "impossible",
}


@check("G002", "note", "percentages that only odd rounding can give")
def oddly_rounded(table: Table) -> Iterator[Finding]:
    """A percentage that is some k of n only if it was rounded twice (28.0488 to 28.05 to 28.1) or cut off.

    Possible, but a reader who computes it from the count gets another last digit.
    """
    for cell in table.cells:
        result = _grim(cell)
        if result is None or not result.counts or {"half_up", "half_even"} & result.by_rule.keys():
            continue
        count = result.counts[0]
        kind = "rounded twice" if "twice" in result.by_rule else "cut off"
        message = f"{cell.text} is {count} of {cell.n}, {100 * count / cell.n:.4f}, {kind}"
        yield Finding(cell.row, cell.column, message, kind, (), cell.text)


@check("G003", "error", "averages that are not the sum of their parts")
def not_the_sum(table: Table) -> Iterator[Finding]:
    """A printed average that no choice of counts behind the printed parts adds up to.

    Every part counts by its number of items. Where the plain mean of the parts fits, that is said: each part
    was counted alike.
    """
    for row in table.averages:
        result = _average(row)
        if result is None or result.consistent:
            continue
        low, high = 100 * result.low / result.n, 100 * result.high / result.n
        between = f"{low:.2f}" if low == high else f"{low:.2f} to {high:.2f}"
        mean = ", which is the plain mean of the parts" if result.unweighted else ""
        message = f"{row.whole.text} where the parts add up to {between}{mean}"
        kind = "plain mean" if result.unweighted else ""
        yield Finding(row.whole.row, row.whole.column, message, kind, (), row.whole.text)


@check("G004", "error", "cells that are not a percentage")
def no_percentage(table: Table) -> Iterator[Finding]:
    """A cell that is no number from 0 to 100. Empty cells and dashes are passed over."""
    for cell in table.cells:
        if _grim(cell) is None:
            yield Finding(
                cell.row, cell.column, f"{quoted(cell.text)} is not a percentage", "", (), cell.text
            )
