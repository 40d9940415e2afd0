"""Clips are read and sent a few at a time.

When 64 requests begin at once and share the processor, all 64 clips are read, then all are sent, and the service has
nothing to do until the last of them is almost there. A few at a time, the first answer is on its way when the second
clip is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["Turn", "Turns"]


class Turn:
    """A turn to read and send, which is over when it is given back, or after a while.

    Args:
        free: the places that turns come from.
        patience_s: seconds until it is over by itself: a slow disk or connection holds nobody up.
    """

    def __init__(self, free: asyncio.Semaphore, patience_s: float) -> None:
        self._free: asyncio.Semaphore | None = free
        self._timer = asyncio.get_running_loop().call_later(patience_s, self.give_back)

    def give_back(self) -> None:
        """Let somebody else have it; a second time does nothing."""
        if self._free is not None:
            self._timer.cancel()
            self._free.release()
            self._free = None


class Turns:
    """Whose turn it is.

    Args:
        at_once: how many may read and send.
        patience_s: how long a turn lasts at most, in seconds.
    """

    def __init__(self, at_once: int = 4, patience_s: float = 0.05) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._patience_s = patience_s

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """Wait for a turn; it ends with the block, if not before."""
        await self._free.acquire()
        taken = Turn(self._free, self._patience_s)
        try:
            yield taken
        finally:
            taken.give_back()
