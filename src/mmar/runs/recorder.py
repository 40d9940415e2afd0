"""The single writer of a run: writes all answers that are waiting with one flush, and then reports them.

At a thousand answers a second a flush for each would be the bottleneck, and nothing may be counted before it is
on disk. Only few answers may wait: a slow disk slows down the requests, since a kill loses what waits in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from mmar.errors import ExternalError, MmarError
from mmar.models import Answer
from mmar.runs.cache import Cache
from mmar.runs.ledger import Ledger

__all__ = ["Recorder"]

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
        """Queue an answer.

        Args:
            key: the cache's key for it; `None` where it is not cached.
            answer: what to write.
        """
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
            writing: the task of `write`.

        Raises:
            ExternalError: as `write`.
        """
        # A writer that failed takes nothing more from its queue, which may be full.
        last = asyncio.create_task(self._waiting.put(None))
        await asyncio.wait({last, writing}, return_when=asyncio.FIRST_COMPLETED)
        last.cancel()
        await writing

    def _record(self, pairs: list[tuple[bytes | None, Answer]]) -> list[Answer]:
        """Write a batch; returns what was written."""
        try:
            self._ledger.append([answer for _, answer in pairs])
        except MmarError:
            raise
        except Exception:  # noqa: BLE001 - one that cannot be encoded must not take the others with it
            pairs = [(None, self._record_alone(answer)) for _, answer in pairs]
        if self._cache is not None:
            self._cache.put([(key, answer) for key, answer in pairs if key is not None])
        return [answer for _, answer in pairs]

    def _record_alone(self, answer: Answer) -> Answer:
        """Write one answer: as it is, without what JSON cannot hold (lone surrogates), or as a failure."""
        plain = msgspec.structs.replace(
            answer, text=_encodable(answer.text), thinking=_encodable(answer.thinking)
        )
        for each in (answer, plain):
            try:
                self._ledger.append([each])
            except MmarError:
                raise
            except Exception as error:  # noqa: BLE001 - see above
                problem = error
            else:
                return each
        failure = msgspec.structs.replace(
            Answer.failed(
                answer.id, "bad_reply", f"the answer cannot be written ({type(problem).__name__}: {problem})"
            ),
            rotation=answer.rotation,
            repeat=answer.repeat,
            attempts=answer.attempts,
            completed_at=answer.completed_at,
        )
        try:
            self._ledger.append([failure])
        except MmarError:
            raise
        except Exception as error:  # noqa: BLE001 - see above
            raise ExternalError(
                f"the answers cannot be written ({type(error).__name__}: {error})", code="not-writable"
            ) from None
        return failure


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
