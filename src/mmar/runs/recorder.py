"""The single writer of a run, and the cache of answers that it fills.

The writer writes all answers that are waiting with one flush, and then reports them. At a thousand answers a second a
flush for each would be the bottleneck, and nothing may be counted before it is on disk. Only few answers may wait: a
slow disk slows down the requests, since a kill loses what waits in memory.

The cache holds answers of earlier runs by a digest of everything that decided them: SHA-256 over model, addresses,
options, messages, choices, settings, the clip's bytes and the number of the sample. Failures are never cached. It is an
SQLite file, so that several runs can share it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from mmar.errors import ExternalError, MmarError
from mmar.models import Answer
from mmar.models.sqlite_store import SqliteStore
from mmar.protocols import Request
from mmar.runs.ledger import Ledger

_WAITING = 64


class Recorder:
    """Writes answers to a ledger and a cache.

    Args:
        ledger: written first.
        cache: written second, for answers with a key.
        recorded: called with the answers that are on disk.
    """

    def __init__(
        self, ledger: Ledger, cache: Cache | None, recorded: Callable[[Sequence[Answer]], None]
    ) -> None:
        self._ledger, self._cache, self._recorded = ledger, cache, recorded
        self._waiting: asyncio.Queue[tuple[bytes | None, Answer] | None] = asyncio.Queue(_WAITING)

    async def put(self, key: bytes | None, answer: Answer) -> None:
        """Queue an answer with the cache's key for it; `None` where it is not cached."""
        await self._waiting.put((key, answer))

    async def write(self) -> None:
        """Write until `end`.

        Raises:
            ExternalError: the ledger or the cache cannot be written; nothing more is written.
        """
        last = False
        while not last:
            batch = [await self._waiting.get()]
            while not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            last = batch[-1] is None
            pairs = [pair for pair in batch if pair is not None]
            if pairs:
                self._recorded(await asyncio.to_thread(self._record, pairs))

    async def end(self, writing: asyncio.Task[None]) -> None:
        """Write what is queued, and wait for it.

        Args:
            writing: the task of `write`, whose error is raised.
        """
        # A writer that failed takes nothing more from its queue, which may be full.
        last = asyncio.create_task(self._waiting.put(None))
        await asyncio.wait({last, writing}, return_when=asyncio.FIRST_COMPLETED)
        last.cancel()
        await writing

    def _record(self, pairs: list[tuple[bytes | None, Answer]]) -> list[Answer]:
        """Write a batch; returns what was written."""
        if self._append([answer for _, answer in pairs]) is not None:
            # One that cannot be encoded must not take the others with it.
            pairs = [(None, self._record_alone(answer)) for _, answer in pairs]
        if self._cache is not None:
            self._cache.put([(key, answer) for key, answer in pairs if key is not None])
        return [answer for _, answer in pairs]

    def _record_alone(self, answer: Answer) -> Answer:
        """Write one answer: as it is, without what JSON cannot hold (lone surrogates), or as a failure."""
        if self._append([answer]) is None:
            return answer
        plain = msgspec.structs.replace(
            answer, text=_encodable(answer.text), thinking=_encodable(answer.thinking)
        )
        problem = self._append([plain])
        if problem is None:
            return plain
        failure = msgspec.structs.replace(
            Answer.failed(answer.id, "bad_reply", f"the answer cannot be written ({problem})"),
            rotation=answer.rotation,
            repeat=answer.repeat,
            attempts=answer.attempts,
            completed_at=answer.completed_at,
        )
        problem = self._append([failure])
        if problem is not None:
            raise ExternalError(f"the answers cannot be written ({problem})", code="not-writable")
        return failure

    def _append(self, answers: Sequence[Answer]) -> str | None:
        """Write answers to the ledger; what is wrong with them if they cannot be encoded."""
        try:
            self._ledger.append(answers)
        except MmarError:
            raise
        except Exception as error:  # noqa: BLE001 - an answer holds whatever a model returned
            return f"{type(error).__name__}: {error}"
        return None


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Answer).decode


class Cache:
    """A file of answers, made when it does not exist. Use as a context manager.

    Args:
        path: of the file.
        context: what decides an answer besides the request: model, addresses, options.

    Raises:
        InputError: the file is not a cache.
        ExternalError: it cannot be opened or written.
    """

    def __init__(self, path: Path, context: object) -> None:
        self._store = SqliteStore(path, "answers")
        self._context = _encode(context)
        # One clip is asked about several times in a row: under other rotations, and for more samples.
        self._clip_digest = lru_cache(maxsize=256)(_clip_digest)

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()

    def key(self, request: Request) -> bytes:
        """The digest of a request in this context, 32 bytes.

        Raises:
            OSError: the clip cannot be read.
        """
        whole = hashlib.sha256(self._context)
        whole.update(bytes.fromhex(request.digest()))
        whole.update(b"%d" % request.repeat)
        for clip in request.clips:
            whole.update(self._clip_digest(clip))
        return whole.digest()

    def get(self, key: bytes) -> Answer | None:
        """The cached answer, marked as such; `None` where there is none, or a damaged one."""
        value = self._store.get(key)
        try:
            answer = _decode(value) if isinstance(value, bytes) else None
        except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError):
            return None  # requested again, and then replaced
        if answer is None or answer.failure is not None:
            return None
        return msgspec.structs.replace(answer, cached=True)

    def put(self, answers: Sequence[tuple[bytes, Answer]]) -> None:
        """Cache answers in one transaction; failures and answers from the cache are skipped."""
        rows = [
            (key, _encode(answer)) for key, answer in answers if answer.failure is None and not answer.cached
        ]
        if rows:
            self._store.put(rows, replace=True)


def _clip_digest(clip: Path) -> bytes:
    with clip.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()
