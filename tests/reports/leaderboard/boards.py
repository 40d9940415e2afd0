"""Made-up runs for a leaderboard, and what a leaderboard's folder holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mmar
from mmar.items import Item, write_benchmark
from mmar.models import Answer, Usage
from runs.made_up import Scripted

CHOICES = ("yes", "no", "perhaps")
N = 60


def questions(folder: Path, *, old: bool = False) -> Path:
    """Sixty items, each of a video of its own; of the old edition two keys are wrong."""
    items = [
        Item(
            f"id-{index}",
            f"./{index}.wav",
            f"Is it so, {index}?"
            if index
            else "<img src=x onerror=alert(1)> </script><script>alert(1)</script>",
            CHOICES,
            "no" if old and index < 2 else "yes",
            ("sound", "speech")[index % 2],
            "Signal Layer",
            url=f"https://youtu.be/{index:_<11}",
        )
        for index in range(N)
    ]
    path = folder / ("old-meta.jsonl" if old else "made-up-meta.jsonl")
    write_benchmark(items, path)
    return path


def made_run(
    folder: Path,
    name: str,
    wrong: Sequence[int],
    *,
    condition: str = "full",
    say_wrong: str = "no",
    rotate: int = 1,
    limit: int | None = None,
) -> Path:
    """A run that is right but for some items."""

    def say(request: Any, _: int) -> Answer:
        index = int(request.item_id.removeprefix("id-"))
        text = say_wrong if index in wrong else "yes"
        return Answer(request.item_id, text, "", usage=Usage(100, 10), latency_s=0.5)

    out = folder / f"{name.replace('/', '-')}-{condition}"
    mmar.run(Scripted(say, name=name), questions(folder), out=out, rotations=rotate, limit=limit)
    manifest = out / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"condition": condition}))
    return out


def board_of(folder: Path) -> dict[str, Any]:
    """What a leaderboard's folder holds."""
    value: dict[str, Any] = json.loads((folder / "leaderboard.json").read_text("utf-8"))
    return value


def row_of(board: dict[str, Any], name: str) -> dict[str, Any]:
    """The row of a system."""
    (row,) = (row for row in board["systems"] if row["id"] == name)
    return dict(row)
