"""A small benchmark and models that are objects, for tests of runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from mmar.api import load
from mmar.items import Benchmark, Item, write_benchmark
from mmar.models import Answer, RequestFailed
from mmar.protocols import Request

QUICK: Any = {"concurrency": 4, "max_attempts": 3, "backoff": 0.001, "timeout": 60.0}


def benchmark(folder: Path, count: int = 12) -> Benchmark:
    """Questions on disk, without audio."""
    items = [
        Item(
            f"id-{index}",
            f"./audio/{index}.wav",
            f"Which, {index}?",
            ("one", "two", "three"),
            "two",
            ("sound", "music")[index % 2],
            "Signal Layer",
        )
        for index in range(count)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "made-up-meta.jsonl"
    write_benchmark(items, path)
    return load(path)


class Scripted(msgspec.Struct):
    """A model that answers by a function of the request and how often it was asked; it remembers what it was asked."""

    say: Callable[[Request, int], Answer]
    name: str = "test/scripted"
    uses_audio: bool = False
    delay_s: float = 0.0
    requested: list[str] = msgspec.field(default_factory=list)
    most_at_once: int = 0
    at_once: int = 0
    closed: bool = False

    async def ask(self, request: Request) -> Answer:
        self.requested.append(request.item_id)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.delay_s)
            return self.say(request, self.requested.count(request.item_id))
        finally:
            self.at_once -= 1

    async def close(self) -> None:
        self.closed = True


def answers(text: str = "two") -> Callable[[Request, int], Answer]:
    return lambda request, _: Answer(request.item_id, text, "")


def failing(kind: str, times: int, **more: object) -> Callable[[Request, int], Answer]:
    """Fail so many times, then answer."""

    def say(request: Request, times_sent: int) -> Answer:
        if times_sent <= times:
            raise RequestFailed(kind, "no", **more)  # type: ignore[arg-type]
        return Answer(request.item_id, "two", "")

    return say
