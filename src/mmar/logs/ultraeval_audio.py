"""UltraEval-Audio's JSONL log: several lines an item, one for each step.

Lines are `{"type": "prompt" | "inference" | "post_process" | "eval" | "error", "id": N, "data": {...}}`; the id is the
position in the data set. Written by `audio_evals/recorder.py` and `eval_task.py` of OpenBMB/UltraEval-Audio at 9b69da6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mmar.files.typed import text_or_none
from mmar.logs.record import (
    LogRecord,
    Row,
    lookup,
    message_text,
    options_in_prompt,
    read_content,
    verdict_of,
)

NOTE = "the log has positions instead of ids; they are taken in the benchmark's order where nothing else fits"
_STEPS = ("prompt", "inference", "post_process", "eval", "error")


def is_step(row: Row) -> bool:
    """Whether a record is one step of an UltraEval-Audio log."""
    return row.get("type") in _STEPS and "id" in row and isinstance(row.get("data"), Mapping)


def read_steps(rows: Iterable[tuple[int, Any]]) -> Iterator[LogRecord]:
    """Collect the steps of each item into one record, in the order in which the items begin."""
    items: dict[str, dict[str, Any]] = {}
    lines: dict[str, int] = {}
    for line, row in rows:
        if isinstance(row, Mapping) and is_step(row):
            key = str(row["id"])
            lines.setdefault(key, line)
            items.setdefault(key, {})[row["type"]] = row["data"]
    for key, steps in items.items():
        yield _record(lines[key], int(key) if key.isdecimal() else None, steps)


def _record(line: int, position: int | None, steps: Mapping[str, Any]) -> LogRecord:
    content = lookup(steps, "prompt.content")
    prompt = message_text(content) if isinstance(content, list) else text_or_none(content)
    text = read_content(lookup(steps, "inference.content")).text
    scores = steps.get("eval") or {}
    return LogRecord(
        line,
        text,
        position=position,
        audio=_clip(content),
        question=prompt,
        choices=options_in_prompt(prompt),
        failure=None
        if text is not None
        else (text_or_none(lookup(steps, "error.info")) or "")[-300:].strip(),
        verdict=verdict_of(
            next((scores[name] for name in ("match", "acc", "score") if name in scores), None)
        ),
        extracted=text_or_none(scores.get("pred")),
    )


def _clip(messages: object) -> str | None:
    """The first clip of messages whose parts are `{"type", "value"}`."""
    for message in messages if isinstance(messages, list) else ():
        parts = message.get("contents", message.get("content")) if isinstance(message, Mapping) else None
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, Mapping) and part.get("type") == "audio":
                return text_or_none(part.get("value", part.get("audio")))
    return None
