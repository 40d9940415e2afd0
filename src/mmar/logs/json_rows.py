"""The records of a JSON file in whatever shape they stand: lines, an array, one object, columns, or values one after another.

Lines and arrays of objects are streamed; any other file is read whole, up to 256 MiB.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmar.errors import InputError
from mmar.files.open import open_decompressed
from mmar.files.typed import decode_json, decode_text
from mmar.items.records import raw_records
from mmar.logs.fields import has_answer
from mmar.logs.record import OnError, Row

LARGEST = 1 << 28
_HEAD = 4096
_ONE_LINE = re.compile(r"^\{.*\}\s*$", re.MULTILINE)
_SEPARATORS = re.compile(r"[\s,]*")
_LISTS = (
    "results", "samples", "per_sample", "predictions", "responses", "outputs", "records", "items", "data", "details",
)  # fmt: skip
# A key that is one of these names a field of a single record, not an item.
_FIELD_NAMES = frozenset((
    "question", "prompt", "instruction", "query", "input", "choices", "options", "candidates", "id", "item_id", "uid",
    "key", "answer", "model", "name",
))  # fmt: skip


def json_rows(path: Path, on_error: OnError = None) -> Iterator[tuple[int, Any]]:
    """Line and value of each record of JSONL or of an array of objects, one at a time.

    Raises:
        InputError: see `raw_records`, and without `on_error` `decode_json`.
    """
    for line, text in raw_records(path):
        try:
            value = decode_json(text, file=str(path), line=line)
        except InputError as error:
            if on_error is None:
                raise
            on_error(error)
        else:
            yield line, value


def json_values(path: Path) -> list[Any] | None:
    """The values of a file that is read whole: one, or several one after another; `None` for what `json_rows` reads.

    Raises:
        InputError: the file is not JSON (code `invalid-json`), or not text in UTF-8 or UTF-16 (code `not-utf8`).
    """
    with open_decompressed(path) as stream:
        first = stream.readline(LARGEST)
        data = first + stream.read(_HEAD)
        if _is_lines(first, data[len(first) :]) or _is_array(data):
            return None
        data += stream.read(max(0, LARGEST + 1 - len(data)))
    if len(data) > LARGEST:
        return None
    text = decode_text(data, file=str(path))
    try:
        return [decode_json(text.encode(), file=str(path))]
    except InputError as error:
        if error.code != "invalid-json" or text.lstrip()[:1] != "{":
            raise
        whole = error
    decoder = json.JSONDecoder()
    values = []
    position = len(text) - len(text.lstrip())
    while position < len(text):
        try:
            value, position = decoder.raw_decode(text, position)
        except (json.JSONDecodeError, RecursionError):
            if _ONE_LINE.search(text):
                return None  # lines of which the first is broken
            raise whole from None
        values.append(value)
        position = _SEPARATORS.match(text, position).end()  # type: ignore[union-attr]
    return values


def _is_lines(line: bytes, rest: bytes) -> bool:
    """Whether a first line is an object by itself, and what follows is another or nothing."""
    line = line.removeprefix(b"\xef\xbb\xbf").strip()
    return line[:1] == b"{" and line[-1:] == b"}" and b"}{" not in line and rest.lstrip()[:1] == b"{"


def _is_array(data: bytes) -> bool:
    """Whether a text begins as an array of objects."""
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text[:1] == b"[" and text[1:_HEAD].lstrip()[:1] == b"{"


def object_rows(value: Mapping[str, Any], key: str | None = None, *, by_id: bool = True) -> list[Any]:
    """The records in one JSON object; empty if there are none.

    They stand in a list under a usual name, in columns (`{"id": [...], "prediction": [...]}`, as pandas and Hugging
    Face's `datasets` write them), in `{"columns": [...], "data": [[...]]}`, in `{id: answer}` or `{id: {...}}` (with
    `by_id`), or in any of these one object further in. `key` is the name of the answer's field, where a person gave it.
    """
    columns = value.get("columns")
    data = value.get("data")
    if isinstance(columns, list) and isinstance(data, list):
        return [dict(zip(map(str, columns), each, strict=False)) for each in data if isinstance(each, list)]
    rows = _columns(value, key) or _lists(value, key) or (_mapping(value, key) if by_id else [])
    if rows:
        return rows
    inner = [
        nested
        for name, each in value.items()
        if isinstance(each, Mapping) and (nested := object_rows(each, key, by_id=name in _LISTS))
    ]
    return inner[0] if len(inner) == 1 else []


def _has_answer(row: Any, key: str | None) -> bool:
    return isinstance(row, Mapping) and has_answer(row, key)


def _columns(value: Mapping[str, Any], key: str | None) -> list[Row]:
    if not _has_answer(value, key):
        return []
    columns = list(value.values())
    if all(isinstance(column, list) and len(column) == len(columns[0]) for column in columns):
        return [dict(zip(value, cells, strict=True)) for cells in zip(*columns, strict=True)]
    if all(isinstance(column, Mapping) and column.keys() == columns[0].keys() for column in columns):
        return [{name: column[row] for name, column in value.items()} for row in columns[0]]
    return []


def _lists(value: Mapping[str, Any], key: str | None) -> list[Any]:
    lists = {
        name: each
        for name, each in value.items()
        if isinstance(each, list) and each and isinstance(each[0], Mapping)
    }
    if usual := [name for name in _LISTS if name in lists]:
        return lists[usual[0]]
    if len(lists) == 1 or (lists and all(_has_answer(each[0], key) for each in lists.values())):
        return [row for each in lists.values() for row in each]
    return []


def _mapping(value: Mapping[str, Any], key: str | None) -> list[Row]:
    """The rows of `{id: answer}`, `{id: [answer, ...]}` or `{id: {fields}}`."""
    if not value or any(name.casefold() in _FIELD_NAMES for name in value) or _has_answer(value, key):
        return []
    values = list(value.values())
    if all(_has_answer(each, key) for each in values):
        return [{"id": name, **each} for name, each in value.items()]
    first = [each[0] if isinstance(each, list) and each else each for each in values]
    known = all(each is None or isinstance(each, str | list) for each in values)
    if known and any(isinstance(each, str) for each in first):
        return [{"id": name, "answer_prediction": each} for name, each in value.items()]
    return []
