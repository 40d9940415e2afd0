"""The one writer of a run: takes all answers that have gathered, writes them in one flush, and only then tells of them.

At a thousand answers a second a flush for each would be the bottleneck, and nothing may be counted before it is
on disk. Few answers may wait: a slow disk holds up the asking, since what waits in memory a kill would lose.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from mmar.models import Answer
from mmar.runs.cache import Cache
from mmar.runs.ledger import Ledger

__all__ = ["Recorder"]

_WAITING = 64


class Recorder:
    """Writes answers to a ledger and a cache.

    Args:
        ledger: where answers go first.
        cache: where those with a key go then.
        recorded: called with answers that are on disk.
    """

    def __init__(
        self, ledger: Ledger, cache: Cache | None, recorded: Callable[[Sequence[Answer]], None]
    ) -> None:
        self._ledger, self._cache, self._recorded = ledger, cache, recorded
        self._waiting: asyncio.Queue[tuple[bytes | None, Answer] | None] = asyncio.Queue(_WAITING)

    async def put(self, key: bytes | None, answer: Answer) -> None:
        """Hand an answer over.

        Args:
            key: by which the cache keeps it, if it does.
            answer: what to write.
        """
        await self._waiting.put((key, answer))

    async def write(self) -> None:
        """Write until `end`.

        Raises:
            ExternalError: the disk refuses; nothing more is written.
        """
        last = False
        while not last:
            batch = [await self._waiting.get()]
            while not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            last = batch[-1] is None
            pairs = [pair for pair in batch if pair is not None]
            if pairs:
                await asyncio.to_thread(self._record, pairs)
                self._recorded([answer for _, answer in pairs])

    async def end(self, writing: asyncio.Task[None]) -> None:
        """Have the rest written, and wait for it.

        Args:
            writing: the task of `write`.

        Raises:
            ExternalError: the disk refused.
        """
        # A writer that failed takes nothing any more, and its queue may be full.
        last = asyncio.create_task(self._waiting.put(None))
        await asyncio.wait({last, writing}, return_when=asyncio.FIRST_COMPLETED)
        last.cancel()
        await writing

    def _record(self, pairs: list[tuple[bytes | None, Answer]]) -> None:
        self._ledger.append([answer for _, answer in pairs])
        if self._cache is not None:
            self._cache.put([(key, answer) for key, answer in pairs if key is not None])
