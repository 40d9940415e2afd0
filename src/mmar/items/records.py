"""The records of a JSON array or JSONL file, one by one, in flat memory.

Read as published: plain or gzip, with or without a byte order mark, with LF or CRLF line ends; a JSON array
of objects or one object a line, told apart by the first character. A file is never held whole. A large one
can be read by several processes: a plain JSONL file by ranges of bytes (`spans`), any other in blocks of whole
records that one process hands to the others (`blocks`).
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import msgspec

from mmar.errors import ExternalError, InputError
from mmar.items.arrays import array_records

__all__ = ["BLOCK_BYTES", "Block", "Span", "blocks", "raw_records", "read_span", "spans"]

BLOCK_BYTES = 1 << 20
"""A block's size in bytes, when its records are smaller."""

# What is read at once; more than this leaves a core's own cache, and every byte is then fetched from memory twice.
_PIECE = 1 << 18
# And of that, what is cut into lines at once.
_LINES = 1 << 16
# The largest span: what comes of it is held in memory.
_MOST = 1 << 26
_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"


class Block(msgspec.Struct, frozen=True):
    """Whole records of one file.

    Attributes:
        records: 1-based line of the file and JSON text, UTF-8, of each.
    """

    records: list[tuple[int, bytes]]


class Span(msgspec.Struct, frozen=True):
    """A range of bytes of a JSONL file; it stands for the lines that begin in it.

    Attributes:
        start: first byte.
        end: the byte after the last.
    """

    start: int
    end: int


def raw_records(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the 1-based line and the JSON text, UTF-8, of each record of a JSONL or JSON array file.

    Args:
        path: the file, plain or gzip.

    Raises:
        InputError: there is no such file, it is a folder, empty, not UTF-8 by its mark, or neither an
            array nor lines of JSON.
        ExternalError: the system cannot read it.
    """
    name = str(path)
    try:
        with _open(path) as stream:
            if _first_mark(stream, name) == b"[":
                yield from array_records(stream, _PIECE, name)
            else:
                for line, text in enumerate(stream, 1):
                    if not text.isspace():
                        yield line, text
    except (EOFError, zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise ExternalError(f"{name}: cannot be read ({error.strerror})") from None
        # gzip.BadGzipFile is an OSError without a number; the module is imported for gzip files alone.
        raise InputError(
            f"broken gzip data ({error})", file=name, hint="fetch or compress it again"
        ) from None


def blocks(path: Path, size: int = BLOCK_BYTES) -> Iterator[Block]:
    """The records of a file in blocks, to be handed to other processes.

    Args:
        path: the file.
        size: about how many bytes a block should have.

    Raises:
        InputError, ExternalError: as `raw_records`.
    """
    records: list[tuple[int, bytes]] = []
    held = 0
    for record in raw_records(path):
        records.append(record)
        held += len(record[1])
        if held >= size:
            yield Block(records)
            records, held = [], 0
    if records:
        yield Block(records)


def spans(path: Path, least: int, share: int = 1) -> list[Span] | None:
    """Divide a plain JSONL file, so that several processes can read it at once.

    Args:
        path: the file.
        least: bytes of the smallest span but the last.
        share: each span is this part of what is left, as one is to `share`, if that is more: large ones first, since
            each costs something of its own, and small ones last, so that all who take them in turn are done at one
            time.

    Returns:
        The spans in order; `None` for a file that only one can read (gzip, a JSON array) or that is no JSONL.
    """
    with path.open("rb") as stream:
        head = stream.read(64).removeprefix(_BOM).lstrip()
        whole = stream.seek(0, io.SEEK_END)
    if head[:1] != b"{":
        return None
    found = []
    start = 0
    while start < whole:
        end = min(whole, start + max(least, min(_MOST, (whole - start) // share)))
        found.append(Span(start, end))
        start = end
    return found


def read_span(stream: BinaryIO, span: Span) -> Iterator[bytes]:
    """The lines that begin in a span, blank ones too.

    Args:
        stream: the file, open for reading.
        span: one of `spans`.
    """
    at = span.start
    stream.seek(max(0, at - 1))
    if at:
        # One byte more at the front tells whether a line begins at the start.
        at += len(stream.readline()) - 1
    return chain.from_iterable(_lines(stream, at, span.end))


def _lines(stream: BinaryIO, at: int, end: int) -> Iterator[list[bytes]]:
    """The lines that begin from a byte on (where the stream stands) and before the end, some at a time."""
    while at < end:
        # `readlines` stops behind the line that brings the sum over its bound, and takes 0 for none.
        bound = min(_LINES, end - at) - 1
        lines = stream.readlines(bound) if bound else [stream.readline()]
        length = sum(map(len, lines))
        if not length:
            return  # the file has become shorter
        if not at:
            lines[0] = lines[0].removeprefix(_BOM)
        yield lines
        at += length


def _open(path: Path) -> BinaryIO:
    if path.is_dir():
        raise InputError(
            "is a folder, expected a JSON or JSONL file", file=str(path), hint="name the file in it"
        )
    if path.exists() and not path.is_file():
        raise InputError(
            "is a pipe or a device, which can be read only once",
            file=str(path),
            hint="write its content to a file first",
        )
    try:
        plain = path.open("rb", buffering=_PIECE)
    except FileNotFoundError:
        raise InputError("no such file", file=str(path), hint="check the path") from None
    if plain.read(2) == _GZIP:
        import gzip

        plain.close()
        return io.BufferedReader(gzip.GzipFile(path), _PIECE)
    plain.seek(0)
    return plain


def _first_mark(stream: BinaryIO, name: str) -> bytes:
    """The first character of a file, `[` or `{`; the stream then stands at the beginning, behind a byte order mark."""
    head = stream.read(_PIECE)
    begin = len(_BOM) if head.startswith(_BOM) else 0
    head = head[begin:]
    _refuse_other_formats(head, name)
    while not head.lstrip() and (more := stream.read(_PIECE)):
        head += more
    mark = head.lstrip()[:1]
    if not mark:
        raise InputError("the file is empty", file=name, hint="expected JSONL or a JSON array of records")
    if mark not in b"[{":
        raise _not_json(head, name)
    stream.seek(begin)
    return mark


def _refuse_other_formats(head: bytes, name: str) -> None:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[1:2] == b"\0" or head[:1] == b"\0":
        raise InputError("the text is UTF-16 or UTF-32, expected UTF-8", file=name, hint="save it as UTF-8")
    if head[:4] == b"PK\x03\x04":
        raise InputError("is a ZIP archive, expected JSON or JSONL", file=name, hint="unpack it first")


def _not_json(head: bytes, name: str) -> InputError:
    text = head.lstrip()
    if text[:1] == b"<":
        problem, hint = (
            "is HTML or XML, expected JSON or JSONL",
            "a saved web page? fetch the raw file instead",
        )
    else:
        shown = text[:40].decode("utf-8", "replace").splitlines()[0]
        problem, hint = (
            f"starts with “{shown}”, expected “[” or “{{”",
            "give a JSON array or one JSON object a line",
        )
    return InputError(problem, file=name, line=head[: len(head) - len(text)].count(b"\n") + 1, hint=hint)
