"""Limits of concurrency and rate: how many requests may be in flight, and when the next one may be sent.

Where no number is given, one is found: it starts small, grows by half while latency stays about the same (as in TCP's
slow start), and halves when the service pushes back (429, 5xx, time-outs) on half of the requests; after the first
push-back it grows by one. Rates, where given, and `Retry-After` delay every request, not only the one that was told.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import suppress

_START = 4
_SLOWER = 1.6
_WINDOW = 8


class RateLimiter:
    """Decides when the next request may go. Not thread safe: one event loop.

    Args:
        concurrency: most requests in flight, or `None` to find it.
        most: upper bound of what is found.
        rate: most requests a second, or `None`.
        token_rate: most tokens a minute, in and out together, or `None`.

    Attributes:
        limit: most requests in flight now.
    """

    def __init__(
        self,
        concurrency: int | None = None,
        *,
        most: int = 128,
        rate: float | None = None,
        token_rate: float | None = None,
    ) -> None:
        self.limit = concurrency or min(_START, most)
        self.in_flight = 0
        self._adaptive = concurrency is None
        self._most = most
        self._gap = 0.0 if rate is None else 1.0 / rate
        self._token_gap = 0.0 if token_rate is None else 60.0 / token_rate
        self._next = 0.0
        self._held = 0.0
        self._free = asyncio.Event()
        self._latencies: list[float] = []
        self._usual: float | None = None
        self._pushed_back = False
        self._bad = 0
        self._last_cut = 0.0

    async def acquire(self, stop: asyncio.Event) -> bool:
        """Wait for a slot and then for a turn; `False` when stopped meanwhile (`wake` ends the wait)."""
        while not stop.is_set() and self.in_flight >= self.limit:
            self._free.clear()
            await self._free.wait()
        if not await self.wait_turn(stop):
            return False
        self.in_flight += 1
        return True

    async def wait_turn(self, stop: asyncio.Event, delay_s: float = 0.0) -> bool:
        """Wait for a delay, and until the rates and the service allow one more request; `False` when stopped meanwhile."""
        earliest = time.monotonic() + delay_s
        while not stop.is_set():
            now = time.monotonic()
            wait = max(self._next, self._held, earliest) - now
            if wait <= 0:
                self._next = max(self._next, now) + self._gap
                return True
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await stop.wait()
        return False

    def wake(self) -> None:
        """Let requests that wait for a slot see that the run was stopped."""
        self._free.set()

    def release(self) -> None:
        """Release the slot of a request."""
        self.in_flight -= 1
        self._free.set()

    def pause(self, seconds: float) -> None:
        """Send nothing for so many seconds, as the service asks."""
        self._held = max(self._held, time.monotonic() + seconds)

    def add_tokens(self, tokens: int) -> None:
        """Count tokens against the token rate."""
        if self._token_gap:
            self._next = max(self._next, time.monotonic()) + tokens * self._token_gap

    def note_answer(self, latency_s: float) -> None:
        """Note an answer; the limit may grow."""
        if not self._adaptive:
            return
        self._latencies.append(latency_s)
        if len(self._latencies) + self._bad < max(_WINDOW, self.limit):
            return
        typical, bad = statistics.median(self._latencies), self._bad
        self._begin_round()
        if self._usual is None or typical < self._usual:
            self._usual = typical
        if 4 * bad >= max(_WINDOW, self.limit):
            return
        if typical <= _SLOWER * self._usual:
            more = 1 if self._pushed_back else max(1, self.limit // 2)
            self.limit = max(self.limit, min(self._most, self.limit + more))
            self._free.set()
        elif typical > 2 * _SLOWER * self._usual:
            self.limit = max(1, self.limit - max(1, self.limit // 4))

    def note_pushback(self) -> None:
        """The service asked for less, failed, or did not answer in time."""
        if not self._adaptive:
            return
        self._bad += 1
        now = time.monotonic()
        # One in six that fails is a service's habit, and happens to be three of eight now and then; half of a round is
        # too much asked of it. One cut a second: the requests that were in flight together are one piece of news.
        if 2 * self._bad >= max(_WINDOW, self.limit) and now - self._last_cut > 1.0:
            self._last_cut = now
            self._pushed_back = True
            self.limit = max(1, self.limit // 2)
            self._begin_round()

    def _begin_round(self) -> None:
        self._latencies.clear()
        self._bad = 0
