"""How hard a run tries: how much at once, how often, how long, and when it gives up."""

from __future__ import annotations

import random

import msgspec

__all__ = ["Limits"]


class Limits(msgspec.Struct, frozen=True):
    """How hard to try.

    Attributes:
        concurrency: most requests in flight; found by itself when `None`.
        most: upper bound of what is found.
        tries: most requests for one item.
        timeout_s: longest wait for one answer, in seconds.
        deadline_s: longest time for the whole session, in seconds; what is in flight then is finished.
        rate: most requests a second.
        token_rate: most tokens a minute.
        backoff_s: first wait before trying again, doubled each time, with jitter.
        longest_backoff_s: longest such wait, unless the service asks for more.
        hopeless: so many denials (bad key, unknown model) or crashes, with no answer yet, end the run; five times as
            many denials in a row later on; seven times as many requests that the service finds wrong, where it never
            gave an answer.
    """

    concurrency: int | None = None
    most: int = 128
    max_attempts: int = 5
    timeout_s: float = 300.0
    deadline_s: float | None = None
    rate: float | None = None
    token_rate: float | None = None
    backoff_s: float = 1.0
    longest_backoff_s: float = 60.0
    hopeless: int = 3

    def wait_s(self, tried: int, retry_after_s: float | None, jitter: random.Random) -> float:
        """Seconds until the next try.

        Args:
            tried: how often it was tried.
            retry_after_s: how long the service asks to be left alone; what it names is waited for, and little more.
            jitter: spreads those that failed together.
        """
        if retry_after_s:
            return retry_after_s + self.backoff_s * jitter.random()
        wait = min(self.longest_backoff_s, self.backoff_s * 2.0 ** (tried - 1))
        return wait * jitter.uniform(0.5, 1.5)
