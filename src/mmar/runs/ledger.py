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

from mmar.errors import ExternalError, InputError, UsageError
from mmar.items import raw_records
from mmar.items.decoding import types_in_words
from mmar.models import Answer
from mmar.runs.slots import Slot, Written, slot_of

__all__ = [
    "LEDGER_NAME",
    "Ledger",
    "Slot",
    "answer_places",
    "decode_answer",
    "latest",
    "read_ledger",
    "slot_of",
    "written_in",
]

LEDGER_NAME = "answers.jsonl"


class _Head(msgspec.Struct):
    """As much of an answer as says whether it counts, and where."""

    id: str
    failure: dict[str, str] | None = None
    rotation: int = 0
    repeat: int = 0


_encode = msgspec.json.Encoder().encode
_decode_head = msgspec.json.Decoder(_Head).decode
decode_answer = msgspec.json.Decoder(Answer).decode
"""One line of a ledger."""


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
            yield line, decode_answer(text)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            torn = InputError(
                f"is no answer: {types_in_words(str(error))}",
                file=str(path),
                line=line,
                hint="the ledger was edited; restore the line",
            )
    if torn is not None and _ends_with_newline(path):
        raise torn


def latest(answers: Iterable[tuple[int, Answer]]) -> dict[Slot, tuple[int, Answer]]:
    """Line and answer that count for each slot: the last one that is no failure, else the last failure."""
    found: dict[Slot, tuple[int, Answer]] = {}
    for line, answer in answers:
        slot = slot_of(answer)
        if answer.failure is None or slot not in found or found[slot][1].failure is not None:
            found[slot] = (line, answer)
    return found


def answer_places(path: Path) -> Iterator[tuple[Slot, int]]:
    """Slot and place in the file of each whole line that is no failure, in the order of writing: the last one counts.

    For looking answers up one by one, so that not all their texts are held.
    """
    if not path.exists():
        return
    with path.open("rb") as stream:
        at = 0
        for line in stream:
            if line.endswith(b"\n"):
                head = _decode_head(line)
                if head.failure is None:
                    yield (head.id, head.rotation, head.repeat), at
            at += len(line)


def written_in(path: Path) -> Written:
    """How the slots of a ledger stand; it need not exist.

    Raises:
        InputError: a line in the middle is not an answer.
    """
    written = Written()
    for _, answer in read_ledger(path):
        written.note(answer)
    return written


class Ledger:
    """A ledger open for appending. Use as a context manager.

    Args:
        path: made when it does not exist.

    Raises:
        UsageError: another process writes this run.
        ExternalError: the disk refuses.

    Attributes:
        written: how its slots stand.
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
            raise ExternalError(f"{path}: cannot be opened ({error.strerror})") from None
        try:
            _lock(self._file, path)
            self.repaired = self._repair()
            self.written = written_in(path)
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
            ExternalError: the disk refuses; what stood there before still stands.
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
            raise ExternalError(
                f"{self.path}: cannot be written ({error.strerror}).{room} The answers before this are safe; "
                "make room and give the same command again"
            ) from None
        for answer in answers:
            self.written.note(answer)

    def close(self) -> None:
        """Unlock and close."""
        os.close(self._file)

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
            decode_answer(torn)
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
