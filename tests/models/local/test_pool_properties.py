"""Properties of the pool and of the batching in a worker: no request is lost or answered twice, whatever happens.

Workers are objects here, so that every order of events is chosen by the test and none by the clock.
"""

from __future__ import annotations

import asyncio
import queue
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mmar.errors import ExternalError
from mmar.models import Answer, RequestFailed
from mmar.models.jsonl import ProgramAnswer
from mmar.models.local.weights.__main__ import _Worker
from mmar.models.local.worker_pool import WorkerPool
from mmar.protocols import Message, Request

FACTS = {"settings": {"weights": "a1"}, "environment": {}}


class Scripted:
    """A worker with several lives: how many requests each answers before it ends; without end after the last."""

    def __init__(
        self, label: str, lives: list[int], *, immortal: bool, capacity: int, delays: list[int]
    ) -> None:
        self.label = label
        self.lives, self.immortal, self.capacity, self.delays = lives, immortal, capacity, delays
        self.starts = 0
        self.most = 0

    async def start(self, name: str, timeout_s: float, start_s: float) -> Life:
        self.starts += 1
        left = self.lives[self.starts - 1] if self.starts <= len(self.lives) else None
        if left is None and not self.immortal:
            raise RequestFailed("crash", f"{self.label} cannot be started")
        return Life(self, left)


class Life:
    """One life of a worker."""

    exit_report = "it ended"

    def __init__(self, worker: Scripted, left: int | None) -> None:
        self.worker, self.left = worker, left
        self.over, self.answered, self.in_flight, self.received = False, 0, 0, 0

    async def ready(self) -> ProgramAnswer:
        return ProgramAnswer(facts=FACTS, in_flight=self.worker.capacity)

    async def ask(self, request: Request, request_id: str) -> Answer:
        self.in_flight += 1
        self.worker.most = max(self.worker.most, self.in_flight)
        self.received += 1
        try:
            for _ in range(self.worker.delays[self.received % len(self.worker.delays)]):
                await asyncio.sleep(0)
            if self.over or (self.left is not None and self.answered >= self.left):
                self.over = True
                raise RequestFailed("crash", "it ended", retryable=True)
            self.answered += 1
            return Answer(request.item_id, "two", "", model=self.worker.label)
        finally:
            self.in_flight -= 1

    async def stop(self) -> None:
        self.over = True


async def ask_all(pool: WorkerPool, count: int) -> tuple[list[str], int]:
    """The ids that were answered, and how many requests found no worker."""
    answered: list[str] = []
    failed_requests = 0

    async def one(number: int) -> None:
        nonlocal failed_requests
        request = Request(f"item-{number}", (Message("user", "What?"),), "What?", ("a", "b"), None)
        while True:
            try:
                answered.append((await pool.ask(request)).id)
                return
            except RequestFailed as failure:
                if not failure.retryable:
                    failed_requests += 1
                    return
            except ExternalError:
                failed_requests += 1
                return

    await asyncio.gather(*map(one, range(count)))
    return answered, failed_requests


@given(
    lives=st.lists(st.lists(st.integers(0, 4), max_size=5), min_size=1, max_size=4),
    immortal=st.booleans(),
    capacity=st.integers(1, 3),
    delays=st.lists(st.integers(0, 5), min_size=1, max_size=7),
    count=st.integers(0, 30),
)
@settings(max_examples=60)
def test_every_request_is_answered_once_or_told_that_no_worker_is_left(
    lives: list[list[int]], immortal: bool, capacity: int, delays: list[int], count: int
) -> None:
    # A worker that answers something in each life is never given up.
    first = [max(life, 1) for life in lives[0]] if immortal else lives[0]
    workers = [
        Scripted(f"w{number}", first if number == 0 else each, immortal=immortal and number == 0, capacity=capacity, delays=delays)
        for number, each in enumerate(lives)
    ]  # fmt: skip

    async def scenario() -> tuple[list[str], int]:
        pool = WorkerPool("hf/x", workers, uses_audio=False, timeout_s=60, start_s=60, handshake=True)
        try:
            try:
                await pool.prepare()
            except ExternalError:
                assert not any(worker.lives or worker.immortal for worker in workers)
                return [], count
            return await ask_all(pool, count)
        finally:
            await pool.close()

    answered, failed_requests = asyncio.run(scenario())
    assert set(Counter(answered).values()) <= {1}
    assert len(answered) + failed_requests == count
    assert all(worker.most <= capacity for worker in workers)
    if immortal:
        assert failed_requests == 0


@given(
    records=st.lists(st.sampled_from([None, 0.0, 0.7]), max_size=30),
    size=st.integers(1, 9),
)
@settings(max_examples=100)
def test_no_split_into_batches_loses_a_request(records: list[float | None], size: int) -> None:
    worker = object.__new__(_Worker)
    worker._batch, worker._queue = size, queue.Queue()
    rows: list[dict[str, Any]] = [
        {"id": str(number), "settings": {"temperature": temperature}}
        for number, temperature in enumerate(records)
    ]
    for row in [*rows, None]:
        worker._queue.put(row)
    batches = list(worker._batches())
    assert [row for batch in batches for row in batch] == rows
    assert all(1 <= len(batch) <= size for batch in batches)
    for batch in batches:
        assert len({row["settings"]["temperature"] for row in batch}) == 1
