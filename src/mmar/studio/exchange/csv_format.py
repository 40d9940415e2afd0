"""Items as a table, for people who work in a spreadsheet.

One row an item, one column a field, under the publisher's names. Lists that a person edits have a column an
element (`choice_1`, `choice_2`, …); cues stand in one cell, a line each; rubrics, and fields that the
publisher does not have, are JSON, the latter under a heading that says so (`dataset (json)`). UTF-8 with a
byte order mark, so that spreadsheets know it; comma, semicolon and tab are told apart when reading.

A cell that begins with `=`, `+`, `-`, `@` or the like is a formula to a spreadsheet, and a table goes from
hand to hand. Such a cell gets an apostrophe in front, which reading takes off again. So that nothing is lost
on the way: an apostrophe alone is the empty text (an empty cell is no value), and what begins with
apostrophes followed by such a sign or nothing gets one more. All other text stands as it is.

What a table cannot say: a field that is missing from one item and `null` in another comes back as `null` in
both.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from mmar.errors import InputError
from mmar.items import Item
from mmar.items.item import FIELDS, MAX_CHOICES

__all__ = ["csv_text", "read_csv"]

_FORMULA = re.compile(r"'*(?:[=+\-@|%\t\r\n\0＝＋－＠]|$)")
_CHOICE = re.compile(r"choice_([1-9][0-9]?)")
_JSON = " (json)"
_BOM = "\ufeff"
_MOST_BYTES = 256 << 20


def csv_text(items: Iterable[Item]) -> str:
    """Write items as a table.

    Args:
        items: in the order of the rows.

    Returns:
        The table, with a byte order mark; encode it as UTF-8.

    Raises:
        InputError: an item has a field whose name is that of a column of this format.
    """
    records = [item.to_record() for item in items]
    columns = _columns(records)
    out = io.StringIO()
    out.write(_BOM)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_guarded(column) for column in columns)
    for record in records:
        cells = _cells(record)
        writer.writerow(cells.get(column, "") for column in columns)
    return out.getvalue()


def read_csv(data: bytes | str, *, file: str | None = None) -> tuple[Item, ...]:
    """Read a table of items; what stands in it is data, whatever it looks like.

    Args:
        data: the table; as bytes it must be UTF-8.
        file: the name to put into an error.

    Returns:
        The items in the order of the rows.

    Raises:
        InputError: the table cannot be read, a column is missing, a row is no item, or an id stands twice.
    """
    text = _decoded(data, file).removeprefix(_BOM)
    rows = _rows(text, file)
    try:
        _, head = next(rows)
    except StopIteration:
        raise InputError(
            "the table is empty", file=file, hint="give a row of column names and a row an item"
        ) from None
    columns = [_unguarded(name.strip()) or "" for name in head]
    _check_columns(columns, file)
    items: dict[str, Item] = {}
    lines: dict[str, int] = {}
    for line, row in rows:
        if not any(row):
            continue
        if len(row) > len(columns) and any(row[len(columns) :]):
            raise InputError(
                f"found {len(row)} cells under {len(columns)} column names", file=file, line=line
            )
        item = Item.from_record(_record(columns, row, file, line), file=file, line=line)
        if item.id in items:
            raise InputError(
                f"“{item.id}” stands on line {lines[item.id]} already", file=file, line=line, field="id",
                hint="give every item an id of its own",
            )  # fmt: skip
        items[item.id], lines[item.id] = item, line
    return tuple(items.values())


def _columns(records: Sequence[dict[str, Any]]) -> list[str]:
    """Every column that some record fills, in the records' own order, choices side by side."""
    names: dict[str, None] = {}
    most = max((len(record["choices"]) for record in records), default=2)
    for record in records:
        for name in record:
            if name == "choices":
                names.update(dict.fromkeys(f"choice_{at}" for at in range(1, most + 1)))
            elif name in FIELDS:
                names[name] = None
            elif _CHOICE.fullmatch(name) or name.endswith(_JSON):
                raise InputError(f'the field "{name}" has the name of a column of this format', field=name)
            else:
                names[name + _JSON] = None
    return list(names)


def _cells(record: dict[str, Any]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for name, value in record.items():
        if name == "choices":
            cells.update((f"choice_{at}", _guarded(choice)) for at, choice in enumerate(value, start=1))
        elif name not in FIELDS:
            cells[name + _JSON] = _json(value)
        elif value is not None:
            cells[name] = _guarded(_cue_lines(value) if name == "cue" else _as_text(value))
    return cells


def _as_text(value: object) -> str:
    # MMAU writes 13 of its 1,000 categories as a list of one; a list of several, and a rubric, are JSON.
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return value[0]
    return value if isinstance(value, str) else _json(value)


def _cue_lines(cues: Sequence[str]) -> str:
    """A line each, or JSON where lines would not be read back the same."""
    lines = "\n".join(cues)
    return lines if _stripped_lines(lines) == list(cues) and not lines.startswith("[") else _json(list(cues))


def _stripped_lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace("\r\n", "\n").split("\n") if line.strip()]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _guarded(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _unguarded(cell: str) -> str | None:
    if not cell:
        return None
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def _decoded(data: bytes | str, file: str | None) -> str:
    if len(data) > _MOST_BYTES:
        raise InputError(f"found a table of {len(data):,} bytes, expected at most {_MOST_BYTES:,}", file=file)
    if isinstance(data, str):
        return data
    if data.startswith(b"PK\x03\x04"):
        raise InputError("found a spreadsheet file, expected CSV", file=file, hint="save it as “CSV UTF-8”")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"byte 0x{data[error.start]:02x} is not UTF-8",
            file=file,
            line=line,
            hint="save it as “CSV UTF-8”",
        ) from None


def _rows(text: str, file: str | None) -> Iterator[tuple[int, list[str]]]:
    """The rows, each with the line that it starts on."""
    csv.field_size_limit(_MOST_BYTES)  # else a long text that was written here could not be read back
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(
                f"the table is broken ({error})",
                file=file,
                line=line,
                hint="look for a quotation mark without its pair",
            ) from None
        yield line, row
        line = reader.line_num + 1


def _check_columns(columns: Sequence[str], file: str | None) -> None:
    twice = [name for at, name in enumerate(columns) if name and name in columns[:at]]
    if twice:
        raise InputError(f"the column “{twice[0]}” stands twice", file=file, line=1)
    if not any(name in ("audio_path", "audio_id") for name in columns) or "id" not in columns:
        raise InputError(
            f"found the columns {', '.join(columns)[:200]}; expected id, audio_path, question, choice_1, choice_2, "
            "answer, modality, category and, where known, the publisher's other fields",
            file=file,
            line=1,
            hint="give each column the name of its field in the first row",
        )
    for name in columns:
        if (found := _CHOICE.fullmatch(name)) and int(found[1]) > MAX_CHOICES:
            raise InputError(
                f"found the column “{name}”, expected at most choice_{MAX_CHOICES}", file=file, line=1
            )


def _record(columns: Sequence[str], row: Sequence[str], file: str | None, line: int) -> dict[str, Any]:
    """One row as the record that `Item.from_record` takes."""
    record: dict[str, Any] = {}
    choices: dict[int, str] = {}
    for column, cell in zip(columns, row, strict=False):
        value = _unguarded(cell)
        if (found := _CHOICE.fullmatch(column)) is not None:
            record.setdefault("choices", [])
            if value is not None:
                choices[int(found[1])] = value
        elif column.endswith(_JSON):
            if cell:
                record[column.removesuffix(_JSON)] = _parsed(cell, column, file, line)
        elif column == "rubric" and value is not None:
            record[column] = _parsed(value, column, file, line)
        elif column == "cue" and value is not None:
            record[column] = (
                _parsed(value, column, file, line) if value.startswith("[") else _stripped_lines(value)
            )
        elif column:
            record[column] = value
    if choices and max(choices) != len(choices):
        gap = next(at for at in range(1, max(choices)) if at not in choices)
        raise InputError(
            f"the cell is empty and choice_{max(choices)} is not", file=file, line=line, field=f"choice_{gap}",
            hint="close the gap; for a choice that is the empty text write one apostrophe",
        )  # fmt: skip
    if "choices" in record:
        record["choices"] = [choices[at] for at in sorted(choices)]
    # An id, a question and the like may be the empty text, and never be missing: leave it to the item to say.
    return {name: value for name, value in record.items() if value is not None or name in _OPTIONAL}


_OPTIONAL = frozenset({"sub-category", "language", "source", "url", "timestamp", "thinking", "cue", "rubric"})


def _parsed(text: str, column: str, file: str | None, line: int) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InputError(f"expected JSON ({error})", file=file, line=line, field=column) from None
