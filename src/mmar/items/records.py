"""The records of a JSON array or JSONL file, one by one, in flat memory.

Read as published: plain or gzip, with or without a byte order mark, with LF or CRLF line ends; a JSON array
of objects or one object a line, told apart by the first character. A file is never held whole: it is cut
into blocks of whole records, and a block is what is handed to another process when a file is large.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from mmar.errors import InputError, WorldError

__all__ = ["BLOCK_BYTES", "Block", "Span", "blocks", "raw_records", "read_span", "spans"]

BLOCK_BYTES = 1 << 20
"""A block's size in bytes, when its records are smaller."""

_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
# Inside an array: a whole string (skipped), a brace that opens or closes an object, or the quote of a string
# whose end was not read yet.
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["{}]', re.DOTALL)
_BETWEEN = re.compile(rb"[\s,]*")


class Block(msgspec.Struct, frozen=True):
    """Whole records of one file.

    Attributes:
        texts: the records' JSON texts, UTF-8; a blank one is no record.
        lines: 1-based line of the file on which each of `texts` begins.
    """

    texts: list[bytes]
    lines: Sequence[int]

    def records(self) -> Iterator[tuple[int, bytes]]:
        """The line number and the JSON text of each record."""
        for line, text in zip(self.lines, self.texts, strict=True):
            if text and not text.isspace():
                yield line, text


class Span(msgspec.Struct, frozen=True):
    """A range of bytes of a JSONL file; it stands for the lines that begin in it.

    Attributes:
        start: first byte.
        end: the byte after the last.
    """

    start: int
    end: int


def spans(path: Path, size: int) -> list[Span] | None:
    """Divide a plain JSONL file, so that several processes can read it at once.

    Args:
        path: the file.
        size: bytes of a span.

    Returns:
        The spans in order; `None` for a file that only one can read (gzip, a JSON array) or that is no JSONL.
    """
    with path.open("rb") as stream:
        head = stream.read(64).removeprefix(_BOM).lstrip()
        whole = stream.seek(0, io.SEEK_END)
    if head[:1] != b"{":
        return None
    return [Span(start, min(start + size, whole)) for start in range(0, whole, size)]


def read_span(stream: BinaryIO, span: Span) -> Block:
    """The lines that begin in a span, numbered from 1; the last of `texts` is empty.

    Args:
        stream: the file, open for reading.
        span: one of `spans`.
    """
    start = span.start
    stream.seek(max(0, start - 1))
    if start:
        # One byte more at the front tells whether a line begins at the start.
        start += len(stream.readline()) - 1
    texts = stream.read(max(0, span.end - start)).split(b"\n")
    if texts[-1]:
        texts[-1] += stream.readline().removesuffix(b"\n")
        texts.append(b"")
    if not span.start:
        texts[0] = texts[0].removeprefix(_BOM)
    return Block(texts, range(1, len(texts) + 1))


def raw_records(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield `(line, JSON text)` of each record of a file, in order.

    Raises:
        InputError: as `blocks`.
    """
    for block in blocks(path):
        yield from block.records()


def blocks(path: Path, size: int = BLOCK_BYTES) -> Iterator[Block]:
    """Cut a JSONL or JSON array file into blocks of whole records.

    Args:
        path: the file, plain or gzip.
        size: about how many bytes a block should have.

    Raises:
        InputError: there is no such file, it is a folder, empty, not UTF-8 by its mark, or neither an
            array nor lines of JSON.
        WorldError: the system cannot read it.
    """
    name = str(path)
    try:
        with _open(path) as stream:
            head = stream.read(max(size, 64)).removeprefix(_BOM)
            _refuse_other_formats(head, name)
            start = head.lstrip()[:1]
            while head and not start:
                head += (more := stream.read(size))
                start = head.lstrip()[:1]
                if not more:
                    break
            if not start:
                raise InputError(
                    "the file is empty", file=name, hint="expected JSONL or a JSON array of records"
                )
            if start == b"[":
                yield from _array_blocks(stream, head, size, name)
            elif start == b"{":
                yield from _line_blocks(stream, head, size)
            else:
                raise _not_json(head, name)
    except (EOFError, zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise WorldError(f"{name}: cannot be read ({error.strerror})") from None
        # gzip.BadGzipFile is an OSError without a number; the module is imported for gzip files alone.
        raise InputError(
            f"broken gzip data ({error})", file=name, hint="fetch or compress it again"
        ) from None


def _open(path: Path) -> BinaryIO:
    if path.is_dir():
        raise InputError(
            "is a folder, expected a JSON or JSONL file", file=str(path), hint="name the file in it"
        )
    try:
        plain = path.open("rb")
    except FileNotFoundError:
        raise InputError("no such file", file=str(path), hint="check the path") from None
    if plain.read(2) == _GZIP:
        import gzip

        plain.close()
        return io.BufferedReader(gzip.GzipFile(path))
    plain.seek(0)
    return plain


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


def _line_blocks(stream: BinaryIO, piece: bytes, size: int) -> Iterator[Block]:
    first = 1
    unfinished: list[bytes] = []
    while piece:
        texts = piece.split(b"\n")
        if len(texts) > 1:
            texts[0] = b"".join((*unfinished, texts[0]))
            unfinished = [texts.pop()]
            yield Block(texts, range(first, first + len(texts)))
            first += len(texts)
        else:
            unfinished.append(piece)
        piece = stream.read(size)
    if any(unfinished):  # a last line without its line end is still a line
        yield Block([b"".join(unfinished)], [first])


def _array_blocks(stream: BinaryIO, head: bytes, size: int, name: str) -> Iterator[Block]:
    """Objects of an array, as blocks."""
    line = head[: head.index(b"[")].count(b"\n") + 1
    text = head[head.index(b"[") + 1 :]
    while True:
        records, starts, line, text = _objects(text, line)
        if records:
            yield Block(records, starts)
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


def _objects(text: bytes, line: int) -> tuple[list[bytes], list[int], int, bytes]:
    """Split off the whole objects at the start of `text`: their texts, their lines, and what is left."""
    records: list[bytes] = []
    starts: list[int] = []
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
                starts.append(line)
                line += record.count(b"\n")
                records.append(record)
                end = token.end()
        elif not depth or token.end() == token.start() + 1:
            break  # a string between two objects, or one cut off by the end of what was read
    return records, starts, line, text[end:]
