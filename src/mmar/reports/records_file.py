"""Records written for a spreadsheet or a program: CSV where the file is called so, else JSONL."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

__all__ = ["RecordForm", "records_file"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class RecordForm(msgspec.Struct, frozen=True):
    """How records lie in a file.

    Attributes:
        fields: in the order to write.
        table: CSV, with the fields as its head; else JSONL.
    """

    fields: tuple[str, ...]
    table: bool

    @classmethod
    def of(cls, path: Path, fields: Sequence[str]) -> RecordForm:
        """The form that a file's ending says."""
        return cls(tuple(fields), path.suffix.lower() == ".csv")

    def head(self) -> bytes:
        """What stands before the records, even before none."""
        return self._rows([self.fields]) if self.table else b""

    def lines(self, records: Iterable[Mapping[str, Any]]) -> bytes:
        """The lines of records, each of which has all the fields."""
        if self.table:
            return self._rows((_cell(record[field]) for field in self.fields) for record in records)
        texts = (
            json.dumps({field: record[field] for field in self.fields}, ensure_ascii=False)
            for record in records
        )
        return "".join(f"{text}\n" for text in texts).encode()

    def lines_of(self, objects: Iterable[object]) -> bytes:
        """The lines of objects that have the fields as attributes."""
        return self.lines({field: getattr(one, field) for field in self.fields} for one in objects)

    @staticmethod
    def _rows(rows: Iterable[Iterable[object]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        return text.getvalue().encode()


def records_file(records: Iterable[Mapping[str, Any]], path: Path, fields: Sequence[str]) -> bytes:
    """The bytes of a file of records.

    Args:
        records: each with all the fields.
        path: its ending decides the form.
        fields: in the order to write; the head of a CSV file, which stands there even over no records.
    """
    form = RecordForm.of(path, fields)
    return form.head() + form.lines(records)


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    # A spreadsheet would run a model's text that looks like a formula.
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
