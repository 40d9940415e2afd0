"""The writer of a run: nothing is recorded before it is on disk, little waits, and a disk that refuses ends it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from expect import raises
from mmar.errors import ExternalError
from mmar.models import Answer
from mmar.runs.ledger import Ledger, read_ledger
from mmar.runs.recorder import Recorder


class Slow(Ledger):
    """A ledger on a slow disk that refuses after so many answers."""

    room = 10**9

    def append(self, answers: Sequence[Answer]) -> None:
        time.sleep(0.005)
        Slow.room -= len(answers)
        if Slow.room < 0:
            raise ExternalError("full")
        super().append(answers)


def record(path: Path, count: int, room: int = 10**9) -> tuple[list[str], int]:
    """Ids that were recorded, and how many answers were handed over."""
    recorded: list[str] = []
    handed = 0
    Slow.room = room

    async def all_of_it(ledger: Ledger) -> None:
        nonlocal handed
        recorder = Recorder(ledger, None, lambda answers: recorded.extend(answer.id for answer in answers))
        writing = asyncio.create_task(recorder.write())

        async def hand_over() -> None:
            nonlocal handed
            for index in range(count):
                await recorder.put(None, Answer(f"id-{index}", "x", ""))
                handed += 1
                assert handed - len(recorded) <= 2 * 64 + 1, "more waited than may be lost"

        handing = asyncio.create_task(hand_over())
        await asyncio.wait({handing, writing}, return_when=asyncio.FIRST_COMPLETED)
        handing.cancel()
        await asyncio.wait_for(recorder.end(writing), 60)

    with Slow(path) as ledger:
        try:
            asyncio.run(all_of_it(ledger))
        finally:
            assert recorded == [answer.id for _, answer in read_ledger(path)]
    return recorded, handed


def test_all_is_written_in_order_and_little_waits(tmp_path: Path) -> None:
    recorded, _ = record(tmp_path / "answers.jsonl", 500)
    assert recorded == [f"id-{index}" for index in range(500)]


def test_a_disk_that_refuses_ends_it_even_when_the_queue_is_full(tmp_path: Path) -> None:
    with raises("external", ExternalError):
        record(tmp_path / "answers.jsonl", 500, room=70)
