"""Clips are read and sent a few at a time, and nobody waits for a slow one."""

from __future__ import annotations

import asyncio
import time

import pytest

from mmar.models.http_client import UploadSlot


def test_slots_are_limited_and_first_come_first_served() -> None:
    async def scenario() -> None:
        slots, now, most, order = asyncio.Semaphore(2), 0, 0, []

        async def sender(number: int) -> None:
            nonlocal now, most
            async with UploadSlot(slots, patience_s=60) as slot:
                now += 1
                most = max(most, now)
                order.append(number)
                await asyncio.sleep(0.001)
                now -= 1
                slot.release()
                slot.release()  # the body was sent twice, say: a place is not given back twice
                await asyncio.sleep(0.002)

        await asyncio.gather(*(sender(number) for number in range(20)))
        assert (most, order) == (2, list(range(20)))

    asyncio.run(scenario())


def test_slots_are_released_after_a_while_and_on_errors() -> None:
    async def scenario() -> None:
        slots = asyncio.Semaphore(1)
        full = OSError("disk")
        with pytest.raises(OSError) as caught:
            async with UploadSlot(slots, patience_s=0.02):
                raise full
        assert caught.value is full
        begun = time.monotonic()

        async def slow() -> None:
            async with UploadSlot(slots, patience_s=0.02):
                await asyncio.sleep(600)

        waiting = asyncio.create_task(slow())
        await asyncio.sleep(0)
        async with UploadSlot(slots, patience_s=0.02):
            assert time.monotonic() - begun >= 0.019
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        for _ in range(3):
            async with UploadSlot(slots, patience_s=0.02):
                pass

    asyncio.run(scenario())
