"""Spreadsheets: CSV, TSV and XLSX with a header row, as VLMEvalKit and people write them.

VLMEvalKit's files have the columns `index`, `question`, `A`, `B`, ..., `answer`, `prediction` and, once scored, `hit`.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmar.errors import InputError, UsageError
from mmar.files.hashing import reading_unpacked
from mmar.files.typed import decode_text

__all__ = ["is_workbook", "read_delimited", "read_workbook"]

# A cell of a long chain of thought is longer than the module's own limit.
_LONGEST_CELL = 1 << 24
_LARGEST = 1 << 30


def is_workbook(path: Path) -> bool:
    """Whether a ZIP archive is an XLSX workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def read_delimited(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line and row of a CSV or TSV file, plain or gzip; the delimiter is the one that its header holds most.

    Raises:
        InputError: it is not UTF-8, has no header, or a row has more cells than the header.
    """
    with reading_unpacked(path) as stream:
        data = stream.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise InputError("the table is larger than 1 GiB", file=str(path), code="too-large")
    text = decode_text(data, file=str(path))
    header = text.lstrip("\ufeff").splitlines()[0] if text.strip() else ""
    delimiter = max(",\t;", key=header.count)
    csv.field_size_limit(_LONGEST_CELL)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in rows:
            if None in row:
                raise InputError(
                    "the row has more cells than the header",
                    file=str(path),
                    line=rows.line_num,
                    code="wrong-cell-count",
                    hint="quote cells that contain the delimiter",
                )
            yield rows.line_num, dict(row)
    except csv.Error:
        raise InputError(
            "is not a valid table: a quote or a line end is in the wrong place",
            file=str(path),
            line=rows.line_num,
            code="invalid-table",
            hint="save it again as CSV (UTF-8)",
        ) from None


def read_workbook(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Row number and row of the first sheet of an XLSX workbook.

    Raises:
        UsageError: openpyxl is not installed (code `missing-extra`).
        InputError: it is not a workbook, or has no header.
    """
    try:
        import openpyxl
    except ImportError:
        raise UsageError(
            f"reading {path} needs openpyxl", code="missing-extra", hint="pip install 'mmar[logs]'"
        ) from None
    try:
        sheet = openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0]
        rows = sheet.iter_rows(values_only=True)
        header = [str(name) if name is not None else "" for name in next(rows, ())]
        for number, cells in enumerate(rows, 2):
            row = {name: cell for name, cell in zip(header, cells, strict=False) if name}
            if any(cell is not None for cell in row.values()):
                yield number, row
    except Exception as error:  # noqa: BLE001 - errors of zipfile, ElementTree and openpyxl's own come through
        raise InputError(
            f"cannot be read as a workbook ({type(error).__name__})",
            file=str(path),
            code="invalid-table",
            hint="save it again as CSV (UTF-8)",
        ) from None
