"""UltraEval-Audio's JSONL log: several lines an item, one for each step.

Lines are `{"type": "prompt" | "inference" | "post_process" | "eval" | "error", "id": N, "data": {...}}`; the id is the
position in the data set. Source: `audio_evals/recorder.py` and `eval_task.py` of OpenBMB/UltraEval-Audio, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mmar.logs.record import LogRecord, Row, content_of, lookup, options_in_prompt, text_or_none

__all__ = ["is_step", "read_steps"]

_STEPS = ("prompt", "inference", "post_process", "eval", "error")


def is_step(row: Row) -> bool:
    """Whether a record is one step of an UltraEval-Audio log."""
    return row.get("type") in _STEPS and "id" in row and isinstance(row.get("data"), Mapping)


def read_steps(rows: Iterable[tuple[int, Row]]) -> Iterator[LogRecord]:
    """Collect the steps of each item into one record, in the order in which the items begin."""
    items: dict[str, dict[str, Any]] = {}
    lines: dict[str, int] = {}
    for line, row in rows:
        if is_step(row):
            key = str(row["id"])
            lines.setdefault(key, line)
            items.setdefault(key, {})[row["type"]] = row["data"]
    for key, steps in items.items():
        yield _record(lines[key], int(key) if key.isdecimal() else None, steps)


def _record(line: int, position: int | None, steps: Mapping[str, Any]) -> LogRecord:
    prompt, audio = _prompt(lookup(steps, "prompt.content"))
    text = text_or_none(lookup(steps, "inference.content"))
    scores = steps.get("eval") or {}
    match = next((scores[name] for name in ("match", "acc", "score") if name in scores), None)
    return LogRecord(
        line,
        text,
        position=position,
        audio=audio,
        question=prompt,
        choices=options_in_prompt(prompt),
        failure=None
        if text is not None
        else (text_or_none(lookup(steps, "error.info")) or "no answer").strip()[-300:],
        verdict=bool(match) if match in (0, 1) else None,
        extracted=text_or_none(scores.get("pred")),
    )


def _prompt(content: object) -> tuple[str | None, str | None]:
    """Text and clip of a prompt: a string, or messages whose `contents` are `{"type", "value"}` parts."""
    if isinstance(content, str):
        return content, None
    text: list[str] = []
    audio = None
    for message in content if isinstance(content, list) else ():
        parts = message.get("contents", message.get("content")) if isinstance(message, Mapping) else None
        text.append(content_of(parts)[0])
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, Mapping) and part.get("type") == "audio":
                audio = text_or_none(part.get("value", part.get("audio")))
    return "\n".join(text) or None, audio
