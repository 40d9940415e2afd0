"""Items as a table, for people who work in a spreadsheet.

One row per item and one column per field, under the publisher's names. Choices have a column each (`choice_1`,
`choice_2`, ...). Cues are in one cell, one per line. Rubrics are JSON, and so are fields that the publisher does not
have, under a heading that says so (`dataset (json)`). Tables are written in UTF-8 with a byte order mark, which
spreadsheet programs recognise; when reading, UTF-16, any line ends, and comma, semicolon or tab are accepted.

A cell that begins with `=`, `+`, `-`, `@` or similar is a formula to a spreadsheet program. Such a cell gets an
apostrophe in front, which reading removes. To keep this reversible, a single apostrophe stands for the empty text (an
empty cell is no value), and text that begins with apostrophes followed by such a character gets one more.

A field that is missing in one item and `null` in another comes back as `null` in both.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mmar.errors import InputError
from mmar.files.sniff import SNIFF_BYTES, FileType, sniff
from mmar.files.typed import decode_json
from mmar.items import Item
from mmar.items.item import FIELDS, MAX_CHOICES

_FORMULA = re.compile(r"'*(?:[=+\-@|%\t\r\n\0＝＋－＠]|$)")
_CHOICE = re.compile(r"choice_([1-9][0-9]?)")
_JSON = " (json)"
_BOM = "\ufeff"
_MAX_BYTES = 256 << 20
_NULLABLE = frozenset({"sub-category", "language", "source", "url", "timestamp", "thinking", "cue", "rubric"})
_CHOICES_HINT = "give each choice a column of its own: choice_1, choice_2, ..."


def csv_text(items: Iterable[Item]) -> str:
    """Items as a table with a byte order mark, to be encoded as UTF-8.

    Raises:
        InputError: a field has the name of a column of this format (`reserved-name`).
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
    """The items of a table (UTF-8, or UTF-16 with a byte order mark) in the order of its rows.

    Raises:
        InputError: the table cannot be read, a column is missing, a row is not an item, or two rows have one id.
    """
    text = data.removeprefix(_BOM) if isinstance(data, str) else _decoded(data, file)
    rows = _rows(text, file)
    _, head = next(rows, (1, []))
    if not head:
        raise InputError(
            "the table is empty", file=file, code="empty-table", hint="give column names and a row per item"
        )
    columns = [_unguarded(name.strip()) or "" for name in head]
    _check_columns(columns, file)
    items: dict[str, Item] = {}
    lines: dict[str, int] = {}
    for line, row in rows:
        if not any(row):
            continue
        if any(row[len(columns) :]):
            problem = f"found {len(row)} cells, but {len(columns)} column names"
            raise InputError(problem, file=file, line=line, code="too-many-cells")
        item = _item(columns, row, file, line)
        if item.id in items:
            problem = f'the id "{item.id}" is on line {lines[item.id]} already'
            raise InputError(problem, file=file, line=line, field="id", code="duplicate-id")
        items[item.id], lines[item.id] = item, line
    return tuple(items.values())


def _decoded(data: bytes, file: str | None = None) -> str:
    if len(data) > _MAX_BYTES:
        problem = f"found a table of {len(data):,} bytes, at most {_MAX_BYTES:,} are read"
        raise InputError(problem, file=file, code="table-too-large")
    kind = sniff(data[:SNIFF_BYTES])
    if kind.group in ("table", "audio", "media", "archive", "compressed"):
        raise wrong_type(kind, file)
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        return data.decode(encoding).removeprefix(_BOM)
    except UnicodeDecodeError as error:
        raise InputError(
            f"byte 0x{data[error.start]:02x} is not {encoding.upper()}",
            file=file,
            line=len(data[: error.start].splitlines()) or 1,
            code="invalid-encoding",
            hint='save it as "CSV UTF-8"',
        ) from None


def wrong_type(kind: FileType, file: str | None) -> InputError:
    """The error for a file that contains no items that could be read."""
    hints = {
        "table": 'open it in a spreadsheet program and save it as "CSV UTF-8"',
        "audio": "give a table or JSONL of items, with the clips next to it or in one archive",
        "compressed": "unpack it first",
    }
    hint = hints.get("audio" if kind.group == "media" else kind.group)
    if kind.format in ("parquet", "arrow", "sqlite"):
        hint = "convert it to JSONL or CSV first"
    return InputError(
        f"found {kind.label}, expected items as JSON, JSONL, CSV or an archive",
        file=file,
        code="wrong-file-type",
        hint=hint,
    )


def _rows(text: str, file: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """The rows of a table, each with the line on which it starts."""
    csv.field_size_limit(_MAX_BYTES)
    if "\n" not in text:
        text = text.replace("\r", "\n")  # line ends of old Macs
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    line = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise InputError(
                "the table is damaged here",
                file=file,
                line=line,
                code="damaged-table",
                hint="look for a quotation mark that is not closed",
            ) from None
        yield line, row
        line = reader.line_num + 1


def _columns(records: Sequence[dict[str, Any]]) -> list[str]:
    """The columns that records fill, in the records' own order, with the choices side by side."""
    names: dict[str, None] = {}
    most = max((len(record["choices"]) for record in records), default=2)
    for record in records:
        for name in record:
            if name == "choices":
                names.update(dict.fromkeys(f"choice_{number}" for number in range(1, most + 1)))
            elif name in FIELDS:
                names[name] = None
            elif _CHOICE.fullmatch(name) or name.endswith(_JSON):
                raise InputError(
                    f'the field "{name}" has the name of a column of this format',
                    field=name,
                    code="reserved-name",
                )
            else:
                names[name + _JSON] = None
    return list(names)


def _cells(record: dict[str, Any]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for name, value in record.items():
        if name == "choices":
            cells.update(
                (f"choice_{number}", _guarded(choice)) for number, choice in enumerate(value, start=1)
            )
        elif name not in FIELDS:
            cells[name + _JSON] = _json(value)
        elif value is not None:
            cells[name] = _guarded(_cue_lines(value) if name == "cue" else _as_text(value))
    return cells


def _as_text(value: object) -> str:
    # MMAU writes some categories as a list of one.
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return value[0]
    return value if isinstance(value, str) else _json(value)


def _cue_lines(cues: Sequence[str]) -> str:
    """One cue per line, or JSON where lines would not be read back unchanged."""
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


def _check_columns(columns: Sequence[str], file: str | None) -> None:
    for index, name in enumerate(columns):
        if name and name in columns[:index]:
            raise InputError(f'two columns are named "{name}"', file=file, line=1, code="duplicate-column")
        if (match := _CHOICE.fullmatch(name)) and int(match[1]) > MAX_CHOICES:
            raise InputError(
                f'found the column "{name}", the last possible one is choice_{MAX_CHOICES}',
                file=file,
                line=1,
                code="too-many-choices",
            )
    if not {"audio_path", "audio_id"} & set(columns) or "id" not in columns:
        raise InputError(
            f"found the columns {', '.join(columns)[:200]}; expected id, audio_path, question, choice_1, choice_2, "
            "answer, modality, category and, where known, the publisher's other fields",
            file=file,
            line=1,
            code="missing-column",
            hint="give each column the name of its field in the first row",
        )
    if "choices" in columns and not any(map(_CHOICE.fullmatch, columns)):
        raise InputError(
            'found the column "choices", expected choice_1, choice_2, ...',
            file=file,
            line=1,
            field="choices",
            code="choices-in-one-cell",
            hint=_CHOICES_HINT,
        )


def _item(columns: Sequence[str], row: Sequence[str], file: str | None, line: int) -> Item:
    try:
        return Item.from_record(_record(columns, row, file, line), file=file, line=line)
    except InputError as error:
        if error.field != "choices":
            raise
        raise InputError(
            f"{error.problem} in choice_1, choice_2, ...",
            file=file,
            line=line,
            field="choice_1",
            code=error.code,
            hint=_CHOICES_HINT,
        ) from None


def _record(columns: Sequence[str], row: Sequence[str], file: str | None, line: int) -> dict[str, Any]:
    """One row as the record that `Item.from_record` takes."""
    record: dict[str, Any] = {}
    choices: dict[int, str] = {}
    for column, cell in zip(columns, row, strict=False):
        value = _unguarded(cell)
        if (match := _CHOICE.fullmatch(column)) is not None:
            record.setdefault("choices", [])
            if value is not None:
                choices[int(match[1])] = value
        elif column.endswith(_JSON):
            if cell:
                record[column.removesuffix(_JSON)] = _parsed(cell, column, file, line)
        elif value is not None and (column == "rubric" or (column == "cue" and value.startswith("["))):
            record[column] = _parsed(value, column, file, line)
        elif value is not None and column == "cue":
            record[column] = _stripped_lines(value)
        elif column:
            record[column] = value
    if choices and max(choices) != len(choices):
        gap = next(number for number in range(1, max(choices)) if number not in choices)
        raise InputError(
            f"the cell is empty, but choice_{max(choices)} is not",
            file=file,
            line=line,
            field=f"choice_{gap}",
            code="choice-missing",
            hint="close the gap; for a choice that is the empty text write one apostrophe",
        )
    if "choices" in record:
        record["choices"] = [choices[number] for number in sorted(choices)]
    return {name: value for name, value in record.items() if value is not None or name in _NULLABLE}


def _parsed(text: str, column: str, file: str | None, line: int) -> Any:
    try:
        return decode_json(text.encode(), file=file, line=line)
    except (InputError, UnicodeError):
        raise InputError("expected JSON", file=file, line=line, field=column, code="invalid-json") from None
