"""Hints while writing: what is missing, and what the audit would say of the item, as one list."""

from __future__ import annotations

from collections.abc import Mapping

from mmar.audit import audit
from mmar.items import Benchmark
from mmar.studio.workflow import ItemContent, Problem, problems
from mmar.studio.workflow.content import to_item

__all__ = ["hints"]

_FIELDS = {"sub-category": "sub_category", "cue": "cues", "audio_path": "url"}
# Said by `workflow.problems` already, or about the set and its file names rather than about what is written.
_ELSEWHERE = frozenset({"C001", "C002", "T002"})
_ABOUT_THE_SET = ("S", "I", "V", "N")


def hints(
    content: ItemContent, *, layers: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[Problem, ...]:
    """What to do about an item: errors first, then advice, the audit's with its code.

    Args:
        content: finished or not; the audit looks at it once it has choices and a key.
        layers: sub-categories by layer in the project's taxonomy.
    """
    found = problems(content, layers=layers)
    if content.key is None or len(content.choices) < 2:
        return found
    item = to_item(content, "this-item", content.audio_path or "./audio/this-item.wav")
    outcomes = audit(Benchmark((item,), "draft")).outcomes
    return found + tuple(
        Problem(
            outcome.code,
            _FIELDS.get(finding.field or "", finding.field or "question"),
            "warning",
            f"{outcome.title[:1].upper()}{outcome.title[1:].rstrip('.')}: {finding.message}.",
        )
        for outcome in outcomes
        if outcome.code not in _ELSEWHERE and not outcome.code.startswith(_ABOUT_THE_SET)
        for finding in outcome.findings
        if finding.item == item.id
    )
