"""Records written for a spreadsheet or a program: CSV where the file is called so, else JSONL."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["records_file"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def records_file(records: Iterable[Mapping[str, Any]], path: Path, fields: Sequence[str]) -> bytes:
    """The bytes of a file of records.

    Args:
        records: each with all the fields.
        path: its ending decides the form.
        fields: in the order to write; the head of a CSV file, which stands there even over no records.
    """
    if path.suffix.lower() != ".csv":
        lines = (
            json.dumps({field: record[field] for field in fields}, ensure_ascii=False) for record in records
        )
        return "".join(f"{line}\n" for line in lines).encode()
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(fields)
    for record in records:
        writer.writerow(_cell(record[field]) for field in fields)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    # A spreadsheet would run a model's text that looks like a formula.
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
