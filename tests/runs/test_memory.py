"""A run's memory does not grow with what is asked: not with the records' length, not with the answers."""

from __future__ import annotations

import asyncio
import tracemalloc
from pathlib import Path

import msgspec
from made_up import benchmark

from mmar.api import run
from mmar.items import write_benchmark
from mmar.models import Answer
from mmar.protocols import Request


class Chatty:
    """A model that says much and remembers nothing."""

    name = "test/chatty"
    uses_audio = False

    async def ask(self, request: Request) -> Answer:
        await asyncio.sleep(0)
        return Answer(request.item_id, "two", "It rings. " * 500)

    async def close(self) -> None:
        pass


def peak_of_run(path: Path, out: Path, **more: int) -> int:
    tracemalloc.start()
    try:
        assert run(Chatty(), path, out=out, concurrency=8, **more).counts.answered
        # Going on with a run reads all that was written.
        assert run(Chatty(), path, out=out, concurrency=8, **more).requested == 0
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def made(folder: Path, count: int) -> Path:
    """A benchmark of records that are as long as released ones, or longer."""
    items = benchmark(folder, count).items
    path = folder / "long-meta.jsonl"
    write_benchmark([msgspec.structs.replace(item, thinking="It rings. " * 500) for item in items], path)
    return path


def test_memory_does_not_grow_with_requests(tmp_path: Path) -> None:
    path = made(tmp_path / "few", 20)
    few = peak_of_run(path, tmp_path / "few-run", repeats=25)
    many = peak_of_run(path, tmp_path / "many-run", repeats=75)
    # A slow disk may leave 64 answers waiting, a third of a megabyte; were they held, this would be 5 MB.
    assert many - few < 1_000_000
