"""The records of a JSON array or a JSONL file, one by one.

Files are read as published: plain or gzip, with or without a byte order mark, with LF or CRLF line ends; a JSON array
of objects or one object per line, recognised by the first character. A file is never held in memory whole.

In an array, most objects are found by decoding pieces of it (`_decode_objects`). Where a piece is not valid JSON, they
are found by their braces instead (`_scan_objects`), so that the error names the line of the broken record, and the
records around it can still be read.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from mmar.errors import InputError
from mmar.files.open import check_regular_file, open_decompressed, open_file
from mmar.files.sniff import sniff
from mmar.files.typed import decode_json

# Read at once; larger pieces no longer fit a core's own cache.
_PIECE = 1 << 16
_LEAST_SCANNED = 4  # pieces
_BOM = b"\xef\xbb\xbf"
# In an array: a complete string (skipped), a brace, or the quote of a string whose end has not been read yet.
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["{}]', re.DOTALL)
_SEPARATOR = re.compile(rb"[\s,]*")
_MAX_KEY = 200
_Records = list[tuple[int, bytes]]

_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode


def raw_records(path: Path | str) -> Iterator[tuple[int, bytes]]:
    """Yield the 1-based line and the JSON text (UTF-8) of each record of a JSONL or JSON array file, plain or gzip.

    Raises:
        InputError: the file is missing, a folder, a pipe, empty, damaged gzip, in another encoding, or neither a
            JSON array nor lines of JSON.
        ExternalError: it cannot be read.
    """
    path = Path(path)
    check_regular_file(path)
    with open_decompressed(path, _PIECE) as stream:
        if _first_character(stream) == b"[":
            yield from _array_records(stream, _PIECE)
        else:
            for line, text in enumerate(stream, 1):
                if not text.isspace():
                    yield line, text


def line_ranges(path: Path, size: int) -> Iterator[tuple[int, int]] | None:
    """Ranges of at least `size` bytes of a JSONL file that hold whole lines, so that several processes can read it.

    Returns:
        Start and end of each range, in order; `None` where lines cannot be found without reading all of the file: a
        JSON array, or gzip.

    Raises:
        InputError: as `raw_records`.
    """
    check_regular_file(path)
    with open_file(path) as stream:
        is_gzip = stream.read(2) == b"\x1f\x8b"
        stream.seek(0)
        if not is_gzip and _first_character(stream) == b"{":
            return _ranges(path, stream.tell(), size)
    return None


def _ranges(path: Path, start: int, size: int) -> Iterator[tuple[int, int]]:
    with path.open("rb") as stream:
        whole = stream.seek(0, io.SEEK_END)
        while start < whole:
            stream.seek(min(start + size, whole))
            stream.readline()
            yield start, stream.tell()
            start = stream.tell()


def first_records(rows: Iterable[tuple[int, Any]], count: int | None = 50) -> Iterator[dict[str, Any]]:
    """Those of the first records that are JSON objects, decoded.

    Args:
        rows: line and record, which is JSON text or decoded already.
        count: number of records to look at; `None` for all.
    """
    for _, row in islice(rows, count):
        try:
            record = decode_json(row) if isinstance(row, bytes) else row
        except InputError:
            continue
        if isinstance(record, dict):
            yield record


def first_field_names(path: Path) -> list[str]:
    """The field names of a file's first records, each once, in order of appearance.

    Raises:
        InputError: the file cannot be read at all.
    """
    return list(dict.fromkeys(name for record in first_records(raw_records(path)) for name in record))


def _first_character(stream: BinaryIO) -> bytes:
    """The first character, `[` or `{`; the stream is then at the beginning, after a byte order mark."""
    head = stream.read(_PIECE)
    start = len(_BOM) if head.startswith(_BOM) else 0
    head = head[start:]
    while not head.lstrip() and (more := stream.read(_PIECE)):
        head += more
    text = head.lstrip()
    if text[:1] not in (b"[", b"{") or b"\0" in text[:4]:
        raise _not_json(head)
    if text[:1] == b"{" and b"\n" not in head and b"\r" in text.rstrip():
        raise InputError(
            "the lines end in a carriage return alone (old Mac line ends)",
            code="line-ends",
            hint="save the file with LF or CRLF line ends",
        )
    stream.seek(start)
    return text[:1]


def _not_json(head: bytes) -> InputError:
    kind = sniff(head)
    if kind.format != "text":
        hints = {
            "empty": "was it written completely?",
            "utf-16": "save the file as UTF-8",
            "html": "a saved web page? get the raw file instead",
            "git-lfs": "get the file itself with git lfs pull",
            "archive": "unpack it first",
            "compressed": "unpack it first",
            "table": "export it as JSONL: one JSON object per line",
        }
        hint = hints.get(kind.format) or hints.get(kind.group) or "give a JSON array or JSONL"
        return InputError(f"is {kind.label}, expected JSON or JSONL", code="wrong-file-type", hint=hint)
    text = head.lstrip()
    start = text[:40].decode("utf-8", "replace").splitlines()[0]
    return InputError(
        f'starts with "{start}", expected "[" or "{{"',
        line=head[: len(head) - len(text)].count(b"\n") + 1,
        code="not-json",
        hint="give a JSON array, or one JSON object per line",
    )


def _array_records(stream: BinaryIO, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield the 1-based line and the text of each object of an array; `size` bytes are read at once."""
    text = stream.read(size)
    while b"[" not in text:
        text += stream.read(size)
    start = text.index(b"[")
    line = text.count(b"\n", 0, start) + 1
    text = text[start + 1 :]
    at_end = False
    while True:
        records, line, text = _decode_objects(text, line)
        # With one long object there is nothing to decode yet. To scan it would take longer than to read on.
        if not records and (at_end or len(text) >= _LEAST_SCANNED * size):
            records, line, text = _scan_objects(text, line)
        yield from records
        rest = text.lstrip(b" \t\r\n,")
        if rest[:1] == b"]":
            line += text[: len(text) - len(rest)].count(b"\n")
            if rest[1:].lstrip() or stream.read(size).lstrip():
                raise _invalid_array("text after the end of the array", line, "remove it")
            return
        if rest and rest[:1] != b"{":
            line += text[: len(text) - len(rest)].count(b"\n")
            start_of = rest[:40].decode("utf-8", "replace").splitlines()[0]
            problem = f'a record must be a JSON object, found "{start_of}"'
            raise _invalid_array(problem, line, "correct the array", "not-an-object")
        if at_end and not records:
            problem = 'the array does not end with "]"'
            raise _invalid_array(problem, line, "the file is incomplete; get it again")
        # What is left is the beginning of an object. Reading at least as much again bounds how often it is scanned.
        piece = stream.read(max(size, len(text)))
        at_end = not piece
        text += piece


def _invalid_array(problem: str, line: int, hint: str, code: str = "invalid-json") -> InputError:
    return InputError(problem, line=line, code=code, hint=hint)


def _decode_objects(text: bytes, line: int) -> tuple[_Records, int, bytes]:
    """Split off all objects but the last, if that part of the array is valid JSON; otherwise none.

    The result is the objects with their lines, the line reached, and the rest of the text.
    """
    nothing: tuple[_Records, int, bytes] = [], line, text
    start = text.find(b"{")
    colon = text.find(b":", start, start + _MAX_KEY)
    if start < 0 or colon < 0 or _SEPARATOR.fullmatch(text, 0, start) is None:
        return nothing
    # The last record is assumed to begin at the last place that reads like the beginning of the first. If it does
    # not, the part before it does not decode.
    stop = text.rfind(text[start : colon + 1], colon)
    stop = len(text[: max(stop, start)].rstrip())
    if stop <= start or text[stop - 1 : stop] != b",":
        return nothing
    try:
        elements = _elements(b"".join((b"[", memoryview(text)[start : stop - 1], b"]")))
    except (msgspec.DecodeError, RecursionError):
        return nothing
    records: _Records = []
    end, usual = 0, b""
    for element in elements:
        begin = text.find(b"{", end)
        between = text[end:begin]
        if between != usual:
            if _SEPARATOR.fullmatch(between) is None:
                return nothing  # an element that is not an object
            usual = between
        line += between.count(b"\n")
        end = begin + len(element)
        record = text[begin:end]
        records.append((line, record))
        line += record.count(b"\n")
    return records, line, text[end:]


def _scan_objects(text: bytes, line: int) -> tuple[_Records, int, bytes]:
    """Split off the complete objects at the start of the text by their braces; returns as `_decode_objects`."""
    records: _Records = []
    depth = begin = end = 0
    for token in _TOKEN.finditer(text):
        character = text[token.start() : token.start() + 1]
        if character == b"{":
            if not depth:
                begin = token.start()
                if _SEPARATOR.fullmatch(text, end, begin) is None:
                    break  # something between two objects that is not an object
            depth += 1
        elif character == b"}":
            depth -= 1
            if depth < 0:
                break
            if not depth:
                line += text.count(b"\n", end, begin)
                record = text[begin : token.end()]
                records.append((line, record))
                line += record.count(b"\n")
                end = token.end()
        elif not depth or token.end() == token.start() + 1:
            break  # a string between two objects, or one whose end has not been read yet
    return records, line, text[end:]
