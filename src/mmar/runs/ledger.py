"""The ledger: the append-only record of a run's answers, and the only thing that resuming reads.

One answer a line, written whole and flushed to the disk before it is counted. A process killed at any moment
leaves at most one torn last line, which the next opening cuts off. A disk that fills up loses the batch being
written and nothing before it. A lock file beside it keeps a second process from writing the same run.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from mmar.errors import ExternalError, InputError, UsageError
from mmar.files.locks import try_lock
from mmar.files.typed import decode_json
from mmar.items import Item, raw_records
from mmar.items.item import MAX_CHOICES
from mmar.models import Answer
from mmar.protocols import Request


class RequestKey(NamedTuple):
    """One request of a run.

    Attributes:
        item_id: the item.
        rotation: by how many places its choices are rotated to the left.
        repeat: which sample this is, from 0.
    """

    item_id: str
    rotation: int = 0
    repeat: int = 0


def key_of(answer: Answer) -> RequestKey:
    """The request that an answer belongs to."""
    return RequestKey(answer.id, answer.rotation, answer.repeat)


def request_key(request: Request) -> RequestKey:
    """The key of a request."""
    return RequestKey(request.item_id, request.rotation, request.repeat)


def keys_of(item: Item, rotations: int, repeats: int) -> Iterator[RequestKey]:
    """The requests made of one item, the unrotated first sample first; 0 rotations are as many as it has choices."""
    count = max(1, len(item.choices))  # an open question has one order
    for repeat in range(repeats):
        for rotation in range(count if rotations == 0 else min(rotations, count)):
            yield RequestKey(item.id, rotation, repeat)


def rotate(choices: tuple[str, ...], places: int) -> tuple[str, ...]:
    """Move the choices to the left: the first one afterwards is the one that was at index `places`."""
    return choices[places:] + choices[:places]


class Progress:
    """Which requests have an answer, and which have only failed. An answer stays one, whatever follows it.

    Kept as one integer for each item with a bit for each request, so that neither many items nor many samples
    of few items take much memory.

    Attributes:
        answers: number of requests that have an answer.
        failures: number of requests that have only failures.
        items: number of items whose plain request (unrotated, first sample) has an answer.
    """

    def __init__(self) -> None:
        self.answers = self.failures = self.items = 0
        self._answered: dict[str, int] = {}
        self._failed: dict[str, int] = {}

    def add(self, answer: Answer) -> None:
        """Count one more line of the ledger."""
        item_id, bit = answer.id, _bit(answer.rotation, answer.repeat)
        answered, failed = self._answered.get(item_id, 0), self._failed.get(item_id, 0)
        if answered & bit:
            return
        if answer.failure is None:
            self._answered[item_id] = answered | bit
            self.answers += 1
            self.items += bit == 1
            if failed & bit:
                self._failed[item_id] = failed & ~bit
                self.failures -= 1
        elif not failed & bit:
            self._failed[item_id] = failed | bit
            self.failures += 1

    @property
    def requested(self) -> int:
        """Number of items with a request, answered or not."""
        return len(self._answered.keys() | self._failed.keys())

    def answered(self, key: tuple[str, int, int]) -> bool:
        """Whether a request has an answer."""
        return bool(self._answered.get(key[0], 0) & _bit(key[1], key[2]))

    def failed(self, key: tuple[str, int, int]) -> bool:
        """Whether a request has only failures."""
        return bool(self._failed.get(key[0], 0) & _bit(key[1], key[2]))


def _bit(rotation: int, repeat: int) -> int:
    return 1 << (repeat * MAX_CHOICES + rotation)


LEDGER_NAME = "answers.jsonl"
LOCK_NAME = ".answers.jsonl.lock"


class _Head(msgspec.Struct):
    """The fields of an answer that tell whether it counts, and for which request."""

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
            answer = decode_json(text, Answer)
        except InputError as error:
            torn = InputError(
                f"is not an answer: {error.summary}",
                file=str(path),
                line=line,
                code="bad-ledger",
                hint="restore the line if the file was edited",
            )
        else:
            yield line, answer
    if torn is not None and _ends_with_newline(path):
        raise torn


def latest_answers(answers: Iterable[tuple[int, Answer]]) -> dict[RequestKey, tuple[int, Answer]]:
    """Line and answer that count for each request: the last answer, else the last failure."""
    result: dict[RequestKey, tuple[int, Answer]] = {}
    for line, answer in answers:
        key = key_of(answer)
        if answer.failure is None or key not in result or result[key][1].failure is not None:
            result[key] = (line, answer)
    return result


@contextmanager
def answer_lookup(
    path: Path, wanted: Callable[[RequestKey], bool] = lambda _: True
) -> Iterator[Callable[[RequestKey], Answer | None]]:
    """A function that finds the last answer to a request; only the offsets of those wanted are in memory, not all texts.

    The ledger need not exist.
    """
    if not path.exists():
        yield lambda _: None
        return
    offsets: dict[RequestKey, int] = {}
    with path.open("rb") as stream:
        offset = 0
        for line in stream:
            # A last line that is not an answer was passed over when the ledger was opened (`read_ledger`).
            with suppress(msgspec.DecodeError):
                head = _decode_head(line)
                key = RequestKey(head.id, head.rotation, head.repeat)
                if head.failure is None and line.endswith(b"\n") and wanted(key):
                    offsets[key] = offset
            offset += len(line)

        def look_up(key: RequestKey) -> Answer | None:
            if key not in offsets:
                return None
            stream.seek(offsets[key])
            return decode_answer(stream.readline())

        yield look_up


def progress_of(path: Path) -> Progress:
    """Which requests of a ledger have an answer; it need not exist.

    Raises:
        InputError: a line in the middle is not an answer.
    """
    progress = Progress()
    for _, answer in read_ledger(path):
        progress.add(answer)
    return progress


class Ledger:
    """A ledger open for appending, made with its folder where it does not exist. Use as a context manager.

    Raises:
        UsageError: another process writes this run.
        ExternalError: the disk refuses.

    Attributes:
        progress: which requests have an answer.
        repaired: bytes of a torn last line that were cut off.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._absolute = path.absolute()  # the process may change its folder
        lock = try_lock(path.with_name(LOCK_NAME))
        if lock is None:
            raise UsageError(
                f"{path.parent}: another process writes this run",
                code="run-locked",
                argument="out",
                hint="wait for it, or choose another folder",
            )
        self._lock = lock
        try:
            self._file = os.open(
                path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666
            )
        except OSError as error:
            lock.release()
            raise ExternalError(
                f"{path}: cannot be opened ({error.strerror})", code="ledger-unreadable"
            ) from None
        try:
            self.repaired = self._repair()
            self.progress = progress_of(path)
        except BaseException:
            self.close()
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
        self._check_in_place()
        size = os.fstat(self._file).st_size
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._file, view) :]
            # The data and the size, not the times: half the cost on most file systems.
            getattr(os, "fdatasync", os.fsync)(self._file)
        except OSError as error:
            os.ftruncate(self._file, size)
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            raise ExternalError(
                f"{self.path}: cannot be written ({'the disk is full' if full else error.strerror}); "
                "the answers before this are safe",
                code="disk-full" if full else "not-writable",
                hint="make room and give the same command again",
            ) from None
        for answer in answers:
            self.progress.add(answer)

    def _check_in_place(self) -> None:
        """Check that what is written can be found again: the file was not deleted, moved or replaced."""
        try:
            in_place = os.path.samestat(os.fstat(self._file), self._absolute.stat())
        except OSError:
            in_place = False
        if not in_place:
            raise ExternalError(
                f"{self.path} was deleted or moved while the run was writing it",
                code="ledger-gone",
                hint="restore the folder if you can, and give the same command again",
            )

    def close(self) -> None:
        """Close and unlock."""
        os.close(self._file)
        self._lock.release()

    def _repair(self) -> int:
        """Cut off a torn last line; give a whole one its line end."""
        size = start = os.fstat(self._file).st_size
        tail = b""
        with self.path.open("rb") as stream:
            while start and b"\n" not in tail:
                step = min(1 << 16, start)
                start -= step
                stream.seek(start)
                tail = stream.read(step) + tail
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


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"
