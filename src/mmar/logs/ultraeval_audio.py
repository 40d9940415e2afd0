"""UltraEval-Audio's JSONL log: several lines an item, one for each step.

Lines are `{"type": "prompt" | "inference" | "post_process" | "eval" | "error", "id": N, "data": {...}}`; the id is the
position in the data set. Written by `audio_evals/recorder.py` and `eval_task.py` of OpenBMB/UltraEval-Audio at 9b69da6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mmar.files.open import name_errors
from mmar.logs.fields import Fields, read_fields
from mmar.logs.record import LogRecord, Row

NOTE = "the log has positions instead of ids; they are taken in the benchmark's order where nothing else fits"
_STEPS = ("prompt", "inference", "post_process", "eval", "error")
_FIELDS = Fields(
    text=("inference.content",),
    audio=("prompt.content",),
    question=("prompt.content",),
    error=("error.info",),
    verdict=("eval.match", "eval.acc", "eval.score"),
    extracted=("eval.pred",),
    position=("position",),
)


def is_step(row: Row) -> bool:
    """Whether a record is one step of an UltraEval-Audio log."""
    return row.get("type") in _STEPS and "id" in row and isinstance(row.get("data"), Mapping)


def read_steps(rows: Iterable[tuple[int, Any]], file: str) -> Iterator[LogRecord]:
    """Collect the steps of each item into one record, in the order in which the items begin."""
    items: dict[str, dict[str, Any]] = {}
    lines: dict[str, int] = {}
    for line, row in rows:
        if isinstance(row, Mapping) and is_step(row):
            key = str(row["id"])
            lines.setdefault(key, line)
            items.setdefault(key, {"position": row["id"]})[row["type"]] = row["data"]
    with name_errors(file):
        for key, steps in items.items():
            yield read_fields(steps, lines[key], _FIELDS)
