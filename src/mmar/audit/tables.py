"""Reading a published table: CSV in, `mmar.audit.published.Table` out."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from mmar.audit.published import Average, Cell, Table
from mmar.errors import ExternalError, InputError, UsageError
from mmar.items import Benchmark

__all__ = ["BASELINES", "Counts", "read_table"]

BASELINES = (("model_class", "baseline"), ("class", "baseline"))
"""Rows that are left out when nothing is said: a baseline's percentage is an expectation, no count."""

_WHOLE = frozenset(("avg", "average", "overall", "total", "all", "accuracy", "acc", "mean"))
_ITEMS = frozenset(("n", "items", "samples", "questions"))
_NAMES = ("model", "system", "name", "team", "method")
_NOTHING = frozenset(("", "-", "–", "—", "n/a", "na"))


class Counts(msgspec.Struct, frozen=True):
    """How many items stand behind a column.

    Attributes:
        whole: of everything; `None` where it is not known.
        groups: by dimension (`modality`, …), then by group.
        given: what the person said, by column.
    """

    whole: int | None = None
    groups: Mapping[str, Mapping[str, int]] = msgspec.field(default_factory=dict)
    given: Mapping[str, int] = msgspec.field(default_factory=dict)

    @classmethod
    def of(cls, benchmark: Benchmark | None, given: Mapping[str, int]) -> Counts:
        """The numbers of a benchmark's items, and those that the person gave."""
        if benchmark is None:
            return cls(None, {}, given)
        groups = {
            field: Counter(value for item in benchmark if (value := getattr(item, field)) is not None)
            for field in ("modality", "category", "sub_category")
        }
        return cls(len(benchmark), groups, given)


class _Columns(msgspec.Struct, frozen=True):
    """What each column of percentages is."""

    n: dict[str, int]
    beside: dict[str, str]
    whole: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]


def read_table(path: Path, counts: Counts, leave_out: Sequence[tuple[str, str]] = BASELINES) -> Table:
    """Read a table.

    Args:
        path: CSV with a header, separated by commas, semicolons or tabs; UTF-8.
        counts: how many items stand behind a column.
        leave_out: rows with one of these values in this column are no counts.

    Raises:
        InputError: it is no such table.
        UsageError: no column's number of items is known.
        ExternalError: the system cannot read it.
    """
    header, rows = _cells(path)
    columns = _columns(header, counts)
    if not columns.n and not columns.beside:
        raise UsageError(
            f"{path}: of no column is the number of items known\n  → name the benchmark with --benchmark, "
            f"or give numbers: --n {header[-1]}=100"
        )
    known = {*columns.n, *columns.beside}
    taken = known | set(columns.beside.values())
    labels = _labels(header, rows, taken)
    cells: list[Cell] = []
    averages: list[Average] = []
    skipped = []
    for (line, row), label in zip(rows, labels, strict=True):
        if any(row.get(column, "").strip().casefold() == value for column, value in leave_out):
            skipped.append(label)
            continue
        own = {
            column: Cell(label, column, row[column].strip(), _items(path, line, row, column, columns))
            for column in header
            if column in known and row[column].strip().casefold() not in _NOTHING
        }
        cells += own.values()
        averages += [
            Average(own[whole], tuple(own[part] for part in parts))
            for whole in columns.whole
            for parts in columns.parts
            if whole in own and all(part in own for part in parts)
        ]
    ignored = tuple(column for column in header if column not in taken)
    return Table(path.name, tuple(cells), tuple(averages), tuple(skipped), columns.n, ignored)


def _cells(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise InputError("no such file", file=str(path), hint="check the path") from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"is not UTF-8 (byte {error.start})", file=str(path), hint="save it as UTF-8"
        ) from None
    except OSError as error:
        raise ExternalError(f"{path}: cannot be read ({error.strerror or error})") from None
    first = text.partition("\n")[0]
    delimiter = max((",", ";", "\t"), key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = [name.strip() for name in next(reader, [])]
        if len(header) < 2:
            raise InputError("found no table, expected CSV with a header", file=str(path))
        if repeated := [name for name, count in Counter(header).items() if count > 1]:
            raise InputError(f"the column “{repeated[0]}” stands twice", file=str(path), line=1)
        rows = []
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                raise InputError(
                    f"found {len(row)} cells, expected {len(header)} as in the header",
                    file=str(path),
                    line=reader.line_num,
                    hint="put a cell that holds a comma in quotation marks",
                )
            rows.append((reader.line_num, dict(zip(header, row, strict=True))))
    except csv.Error as error:
        raise InputError(f"is no CSV ({error})", file=str(path), line=reader.line_num) from None
    if not rows:
        raise InputError("holds a header and no rows", file=str(path))
    return header, rows


def _columns(header: Sequence[str], counts: Counts) -> _Columns:
    forms = {_form(column): column for column in header}
    given = {_form(column): (column, n) for column, n in counts.given.items()}
    for form, (column, _) in given.items():
        if form not in forms:
            raise UsageError(f"--n {column}: there is no such column\n  → columns are {', '.join(header)}")
    n: dict[str, int] = {}
    parts = []
    for groups in counts.groups.values():
        matched = {forms[_form(name)]: size for name, size in groups.items() if _form(name) in forms}
        n |= matched
        if len(matched) == len(groups) > 1:
            parts.append(tuple(matched))
    whole = tuple(column for form, column in forms.items() if form in _WHOLE and form not in given)
    if counts.whole is not None:
        n |= dict.fromkeys(whole, counts.whole)
    n |= {forms[form]: size for form, (_, size) in given.items()}
    if given and not parts:  # the numbers that the person gave are parts of the whole
        size = sum(size for _, size in given.values())
        parts.append(tuple(forms[form] for form in given))
        n |= {column: size for column in whole if column not in n}
    beside = {
        column: forms[companion]
        for form, column in forms.items()
        for companion in (f"n{form}", f"{form}n")
        if companion in forms and column not in n
    }
    general = next((column for form, column in forms.items() if form in _ITEMS), None)
    if general is not None:
        beside |= {column: general for column in whole if column not in n and column not in beside}
    return _Columns(n, beside, tuple(column for column in whole if column in n), tuple(parts))


def _items(path: Path, line: int, row: Mapping[str, str], column: str, columns: _Columns) -> int:
    """How many items stand behind one cell."""
    if column in columns.n:
        return columns.n[column]
    text = row[columns.beside[column]].strip()
    if not (text.isascii() and text.isdigit() and int(text)):
        raise InputError(
            f"found “{text}”, expected a number of items",
            file=str(path),
            line=line,
            field=columns.beside[column],
        )
    return int(text)


def _labels(
    header: Sequence[str], rows: Sequence[tuple[int, Mapping[str, str]]], taken: set[str]
) -> list[str]:
    """A name for each row, none twice: its model, with what else tells it apart."""
    words = [column for column in header if column not in taken]
    lower = {column.casefold(): column for column in words}
    main = next((lower[name] for name in _NAMES if name in lower), words[0] if words else header[0])
    more = [column for column in words if column != main]
    labels = [row[main].strip() for _, row in rows]
    repeated = {label for label, count in Counter(labels).items() if count > 1}
    used: Counter[str] = Counter()
    for at, (line, row) in enumerate(rows):
        if labels[at] in repeated:
            others = [r for _, r in rows if r[main].strip() == labels[at]]
            telling = next((c for c in more if len({r[c] for r in others}) == len(others)), None)
            labels[at] += f" ({row[telling].strip()})" if telling else f" (line {line})"
        used[labels[at]] += 1
        if used[labels[at]] > 1:
            labels[at] += f" (line {line})"
    return labels


def _form(column: str) -> str:
    """A column's name without case, separators and the sign of percent."""
    return "".join(filter(str.isalnum, column.casefold()))
