"""A run with wrong answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from labelled_run import WRONG, N

import mmar
from mmar.items import Item, write_benchmark
from mmar.models import Answer
from runs.made_up import Scripted


@pytest.fixture
def run(tmp_path: Path, tone: Callable[..., Path]) -> Path:
    """Twelve items, of which eight are wrong: one by an unreadable answer that holds markup."""
    tone("clip.wav", seconds=0.3)
    items = [
        Item(f"id-{index}", "./clip.wav", f"Is it so, {index}?", ("yes", "no"), "yes", ("sound", "speech")[index % 2],
             "Signal Layer", thinking="It is so.", cue=("a tone",))
        for index in range(N)
    ]  # fmt: skip
    write_benchmark(items, tmp_path / "made-up-meta.jsonl")

    def say(request: Any, _: int) -> Answer:
        text = "yes" if request.item_id not in WRONG else "no"
        return Answer(
            request.item_id, "<script>alert(1)</script>" if request.item_id == "id-0" else text, "I think so."
        )

    mmar.run(Scripted(say), tmp_path / "made-up-meta.jsonl", out=tmp_path / "run")
    return tmp_path / "run"
