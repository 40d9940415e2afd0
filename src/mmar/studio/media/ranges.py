"""The arithmetic of HTTP range requests, for seeking in a recording (RFC 9110, section 14).

    None                 no usable `Range`: send everything, 200
    (ByteRange, …)       send these, 206; with one of them as `Content-Range: bytes 0-99/1000`
    RangeNotSatisfiable  none of them holds a byte: 416 and `Content-Range: bytes */1000`

A header that is not understood is ignored, as the RFC has it, and so is one that asks for a great many parts
or for the same bytes again and again, which serves nobody but an attacker.
"""

from __future__ import annotations

import re

import msgspec

__all__ = ["ByteRange", "RangeNotSatisfiable", "if_range_holds", "parse_range"]

_SPEC = re.compile(r"([0-9]*)-([0-9]*)")
_DIGITS = 18  # more than any file has bytes, and few enough to be read as a number at once


class ByteRange(msgspec.Struct, frozen=True):
    """A stretch of a file that is to be sent.

    Attributes:
        first: place of the first byte, from 0.
        last: place of the last byte, which is included.
    """

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many bytes, at least one."""
        return self.last - self.first + 1

    def content_range(self, size: int) -> str:
        """The value of `Content-Range` for a file of `size` bytes."""
        return f"bytes {self.first}-{self.last}/{size}"


class RangeNotSatisfiable(Exception):  # noqa: N818 - the name of status 416
    """Nothing of what is asked for exists.

    Attributes:
        content_range: the value of `Content-Range` for the 416 reply.
    """

    def __init__(self, size: int) -> None:
        super().__init__(f"no byte of the ranges asked for is within {size}")
        self.content_range = f"bytes */{size}"


def parse_range(header: str | None, size: int, *, most: int = 8) -> tuple[ByteRange, ...] | None:
    """Which bytes a `Range` header asks for.

    Args:
        header: the field's value, or `None` where the request has none.
        size: length of the file in bytes.
        most: with more parts than this the header is ignored.

    Returns:
        The parts that exist, in the order asked for and cut to the file; `None` to send the whole file.

    Raises:
        RangeNotSatisfiable: the header is well formed and no part of it exists.

    Example:
        >>> parse_range("bytes=-100", 1000)
        (ByteRange(first=900, last=999),)
    """
    unit, equals, asked = (header or "").partition("=")
    if not equals or unit.strip(" \t").lower() != "bytes":
        return None
    specs = [spec for part in asked.split(",") if (spec := part.strip(" \t"))]
    if not 1 <= len(specs) <= most:
        return None
    found: list[ByteRange] = []
    for spec in specs:
        matched = _SPEC.fullmatch(spec)
        if matched is None or spec == "-":
            return None
        first, last = (_number(digits) for digits in matched.groups())
        if first is None and last is not None:
            if last and size == 0:
                return None  # the RFC calls the end of nothing satisfiable; 200 says it without a range
            if last:
                found.append(ByteRange(max(0, size - last), size - 1))
        elif first is not None:
            if last is not None and last < first:
                return None
            if first < size:
                found.append(ByteRange(first, size - 1 if last is None else min(last, size - 1)))
    if not found:
        raise RangeNotSatisfiable(size)
    if sum(part.length for part in found) > size:
        return None  # the same bytes more than once
    return tuple(found)


def if_range_holds(header: str | None, etag: str) -> bool:
    """Whether `Range` counts, given the request's `If-Range` (RFC 9110, section 13.1.5).

    Args:
        header: the field's value, or `None` where the request has none, in which case `Range` counts.
        etag: the file's strong entity tag, with its quotation marks.

    Returns:
        True only for the same strong tag; a date never holds, since files here are known by their content.
    """
    return header is None or (header.strip(" \t") == etag and not etag.startswith("W/"))


def _number(digits: str) -> int | None:
    if not digits:
        return None
    significant = digits.lstrip("0") or "0"
    return int(significant) if len(significant) <= _DIGITS else 10**_DIGITS
