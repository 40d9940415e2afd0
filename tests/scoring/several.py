"""Runs and files that answer a made-up benchmark in a given way, for tests that set them side by side."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from mmar.api import load, run
from mmar.items import Benchmark, Item, write_benchmark
from mmar.models import Answer
from mmar.runs.conditions import Condition
from mmar.scoring.align_runs import AlignedRuns, align_runs
from mmar.scoring.compare import compare
from mmar.scoring.comparison import Comparison
from runs.made_up import Scripted

CHOICES = ("yes", "no", "perhaps")


def questions(folder: Path, videos: Sequence[str | None]) -> Benchmark:
    """An item a video, so that one that stands twice is a cluster; the answer is always “yes”."""
    items = [
        Item(
            f"id-{index}",
            f"./{index}.wav",
            f"Is it so, {index}?",
            CHOICES,
            "yes",
            ("sound", "music", "speech")[index % 3],
            ("Signal Layer", "Semantic Layer")[index % 2],
            ("Counting and Statistics", None)[index % 2],
            url=None if video is None else f"https://youtu.be/{video:_<11}",
        )
        for index, video in enumerate(videos)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    write_benchmark(items, folder / "made-up-meta.jsonl")
    return load(folder / "made-up-meta.jsonl")


def answers_file(path: Path, right: Iterable[bool | None]) -> Path:
    """A file that names the right choice or a wrong one; `None` leaves the item out."""
    records = [
        {"id": f"id-{index}", "answer_prediction": "yes" if hit else "no"}
        for index, hit in enumerate(right)
        if hit is not None
    ]
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


def answers_run(
    out: Path,
    benchmark: Benchmark,
    right: Sequence[bool | None],
    *,
    audio: Condition = "full",
    name: str = "test/scripted",
    limit: int | None = None,
    seed: int = 0,
) -> Path:
    """A run that names the right choice or a wrong one; `None` fails. It says that it heard `audio`."""

    def say(request: msgspec.Struct, _: int) -> Answer:
        hit = right[int(request.item_id.removeprefix("id-"))]  # type: ignore[attr-defined]
        item_id = request.item_id  # type: ignore[attr-defined]
        if hit is None:
            return Answer.failed(item_id, "rejected", "will not")
        return Answer(item_id, "yes" if hit else "no", "")

    run(Scripted(say, name=name), benchmark, out=out, limit=limit, seed=seed)
    manifest = out / "manifest.json"
    record = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(record | {"condition": audio}))
    return out


def side_by_side(benchmark: Benchmark | None, *paths: Path, **options: bool) -> AlignedRuns:
    """Align some runs and files."""
    return align_runs(paths, load, benchmark=benchmark, **options)


def compared(
    folder: Path, *runs: Sequence[bool | None], videos: Sequence[str | None], **options: int
) -> Comparison:
    """Compare files that answer so, made in a folder."""
    known = questions(folder, videos)
    paths = [answers_file(folder / f"{index}.jsonl", right) for index, right in enumerate(runs)]
    return compare(side_by_side(known, *paths), **options)  # type: ignore[arg-type]
