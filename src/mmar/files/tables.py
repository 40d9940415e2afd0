"""Tables: CSV, TSV and XLSX with a header row, as people and programs write them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain, islice
from pathlib import Path
from typing import Any

from mmar.errors import InputError, UsageError
from mmar.files.open import open_decompressed, open_file
from mmar.files.typed import decode_text

# A cell of a long chain of thought is longer than the module's own limit.
_MAX_CELL = 1 << 24
_MAX_BYTES = 1 << 30
_HEADER_ROWS = 10  # rows; titles and blank rows may stand before the header

IsHeader = Callable[[Sequence[str]], bool]


def is_workbook(path: Path) -> bool:
    """Whether a ZIP archive is an XLSX workbook."""
    import zipfile  # slow to import, and most files are none

    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def read_delimited(path: Path, is_header: IsHeader = lambda _: False) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line and row of a CSV or TSV file, plain or gzip, in UTF-8 or UTF-16.

    The delimiter is the one that splits the header, or the one that Excel's line `sep=;` names. The header is the first
    row that `is_header` accepts, or the first one, since titles may stand before it.

    Raises:
        InputError: it is in another encoding, has no header, or a row has more cells than the header.
    """
    with open_decompressed(path) as stream:
        data = stream.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise InputError("the table is larger than 1 GiB", code="too-large")
        yield from _read_csv(decode_text(data), is_header)


def _read_csv(text: str, is_header: IsHeader) -> Iterator[tuple[int, dict[str, Any]]]:
    import csv  # most files are JSON

    first, _, rest = text.partition("\n")
    delimiter = first.strip()[4:5] if first.startswith("sep=") else ""
    if delimiter:
        text = rest
    else:
        marks = ((line, mark) for line in text.splitlines()[:_HEADER_ROWS] for mark in ",\t;|")
        named = (mark for line, mark in marks if is_header([cell.strip(' "') for cell in line.split(mark)]))
        delimiter = next(named, None) or max(",\t;|", key=first.count)
    csv.field_size_limit(_MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for line, row in _rows(((reader.line_num, cells) for cells in reader), is_header):
            if None in row:
                raise InputError(
                    "the row has more cells than the header",
                    line=line,
                    code="wrong-cell-count",
                    hint="quote cells that contain the delimiter",
                )
            yield line, row
    except csv.Error:
        raise InputError(
            "malformed CSV: a quote or a line end is in the wrong place",
            line=reader.line_num,
            code="invalid-table",
            hint="save it again as CSV (UTF-8)",
        ) from None


def read_workbook(path: Path, is_header: IsHeader = lambda _: False) -> Iterator[tuple[int, dict[str, Any]]]:
    """Row number and row of the first sheet of an XLSX workbook that has a header, else of the first sheet.

    Raises:
        UsageError: openpyxl is not installed (code `missing-extra`).
        InputError: it is not a workbook.
    """
    try:
        import openpyxl
    except ImportError:
        raise UsageError(
            f"reading {path} needs openpyxl", code="missing-extra", hint="pip install 'mmar[logs]'"
        ) from None
    try:
        with (
            open_file(path) as stream,
            closing(openpyxl.load_workbook(stream, read_only=True, data_only=True)) as book,
        ):
            sheets = [each for each in book.worksheets if _has_header(each, is_header)] or book.worksheets
            rows = enumerate(sheets[0].iter_rows(values_only=True), 1)
            for number, row in _rows(rows, is_header):
                row.pop(None, None)
                yield number, row
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - errors of zipfile, ElementTree and openpyxl's own come through
        raise InputError(
            f"cannot be read as a workbook ({type(error).__name__})",
            file=str(path),
            code="invalid-table",
            hint="save it again as CSV (UTF-8)",
        ) from None


def _has_header(sheet: Any, is_header: IsHeader) -> bool:
    return any(is_header(_names(cells)) for cells in islice(sheet.iter_rows(values_only=True), _HEADER_ROWS))


def _rows(
    rows: Iterable[tuple[int, Sequence[Any]]], is_header: IsHeader
) -> Iterator[tuple[int, dict[Any, Any]]]:
    """The rows below the header by its names; cells beyond it under `None`."""
    rows = iter(rows)
    head = list(islice(rows, _HEADER_ROWS))
    filled = [index for index, (_, cells) in enumerate(head) if any(_names(cells))]
    start = next(
        (index for index in filled if is_header(_names(head[index][1]))), filled[0] if filled else None
    )
    if start is None:
        return
    names = _names(head[start][1])
    repeated = next((name for name in names if name and names.count(name) > 1), None)
    if repeated is not None:
        raise InputError(f'two columns are called "{repeated}"', line=head[start][0], code="repeated-column")
    for number, cells in chain(head[start + 1 :], rows):
        if any(cell not in (None, "") for cell in cells):
            row: dict[Any, Any] = {
                name: "" if cell is None else cell for name, cell in zip(names, cells, strict=False) if name
            }
            if any(cell not in (None, "") for cell in cells[len(names) :]):
                row[None] = cells[len(names) :]
            yield number, row


def _names(cells: Sequence[Any]) -> list[str]:
    return ["" if cell is None else str(cell).strip() for cell in cells]
