"""The ledger: the append-only record of a run's answers, and the only thing that resuming reads.

One answer a line, written whole and flushed to the disk before it is counted. A process killed at any
moment leaves at most one torn last line, which the next opening cuts off. A disk that fills up loses the
batch being written and nothing before it. The file itself is locked, so that two processes cannot write
one run.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from mmar.errors import InputError, UsageError, WorldError
from mmar.items import raw_records
from mmar.items.decoding import types_in_words
from mmar.models import Answer

__all__ = ["LEDGER_NAME", "Ledger", "Slot", "latest", "read_ledger", "slot_of"]

LEDGER_NAME = "answers.jsonl"

Slot = tuple[str, int, int]
"""What is asked once: an item's id, by how many places its choices are rotated, and which sample this is."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Answer).decode


def read_ledger(path: Path) -> Iterator[tuple[int, Answer]]:
    """Line and answer of each whole line of a ledger, in the order of writing; a torn last line is passed over.

    Raises:
        InputError: a line in the middle is not an answer.
    """
    torn: InputError | None = None
    for line, text in raw_records(path) if path.exists() and path.stat().st_size else ():
        if torn is not None:
            raise torn
        try:
            yield line, _decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            torn = InputError(
                f"is no answer: {types_in_words(str(error))}",
                file=str(path),
                line=line,
                hint="the ledger was edited; restore the line",
            )
    if torn is not None and _ends_with_newline(path):
        raise torn


def slot_of(answer: Answer) -> Slot:
    """The slot that an answer fills."""
    return answer.id, answer.rotation, answer.repeat


def latest(answers: Iterable[tuple[int, Answer]]) -> dict[Slot, tuple[int, Answer]]:
    """Line and answer that count for each slot: the last one that is no failure, else the last failure."""
    found: dict[Slot, tuple[int, Answer]] = {}
    for line, answer in answers:
        slot = slot_of(answer)
        if answer.failure is None or slot not in found or found[slot][1].failure is not None:
            found[slot] = (line, answer)
    return found


class Ledger:
    """A ledger open for appending. Use as a context manager.

    Args:
        path: made when it does not exist.

    Raises:
        UsageError: another process writes this run.
        WorldError: the disk refuses.

    Attributes:
        answered: slots that have an answer.
        failed: slots of which only failures are recorded, with the kind of the last one.
        repaired: bytes of a torn last line that were cut off.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(
                path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666
            )
        except OSError as error:
            raise WorldError(f"{path}: cannot be opened ({error.strerror})") from None
        try:
            _lock(self._file, path)
            self.repaired = self._repair()
            self.answered: set[Slot] = set()
            self.failed: dict[Slot, str] = {}
            for _, answer in latest(read_ledger(path)).values():
                self._note(answer)
        except BaseException:
            os.close(self._file)
            raise

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, answers: Sequence[Answer]) -> None:
        """Write answers and flush them to the disk; all or none of them.

        Raises:
            WorldError: the disk refuses; what stood there before still stands.
        """
        data = b"".join(_encode(answer) + b"\n" for answer in answers)
        size = os.fstat(self._file).st_size
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._file, view) :]
            _flush(self._file)
        except OSError as error:
            os.ftruncate(self._file, size)
            room = " The disk is full." if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else ""
            raise WorldError(
                f"{self.path}: cannot be written ({error.strerror}).{room} The answers before this are safe; "
                "make room and give the same command again"
            ) from None
        for answer in answers:
            self._note(answer)

    def close(self) -> None:
        """Unlock and close."""
        os.close(self._file)

    def _note(self, answer: Answer) -> None:
        slot = slot_of(answer)
        if answer.failure is None:
            self.answered.add(slot)
            self.failed.pop(slot, None)
        elif slot not in self.answered:
            self.failed[slot] = answer.failure.kind

    def _repair(self) -> int:
        """Cut off a torn last line; give a whole one its line end."""
        size = os.fstat(self._file).st_size
        tail = b""
        at = size
        while at and b"\n" not in tail:
            step = min(1 << 16, at)
            at -= step
            os.lseek(self._file, at, os.SEEK_SET)
            tail = _read(self._file, step) + tail
        torn = tail[tail.rfind(b"\n") + 1 :]
        if not torn:
            return 0
        try:
            _decode(torn)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
            os.ftruncate(self._file, size - len(torn))
            return len(torn)
        os.write(self._file, b"\n")
        return 0


def _read(file: int, count: int) -> bytes:
    pieces = []
    while count and (piece := os.read(file, count)):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"


def _flush(file: int) -> None:
    # The data and the size, not the times: half the cost on most file systems.
    getattr(os, "fdatasync", os.fsync)(file)


def _lock(file: int, path: Path) -> None:
    try:
        try:
            import fcntl
        except ImportError:
            import msvcrt  # Windows

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise UsageError(
            f"{path.parent}: another process writes this run; wait for it, or choose another folder with --out"
        ) from None
