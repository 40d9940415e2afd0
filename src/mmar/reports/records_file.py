"""Records in a file: CSV if its name ends in `.csv`, otherwise JSONL."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class RecordFormat(msgspec.Struct, frozen=True):
    """The fields of records, in the order of writing, and whether they are written as CSV or as JSONL."""

    fields: tuple[str, ...]
    is_csv: bool

    @classmethod
    def of(cls, path: Path, fields: Sequence[str]) -> RecordFormat:
        """The format that a file's suffix selects."""
        return cls(tuple(fields), path.suffix.lower() == ".csv")

    def header(self) -> bytes:
        """The header of a CSV file; JSONL has none."""
        return self._csv([self.fields]) if self.is_csv else b""

    def lines(self, records: Iterable[Mapping[str, Any]]) -> bytes:
        """The lines of records, each of which has all the fields."""
        if self.is_csv:
            return self._csv((spreadsheet_cell(record[field]) for field in self.fields) for record in records)
        selected = ({field: record[field] for field in self.fields} for record in records)
        text = "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in selected)
        # Text from a file can have half of a surrogate pair, which UTF-8 cannot encode.
        return text.encode(errors="replace")

    def lines_of(self, objects: Iterable[object]) -> bytes:
        """The lines of objects that have the fields as attributes."""
        return self.lines({field: getattr(one, field) for field in self.fields} for one in objects)

    @staticmethod
    def _csv(rows: Iterable[Iterable[object]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        return text.getvalue().encode(errors="replace")


def records_file(records: Iterable[Mapping[str, Any]], path: Path, fields: Sequence[str]) -> bytes:
    """The bytes of a file of records, each of which has all the fields."""
    chosen = RecordFormat.of(path, fields)
    return chosen.header() + chosen.lines(records)


def spreadsheet_cell(value: object) -> object:
    """A value as a cell of a CSV file: a bool as 0 or 1, text that looks like a formula as text."""
    if isinstance(value, bool):
        return int(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value
