"""A run of all kinds of answers."""

from __future__ import annotations

from pathlib import Path

import pytest

import mmar
from mmar.items import Item, write_benchmark
from mmar.models import Answer, Usage
from runs.made_up import Scripted

TEXT = "日本語 🎵 </script> | x"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of five items: right, wrong, unresolved with thinking, failed, and one whose texts are hard to write."""
    choices = ("yes", "no", "")
    names = ("a", "b", "c", "d", "e/f:g")
    items = [
        Item(
            name,
            f"audio/{index}.wav",
            f"Is it so? {TEXT if index == 4 else ''}",
            choices,
            "yes",
            ("sound", "speech")[index % 2],
            "Signal Layer",
            language="en|zh",
            url=f"https://youtu.be/{index:_<11}",
        )
        for index, name in enumerate(names)
    ]
    write_benchmark(items, tmp_path / "made-up-meta.jsonl")
    answers = {
        "a": Answer("a", "yes", "", finish_reason="stop", usage=Usage(10, 2), latency_s=0.5),
        "b": Answer("b", "no", ""),
        "c": Answer("c", "I wonder.", "long thought", finish_reason="length"),
        "d": Answer.failed("d", "rejected", "will not"),
        "e/f:g": Answer("e/f:g", "yes", TEXT),
    }
    out = tmp_path / "run"
    model = Scripted(lambda request, _: answers[request.item_id], name="hf/Org/Some-Model")  # type: ignore[attr-defined]
    mmar.run(model, tmp_path / "made-up-meta.jsonl", out=out)
    return out
