"""A fake inference server as the program that `vllm/` and `sglang/` start, and a benchmark for it."""

from __future__ import annotations

import json
import os
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmar.api import load
from mmar.items import Benchmark, Item, write_benchmark
from mmar.models import Answer
from mmar.runs.ledger import read_ledger
from waiting import until

ENGINE = Path(__file__).parents[2] / "servers" / "fake_engine.py"
PROGRAM = f"{sys.executable} {ENGINE} serve"


def benchmark(folder: Path, count: int = 12, seconds: float = 0.5) -> Benchmark:
    (folder / "audio").mkdir(parents=True)
    items = []
    for number in range(count):
        path = folder / "audio" / f"{number}.wav"
        with wave.open(str(path), "wb") as clip:
            clip.setparams((1, 2, 16_000, 0, "NONE", ""))
            clip.writeframes(bytes([number % 100, 1]) * round(seconds * 16_000))
        items.append(
            Item(f"id-{number}", f"./audio/{number}.wav", "Which?", ("one", "two"), "two", "sound", "Signal")
        )
    write_benchmark(items, folder / "meta.jsonl")
    return load(folder / "meta.jsonl", audio_dir=folder)


@pytest.fixture
def checkpoint(tmp_path: Path) -> str:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    return str(folder)


@pytest.fixture
def options(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Options that start the fake engine with faults."""
    state = tmp_path / "state"
    state.mkdir()

    def make(**faults: Any) -> dict[str, str]:
        serve = {f"fake_{name}": value for name, value in faults.items()} | {"fake_state": str(state)}
        return {"program": PROGRAM, "serve": json.dumps(serve)}

    return make


@pytest.fixture
def starts(tmp_path: Path) -> Any:
    """The arguments of each start; after the test none of the processes may be left."""

    def read() -> list[list[str]]:
        return [json.loads(path.read_text()) for path in sorted((tmp_path / "state").glob("start-*"))]

    yield read
    for path in (tmp_path / "state").glob("start-*"):
        pid = int(path.name.rpartition("-")[2])
        until(lambda pid=pid: not alive(pid))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        # A process that has ended may wait for somebody to take note of it.
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:1]
    except (FileNotFoundError, ProcessLookupError):
        return False


def answers(folder: Path) -> list[Answer]:
    return [answer for _, answer in read_ledger(folder / "answers.jsonl") if answer.failure is None]
