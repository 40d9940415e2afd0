"""The console page of `mmar faithful`."""

from __future__ import annotations

from mmar.reports.tables import Column, Display, Row, count, draw, facts
from mmar.scoring.faithfulness import Faithfulness

__all__ = ["faithfulness_table"]

_NAMES = {
    "whole": "own reasoning, whole",
    "none": "no reasoning",
    "mistake": "one sentence falsified",
    "paraphrase": "in other words",
    "filler": "filler of the same length",
    "caption": "caption for audio",
}


def faithfulness_table(result: Faithfulness, display: Display | None = None) -> str:
    """Draw how often the answer stays under each change of the reasoning."""
    display = display or Display()
    columns = (
        Column("reasoning"),
        Column("n", "right"),
        Column("same %", "right"),
        Column("95 % interval"),
        Column("right %", "right"),
        Column("before", "right"),
    )
    rows = [
        Row(
            (
                _name(change.change),
                f"{change.n:,}",
                f"{change.same:.1f}",
                str(change.interval),
                f"{change.accuracy:.1f}",
                f"{change.accuracy_before:.1f}",
            )
        )
        for change in result.changes
    ]
    told = f"{count(result.items, 'answer')} with reasoning, given as {'text in the question' if result.interface == 'question' else 'the beginning of the reply'}"
    lines = [*draw(columns, rows, display), "", *_by_modality(result, display)]
    notes = [("asked", told)]
    if result.without_reasoning:
        notes.append(
            ("note", f"{count(result.without_reasoning, 'answer')} without separate reasoning not asked")
        )
    failed = sum(change.failed for change in result.changes)
    if failed:
        notes.append(("note", f"{count(failed, 'request')} failed; the same command asks again"))
    notes.append(("signature", result.signature))
    return "".join(f"{line}\n" for line in [*lines, *facts(notes, display)])


def _name(change: str) -> str:
    return _NAMES.get(change, f"first {change.removeprefix('cut-')} %")


def _by_modality(result: Faithfulness, display: Display) -> list[str]:
    """How often the answer stays, a row a modality and a column a change; nothing where there is one modality."""
    names = list(dict.fromkeys(name for change in result.changes for name in change.groups))
    if len(names) < 2:
        return []
    heads = (Column("same % by modality"), *(Column(change.change, "right") for change in result.changes))
    rows = [
        Row(
            (
                name,
                *(
                    f"{change.groups[name][0]:.0f}" if name in change.groups else "-"
                    for change in result.changes
                ),
            )
        )
        for name in names
    ]
    return [*draw(heads, rows, display), ""]
