"""How often something may be tried: so many times in a while, by name and by address."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

__all__ = ["RateLimit"]

_REMEMBERED = 10_000


class RateLimit:
    """Counts tries within a sliding while.

    Args:
        tries: how many are allowed.
        seconds: within which time.
        clock: seconds that only ever grow.
    """

    def __init__(self, tries: int, seconds: float, clock: Callable[[], float]) -> None:
        self._tries, self._seconds, self._clock = tries, seconds, clock
        self._seen: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait_s(self, key: str) -> float:
        """Note a try.

        Returns:
            0 if it is allowed; else the seconds until one will be.
        """
        now = self._clock()
        with self._lock:
            if len(self._seen) > _REMEMBERED:
                self._forget(now)
            tries = self._seen.setdefault(key, deque())
            while tries and tries[0] <= now - self._seconds:
                tries.popleft()
            if len(tries) >= self._tries:
                return tries[0] + self._seconds - now
            tries.append(now)
            return 0.0

    def clear(self, key: str) -> None:
        """Forget the tries of one who succeeded."""
        with self._lock:
            self._seen.pop(key, None)

    def _forget(self, now: float) -> None:
        self._seen = {
            key: tries for key, tries in self._seen.items() if tries and tries[-1] > now - self._seconds
        }
