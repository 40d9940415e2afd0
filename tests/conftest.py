"""Fixtures that tests of more than one room use."""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import hypothesis
import pytest

pytest_plugins = ["browser", "command", "open_page"]

# The same examples each time, so that a run does not fail by chance; MMAR_TEST_SEARCH=1 tries other examples, and more.
# No time limits: how long an example takes depends on what else the machine does.
untimed = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("same", derandomize=True, max_examples=50, **untimed)
hypothesis.settings.register_profile("search", print_blob=True, **untimed)
hypothesis.settings.load_profile("search" if os.environ.get("MMAR_TEST_SEARCH") else "same")


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Do not name tests after bytes: a gzip file contains the time, and every worker must collect the same names."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture
def fake_models() -> Iterator[Callable[..., Any]]:
    """Start `FakeModels` services; a request that breaks an API's rules fails the test."""
    from servers.fake_models import FakeModels

    with ExitStack() as stack:
        started: list[FakeModels] = []

        def start(*args: Any, **kwargs: Any) -> FakeModels:
            started.append(stack.enter_context(FakeModels(*args, **kwargs)))
            return started[-1]

        yield start
    assert [each for service in started for each in service.violations] == []


@pytest.fixture
def tone(tmp_path: Path) -> Callable[..., Path]:
    """Write a 16-bit PCM WAV file of a tone, a frequency for each channel."""

    def write(name: str = "clip.wav", *pitches: float, rate: int = 16_000, seconds: float = 0.1) -> Path:
        tones = pitches or (440.0,)
        frames = round(rate * seconds)
        samples = [
            round(9000 * math.sin(2 * math.pi * pitch * frame / rate))
            for frame in range(frames)
            for pitch in tones
        ]
        data = struct.pack(f"<{len(samples)}h", *samples)
        block = 2 * len(tones)
        head = struct.pack(
            "<4sI4s4sIHHIIHH4sI",
            *(b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, len(tones), rate, rate * block, block, 16),
            *(b"data", len(data)),
        )
        path = tmp_path / name
        path.write_bytes(head + data)
        return path

    return write
