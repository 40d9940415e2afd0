"""A request's body with the audio in the middle: prepared JSON, base64, prepared JSON.

The audio is never part of a JSON document in memory. It is encoded piece by piece while the pieces are being
sent, so that a request holds the clip once, as it was read, whatever its length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
import pybase64
from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import Payload

__all__ = ["SPLICE", "SplicedBody", "spliced"]

SPLICE = msgspec.Raw(b"\x00")
"""Stands in a body for the base64 text, quotes left to `spliced`; JSON text cannot hold this byte itself."""

# A multiple of 3, so that no piece ends in padding; 128 KiB of base64 a piece, which a processor's cache holds. Much
# larger ones cost half as much again: the allocator gives each back to the system and fetches it anew.
_PIECE = 96 * 1024


def spliced(body: object, data: bytes, lead: str = "") -> SplicedBody:
    """Make a body of a JSON value in which `SPLICE` stands once, for a string of the audio's base64.

    Args:
        body: what `msgspec.json.encode` can write.
        data: the audio.
        lead: what the string begins with, before the base64, such as `data:audio/wav;base64,`; plain ASCII.
    """
    before, after = msgspec.json.encode(body).split(b"\x00")
    return SplicedBody(before + b'"' + lead.encode("ascii"), data, b'"' + after)


class SplicedBody(Payload):
    """A JSON body whose audio is encoded as it is sent.

    Args:
        before: JSON up to the base64 text.
        data: the audio's bytes.
        after: JSON from there on.
    """

    _autoclose = True
    sent: Callable[[], None] | None = None
    """Called when the body is sent, or cannot be."""

    def __init__(self, before: bytes, data: bytes, after: bytes) -> None:
        super().__init__(data, content_type="application/json")
        self._before = before
        self._after = after
        self._size = len(before) + (len(data) + 2) // 3 * 4 + len(after)

    def pieces(self) -> Iterator[bytes]:
        """The body's bytes in order, the audio's piece by piece; each piece is one call of the system."""
        data = memoryview(self._value)
        last = max(0, len(data) - 1) // _PIECE * _PIECE
        for start in range(0, last, _PIECE):
            piece = pybase64.b64encode(data[start : start + _PIECE])
            yield piece if start else self._before + piece
        end = pybase64.b64encode(data[last:]) + self._after
        yield end if last else self._before + end

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Send the body; waits where the connection is full."""
        try:
            for piece in self.pieces():
                await writer.write(piece)
        finally:
            if self.sent is not None:
                self.sent()

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The whole body as text, for looking at a request without sending it."""
        return b"".join(self.pieces()).decode(encoding, errors)

    async def as_bytes(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """The whole body at once; aiohttp asks for it only where it must send a body twice."""
        del encoding, errors
        return b"".join(self.pieces())

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        """Send the body; its length is known beforehand, so there is nothing to cut."""
        del content_length
        await self.write(writer)

    def __repr__(self) -> str:
        return f"SplicedBody({self._size} bytes)"
