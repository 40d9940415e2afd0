"""Parts of a file for several processes; deleted once scoring no longer needs it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import msgspec

from mmar.items.records import raw_records

__all__ = ["BLOCK_BYTES", "Block", "Span", "blocks", "read_span", "spans"]

BLOCK_BYTES = 1 << 20
_LINES = 1 << 16
_MOST = 1 << 26
_BOM = b"\xef\xbb\xbf"


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
