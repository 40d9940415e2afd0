"""The objects of a JSON array one by one, so that an array is never held whole.

Where a piece of the array is sound JSON the decoder finds them; else their braces do, so that a broken record has a line
and its neighbours are read all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from mmar.errors import InputError

__all__ = ["array_records"]

# Inside an array: a whole string (skipped), a brace that opens or closes an object, or the quote of a string
# whose end was not read yet.
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["{}]', re.DOTALL)
_BETWEEN = re.compile(rb"[\s,]*")
_LONGEST_OPENING = 200

_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode


def array_records(stream: BinaryIO, size: int, name: str) -> Iterator[tuple[int, bytes]]:
    """Yield the 1-based line and the JSON text of each object of an array.

    Args:
        stream: at the beginning of a text whose first character, white space aside, is `[`.
        size: how many bytes to read at once.
        name: of the file, for errors.

    Raises:
        InputError: an element is no object, the array does not end, or something stands behind it.
    """
    text = stream.read(size)
    while b"[" not in text:
        text += stream.read(size)
    start = text.index(b"[")
    line = text.count(b"\n", 0, start) + 1
    text = text[start + 1 :]
    while True:
        for split in (_sound_objects, _objects):
            records, line, text = split(text, line)
            yield from records
        rest = text.lstrip(b" \t\r\n,")
        if rest[:1] == b"]":
            line += text[: len(text) - len(rest)].count(b"\n")
            after = rest[1:].lstrip() or stream.read(size).lstrip()
            if after:
                raise InputError("text after the end of the array", file=name, line=line, hint="remove it")
            return
        if rest and rest[:1] != b"{":
            line += text[: len(text) - len(rest)].count(b"\n")
            shown = rest[:40].decode("utf-8", "replace").splitlines()[0]
            raise InputError(
                f"a record must be a JSON object, found “{shown}”",
                file=name,
                line=line,
                hint="correct the array",
            )
        # What is left is the beginning of an object; read at least as much again, so that one huge record
        # is scanned a logarithmic number of times.
        piece = stream.read(max(size, len(text)))
        if not piece:
            raise InputError(
                "the array does not end with “]”",
                file=name,
                line=line,
                hint="the file is cut off; fetch it again",
            )
        text += piece


def _sound_objects(text: bytes, line: int) -> tuple[list[tuple[int, bytes]], int, bytes]:
    """As `_objects`, in a tenth of the time: all but the last, where they are sound; else none."""
    none: tuple[list[tuple[int, bytes]], int, bytes] = [], line, text
    start = text.find(b"{")
    colon = text.find(b":", start, start + _LONGEST_OPENING)
    if start < 0 or colon < 0 or _BETWEEN.fullmatch(text, 0, start) is None:
        return none
    # The last record begins where the text with which the first one begins stands last. If that is a guess gone wrong,
    # what is before it is not the beginning of an array, which decoding it tells: it is read from where a record begins.
    stop = text.rfind(text[start : colon + 1], colon)
    whole = text[start : max(stop, start)].rstrip()
    if not whole.endswith(b","):
        return none
    try:
        elements = _elements(b"[" + whole[:-1] + b"]")
    except (msgspec.DecodeError, RecursionError):
        return none
    records: list[tuple[int, bytes]] = []
    end, usual = 0, b""
    for element in elements:
        begin = text.find(b"{", end)
        between = text[end:begin]
        if between != usual:
            if _BETWEEN.fullmatch(between) is None:
                return none  # an element that is no object
            usual = between
        line += between.count(b"\n")
        end = begin + len(element)
        record = text[begin:end]
        records.append((line, record))
        line += record.count(b"\n")
    return records, line, text[end:]


def _objects(text: bytes, line: int) -> tuple[list[tuple[int, bytes]], int, bytes]:
    """Split off the whole objects at the start of `text`: their lines and texts, the line reached, and what is left."""
    records: list[tuple[int, bytes]] = []
    depth = begin = end = 0
    for token in _TOKEN.finditer(text):
        mark = text[token.start()]
        if mark == 0x7B:  # {
            if not depth:
                begin = token.start()
                if _BETWEEN.fullmatch(text, end, begin) is None:
                    break  # something that is no object stands between two: the caller names it
            depth += 1
        elif mark == 0x7D:  # }
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
            break  # a string between two objects, or one cut off by the end of what was read
    return records, line, text[end:]
