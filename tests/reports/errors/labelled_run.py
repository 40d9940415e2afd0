"""A run with wrong answers, and labels of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mmar
from mmar.items import load_benchmark
from mmar.scoring.error_labels import (
    ErrorLabel,
    add_label,
    labels_path,
    wrong_items,
)

N = 12
WRONG = [f"id-{index}" for index in range(8)]


def label(run: Path, item: str, labeller: str, kind: Any, **more: Any) -> None:
    """Label a wrong answer."""
    digest = {one.item.id: one.answer_digest for one in wrong_of(run)}[item]
    add_label(labels_path(run), ErrorLabel(item, labeller, kind, digest, "2026-11-30T10:00:00+00:00", **more))


def wrong_of(run: Path) -> tuple[Any, ...]:
    """The wrong answers of the run."""
    score = mmar.score(run)
    return wrong_items(load_benchmark(run.parent / "made-up-meta.jsonl"), score.items, {})
