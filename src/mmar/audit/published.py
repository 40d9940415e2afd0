"""GRIM checks of published tables (family G): whether percentages can be counts of right answers.

A table is a CSV file with one row a system. Its columns of percentages are known by their number of items:
a group of a benchmark (`speech`), the whole (`avg`), a number that the person gives, or a column beside them
(`n`, or `n_speech`). Method and source: `mmar.stats.grim`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import UNSET, UnsetType

from mmar.audit.check import Finding, Measure, check
from mmar.audit.subject import quoted
from mmar.errors import InputError, UsageError
from mmar.files.tables import read_delimited
from mmar.items import Benchmark
from mmar.stats.grim import AverageCheck, Grim, average, grim


class Cell(msgspec.Struct, frozen=True):
    """One printed percentage, as text, and its number of items."""

    row: str
    column: str
    text: str
    n: int

    def grim(self) -> Grim | None:
        """The counts that the percentage can come from; `None` where it is no percentage (G004)."""
        try:
            return grim(self.text, self.n)
        except UsageError:
            return None

    def finding(self, message: str, kind: str = "", proposed: str | UnsetType = UNSET) -> Finding:
        """A finding about the cell."""
        return Finding(self.row, self.column, message, kind, (), self.text, proposed)


class Average(msgspec.Struct, frozen=True):
    """A printed percentage of everything, and the printed parts that make it up."""

    whole: Cell
    parts: tuple[Cell, ...]

    def check(self) -> AverageCheck | None:
        """Whether the whole is the sum of its parts; `None` where one of them is no percentage."""
        try:
            return average([(part.text, part.n) for part in self.parts], self.whole.text)
        except UsageError:
            return None


class Table(msgspec.Struct, frozen=True):
    """A published table.

    Attributes:
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


@check("G001", "error", "percentages that no count can give")
def impossible_percentage(table: Table) -> Iterator[Finding | Measure]:
    """A printed percentage that is no k of n, rounded or cut off in any usual way.

    The number of right answers is whole, so on 11 items there is 54.5 and 63.6 and nothing between. Either
    the cell is misprinted, or it was taken on another number of items. Where the row's average tells which
    count it must have been, that percentage is proposed.
    """
    ways: Counter[str] = Counter()
    for cell in table.cells:
        result = cell.grim()
        if result is None:
            continue
        ways[next(iter(result.by_rule), "impossible")] += 1
        if result.counts:
            continue
        near = " and ".join(f"{count} of {cell.n} is {text}" for count, text in result.neighbours)
        message = f"{cell.text} is impossible on {cell.n} items: {near}"
        # What the cell must have been for its row's average to be right.
        averages = (row.check() for row in table.averages if cell in row.parts)
        implied = next((each.implied for each in averages if each is not None), ())
        right = [text for count, text in result.neighbours if implied == (count,)]
        if right:
            message += f"; the row's average needs {implied[0]}"
        yield cell.finding(message, proposed=right[0] if right else UNSET)
    listed = ", ".join(f"{_WAYS[way]} {count:,}" for way, count in sorted(ways.items(), key=lambda w: -w[1]))
    skipped = f"; left out: {', '.join(table.skipped)}" if table.skipped else ""
    text = f"{len(table.cells):,} percentages: {listed}{skipped}"
    values = {"cells": len(table.cells), **ways, "skipped": list(table.skipped), "n": table.columns}
    yield Measure(text, values)


_WAYS = {
    "half_up": "to the nearest",
    "half_even": "to the nearest, ties to even",
    "twice": "only if rounded twice",
    "truncated": "only if cut off",
    "impossible": "impossible",
}


@check("G002", "note", "percentages that only odd rounding can give")
def odd_rounding(table: Table) -> Iterator[Finding]:
    """A percentage that is some k of n only if it was rounded twice (28.0488 to 28.05 to 28.1) or cut off.

    Possible, but a reader who computes it from the count gets another last digit.
    """
    for cell in table.cells:
        result = cell.grim()
        if result is None or not result.counts or {"half_up", "half_even"} & result.by_rule.keys():
            continue
        count = result.counts[0]
        kind = "rounded twice" if "twice" in result.by_rule else "cut off"
        yield cell.finding(f"{cell.text} is {count} of {cell.n}, {100 * count / cell.n:.4f}, {kind}", kind)


@check("G003", "error", "averages that are not the sum of their parts")
def inconsistent_average(table: Table) -> Iterator[Finding]:
    """A printed average that no choice of counts behind the printed parts adds up to.

    Every part counts by its number of items. Where the plain mean of the parts fits, that is said: each part
    was counted alike.
    """
    for row in table.averages:
        result = row.check()
        if result is None or result.consistent:
            continue
        low, high = 100 * result.low / result.n, 100 * result.high / result.n
        between = f"{low:.2f}" if low == high else f"{low:.2f} to {high:.2f}"
        mean = ", which is the plain mean of the parts" if result.unweighted else ""
        message = f"{row.whole.text} where the parts add up to {between}{mean}"
        yield row.whole.finding(message, "plain mean" if result.unweighted else "")


@check("G004", "error", "cells that are not a percentage")
def not_a_percentage(table: Table) -> Iterator[Finding]:
    """A cell that is no number from 0 to 100. Empty cells and dashes are passed over."""
    for cell in table.cells:
        if cell.grim() is None:
            yield cell.finding(f"{quoted(cell.text)} is not a percentage")


BASELINES = (("model_class", "baseline"), ("class", "baseline"))
"""Rows that are skipped by default: the percentage of a baseline is an expectation and no count."""

_AVERAGES = frozenset(("avg", "average", "overall", "total", "all", "accuracy", "acc", "mean"))
_EMPTY = frozenset(("", "-", "–", "—", "n/a", "na"))


class Counts(msgspec.Struct, frozen=True):
    """The number of items behind each column.

    Attributes:
        whole: of the whole benchmark; `None` if it is not known.
        groups: by dimension (`modality`, ...), then by group.
        by_column: as the user gave them.
    """

    whole: int | None = None
    groups: Mapping[str, Mapping[str, int]] = msgspec.field(default_factory=dict)
    by_column: Mapping[str, int] = msgspec.field(default_factory=dict)

    @classmethod
    def of(cls, benchmark: Benchmark | None, sizes: Mapping[str, int]) -> Counts:
        """The counts of a benchmark, and those that the user gave."""
        if benchmark is None:
            return cls(None, {}, sizes)
        groups = {
            field: Counter(value for item in benchmark if (value := getattr(item, field)) is not None)
            for field in ("modality", "category", "sub_category")
        }
        return cls(len(benchmark), groups, sizes)


def read_table(path: Path, counts: Counts, leave_out: Sequence[tuple[str, str]] = BASELINES) -> Table:
    """Read a table from CSV in UTF-8 with a header, separated by commas, semicolons or tabs.

    `leave_out` has the columns and values of rows to skip.

    Raises:
        InputError: it is not such a table.
        UsageError: the number of items is not known for any column.
    """
    header, rows = _read_rows(path)
    columns, whole_and_parts = _columns(header, counts)
    if not columns:
        problem = f"{path}: the number of items is not known for any column"
        hint = f"name the benchmark with --benchmark, or give numbers: --n {header[-1]}=100"
        raise UsageError(problem, code="unknown-columns", hint=hint)
    cells: list[Cell] = []
    averages: list[Average] = []
    skipped = []
    for row, label in _labelled(header, rows, columns):
        if any(row.get(column, "").strip().casefold() == value for column, value in leave_out):
            skipped.append(label)
            continue
        own = {
            column: Cell(label, column, row[column].strip(), n)
            for column, n in columns.items()
            if row[column].strip().casefold() not in _EMPTY
        }
        cells += own.values()
        averages += [
            Average(own[whole], tuple(own[part] for part in parts))
            for whole, parts in whole_and_parts
            if own.keys() >= {whole, *parts}
        ]
    ignored = tuple(column for column in header if column not in columns)
    return Table(path.name, tuple(cells), tuple(averages), tuple(skipped), columns, ignored)


def _read_rows(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """The header, and each row with the number of its line."""
    rows = list(read_delimited(path))
    if not rows:
        hint = "expected CSV with a header"
        raise InputError("has no rows below a header", file=str(path), code="no-rows", hint=hint)
    header: list[str] = max((list(row) for _, row in rows), key=len)
    for line, row in rows:
        if len(row) < len(header):
            problem = f"expected {len(header)} cells as in the header, found {len(row)}"
            hint = "put a cell that contains a comma in quotation marks"
            raise InputError(problem, file=str(path), line=line, code="wrong-cell-count", hint=hint)
    return header, rows


def _columns(
    header: Sequence[str], counts: Counts
) -> tuple[dict[str, int], list[tuple[str, tuple[str, ...]]]]:
    """The columns of percentages with their numbers of items, and each average among them with its parts."""
    keys = {_key(column): column for column in header}
    for column in counts.by_column:
        if _key(column) not in keys:
            hint = f"columns: {', '.join(header)}"
            raise UsageError(f"--n {column}: no such column", code="unknown-column", hint=hint)
    sizes = {keys[_key(column)]: n for column, n in counts.by_column.items()}
    n: dict[str, int] = {}
    parts = []
    for groups in counts.groups.values():
        matched = {keys[_key(name)]: size for name, size in groups.items() if _key(name) in keys}
        n |= matched
        if len(matched) == len(groups) > 1:
            parts.append(tuple(matched))
    averages = [column for key, column in keys.items() if key in _AVERAGES and column not in sizes]
    whole = counts.whole
    if sizes and not parts:  # the columns that the user gave are the parts of the whole
        parts.append(tuple(sizes))
        whole = whole or sum(sizes.values())
    if whole is not None:
        n |= dict.fromkeys(averages, whole)
    n |= sizes
    order = {column: n[column] for column in header if column in n}
    return order, [(column, each) for column in averages if column in n for each in parts]


def _labelled(
    header: Sequence[str], rows: Sequence[tuple[int, dict[str, str]]], columns: Mapping[str, int]
) -> list[tuple[dict[str, str], str]]:
    """Each row with a name: its model, and its line where two rows would have the same name."""
    texts = [column for column in header if column not in columns]
    names = ("model", "system", "name", "team", "method")
    column = next((text for text in texts if text.casefold() in names), texts[0] if texts else header[0])
    labels = [row[column].strip() for _, row in rows]
    counts = Counter(labels)
    return [
        (row, f"{label} (line {line})" if counts[label] > 1 else label)
        for (line, row), label in zip(rows, labels, strict=True)
    ]


def _key(column: str) -> str:
    """The name of a column without case, separators and percent signs."""
    return "".join(filter(str.isalnum, column.casefold()))
