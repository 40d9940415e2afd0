"""Limits of a run: concurrency that is found, rates, and waits that a service asks for."""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path
from typing import Any

from made_up import Scripted, answers, benchmark, failing

from mmar.api import run
from mmar.runs.rate_limit import RateLimiter
from mmar.runs.spec import RunSpec


def test_tries_keep_to_the_rate_too(tmp_path: Path) -> None:
    model = Scripted(failing("transport", 2, retryable=True))
    limits: Any = {"concurrency": 8, "max_attempts": 3, "backoff": 0.001, "rate": 100}
    began = time.monotonic()
    assert run(model, benchmark(tmp_path / "b"), out=tmp_path / "run", **limits).answered == 12
    assert len(model.requested) == 36
    assert time.monotonic() - began >= 35 / 100


def test_a_retry_waits_as_long_as_the_service_asks(tmp_path: Path) -> None:
    rng, spec = random.Random(0), RunSpec.create(Scripted(answers()), benchmark(tmp_path))
    named = [spec.backoff_s(tried, 1.0, rng) for tried in (1, 2, 3, 4, 9) for _ in range(20)]
    assert min(named) >= 1.0
    assert max(named) <= 2.0
    for tried, least, most in ((1, 0.5, 1.5), (3, 2.0, 6.0), (20, 30.0, 90.0)):
        waits = [spec.backoff_s(tried, None, rng) for _ in range(50)]
        assert least <= min(waits) < max(waits) <= most


def test_concurrency_is_found_and_falls_back() -> None:
    async def scenario() -> None:
        limiter = RateLimiter(None, most=64)
        start = limiter.limit
        for _ in range(400):
            limiter.note_answer(0.2)
        assert limiter.limit == 64
        for _ in range(300):  # a service with a habit of failing now and then
            for _ in range(10):
                limiter.note_answer(0.2)
            limiter.note_pushback()
        assert limiter.limit == 64
        for _ in range(64):  # all that were in flight at one moment: one piece of news
            limiter.note_pushback()
        assert limiter.limit == 32
        for _ in range(64):
            limiter.note_answer(0.2)
        assert 32 < limiter.limit < 40
        habit, draw = RateLimiter(None, most=64), random.Random(0)
        for _ in range(
            2000
        ):  # one in six at random, so that now and then several fail together while few are in flight
            habit.note_answer(0.2) if draw.random() > 1 / 6 else habit.note_pushback()
        assert habit.limit > 32
        slow = RateLimiter(None, most=64)
        for _ in range(20):
            slow.note_answer(0.1)
        grown = slow.limit
        for _ in range(40):
            slow.note_answer(1.0)
        assert slow.limit < grown
        assert start < 64
        fixed = RateLimiter(7)
        for _ in range(100):
            fixed.note_answer(0.1)
        fixed.note_pushback()
        assert fixed.limit == 7

    asyncio.run(scenario())


def test_rates_and_holds_are_kept() -> None:
    async def passes(limiter: RateLimiter, count: int) -> float:
        stop = asyncio.Event()
        begun = time.monotonic()
        for _ in range(count):
            assert await limiter.acquire(stop)
            limiter.release()
        return time.monotonic() - begun

    async def scenario() -> None:
        assert await passes(RateLimiter(4, rate=100.0), 11) >= 0.0999
        paused = RateLimiter(4)
        paused.pause(0.05)
        assert await passes(paused, 1) >= 0.0499
        spent = RateLimiter(4, token_rate=60_000.0)  # a thousand a second
        spent.add_tokens(60)
        assert await passes(spent, 1) >= 0.0599
        stopped = RateLimiter(1)
        await stopped.acquire(asyncio.Event())
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.01, lambda: (stop.set(), stopped.wake()))
        assert not await stopped.acquire(stop)

    asyncio.run(scenario())
