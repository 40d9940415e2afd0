"""Items that stay on disk: each is read again when it is asked for, so that a benchmark may be of any size.

A plain JSONL file is read where it lies. Of any other form (an array, gzip) the records are laid out once in a
nameless temporary file, since neither can be entered in the middle. An item costs 20 bytes of memory.
"""

from __future__ import annotations

import weakref
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast, overload

from mmar.errors import InputError
from mmar.items.decoding import decode_record
from mmar.items.item import Item
from mmar.items.records import Span, raw_records, read_span, spans

__all__ = ["StoredItems"]

_BOM = b"\xef\xbb\xbf"


class StoredItems(Sequence[Item]):
    """The items of a file, read one by one. For one thread.

    Take `records` to its end and `keep` each good one; from then on it is a sequence of those.

    Args:
        path: a file of records, in any form that `mmar.items.records` reads.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._in_place = False
        self._stream: BinaryIO | None = None
        self._given = (0, b"")
        self._starts, self._sizes = array("Q"), array("I")
        # Of each text, so that a file which somebody edits meanwhile is noticed and not read as something else.
        self._marks = array("q")

    def records(self) -> Iterator[tuple[int, bytes]]:
        """Line and JSON text of each record.

        Raises:
            InputError: the file cannot be read; see `mmar.items.records.raw_records`.
        """
        for _ in raw_records(self._path):
            break  # whatever is wrong with the file as a whole is said by this
        whole = self._path.stat().st_size
        self._in_place = spans(self._path, whole) is not None
        self._stream = self._open()
        if not self._in_place:
            for line, text in raw_records(self._path):
                self._given = 0, text
                yield line, text
            return
        with self._path.open("rb") as stream:
            at = len(_BOM) if stream.read(len(_BOM)) == _BOM else 0
            for line, text in enumerate(read_span(stream, Span(0, whole)), 1):
                if not text.isspace():
                    self._given = at, text
                    yield line, text
                at += len(text)

    def keep(self) -> None:
        """Keep the record that `records` gave last."""
        at, text = self._given
        if not self._in_place and self._stream is not None:
            at = self._starts[-1] + self._sizes[-1] if self._starts else 0
            self._stream.write(text)
        self._starts.append(at)
        self._sizes.append(len(text))
        self._marks.append(hash(text))

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, at: int) -> Item: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Item, ...]: ...

    def __getitem__(self, at: int | slice) -> Item | tuple[Item, ...]:
        if isinstance(at, slice):
            return tuple(self[each] for each in range(*at.indices(len(self))))
        start, size, mark = self._starts[at], self._sizes[at], self._marks[at]
        assert self._stream is not None
        self._stream.seek(start)
        text = self._stream.read(size)
        if hash(text) != mark:
            raise InputError(
                "the file was changed while it was in use",
                file=str(self._path),
                hint="give the same command again",
            )
        return Item.from_record(decode_record(text, self._path, 0))

    def __iter__(self) -> Iterator[Item]:
        return (self[at] for at in range(len(self)))

    def _open(self) -> BinaryIO:
        stream: BinaryIO
        if self._in_place:
            stream = self._path.open("rb")
        else:
            import tempfile  # which few need, and takes as long to load as 300 records to score

            stream = cast("BinaryIO", tempfile.TemporaryFile(prefix="mmar-"))  # noqa: SIM115 - closed with the items
        weakref.finalize(self, stream.close)
        return stream
