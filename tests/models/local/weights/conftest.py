"""Tiny models and workers with open weights, made once for all tests: what takes time is torch and a worker's self-tests."""

from __future__ import annotations

import io
import json
import queue
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

Records = Sequence[dict[str, Any]]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny model by its name in `tiny`."""
    from models.local.weights import tiny, tiny_omni

    folder = tmp_path_factory.mktemp("models")

    def make(name: str) -> Path:
        path = folder / name
        return path if path.exists() else getattr(tiny_omni if "omni" in name else tiny, name)(path)

    return make


@pytest.fixture(scope="session")
def worker() -> Callable[..., Any]:
    """A worker in this process, by the arguments that it is started with."""
    from mmar.models.local.weights.__main__ import _options, _Worker, _Writer

    opened: dict[tuple[str, ...], Any] = {}

    class Inbox:
        def __init__(self) -> None:
            self.queue: queue.Queue[dict[str, Any] | None] = queue.Queue()

    def open_worker(*arguments: str) -> Any:
        if arguments not in opened:
            opened[arguments] = _Worker(_options(arguments), _Writer(io.StringIO()), Inbox())  # type: ignore[arg-type]
        return opened[arguments]

    return open_worker


def answers_of(worker: Any, records: Records) -> dict[str, dict[str, Any]]:
    """The lines that a worker writes for requests that all wait, by id."""
    for record in [*records, None]:
        worker._queue.put(record)
    worker._writer._out = out = io.StringIO()
    worker.serve()
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    return {row["id"]: row for row in rows if "id" in row}


def record(path: Path, text: str = "Is it a tone?") -> dict[str, Any]:
    """A request about a clip."""
    messages = [{"role": "user", "content": text, "audio": "before"}]
    settings = {"max_tokens": 6, "temperature": 0}
    return {"id": path.stem, "messages": messages, "audio": str(path), "settings": settings}


def clips(folder: Path) -> list[Path]:
    """Three clips of noise in two channels, of different lengths."""
    rng = np.random.default_rng(0)
    paths = []
    for index, seconds in enumerate((1.7, 4.3, 0.6)):
        paths.append(folder / f"clip{index}.wav")
        sound = (0.1 * rng.standard_normal((round(seconds * 16_000), 2))).astype(np.float32)
        soundfile.write(paths[-1], sound, 16_000)
    return paths
