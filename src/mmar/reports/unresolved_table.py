"""The console page of the answers that name no choice."""

from __future__ import annotations

from mmar.reports.tables import Column, Display, Row, count, draw, facts
from mmar.scoring.unresolved import Unresolved

__all__ = ["unresolved_table"]

_END = 160


def unresolved_table(result: Unresolved, display: Display | None = None) -> str:
    """Draw the groups of answers that name no choice, with an example of each.

    Args:
        result: what `find_unresolved` gave.
        display: where it is printed.

    Returns:
        Lines, each ended.
    """
    display = display or Display()
    read = result.answered - len(result.items)
    lines = facts(
        [
            (
                "answers",
                f"{result.answered:,} of {count(result.n, 'item')}: {read:,} read, {len(result.items):,} not",
            )
        ],
        display,
    )
    if result.cut_off:
        lines += facts(
            [("cut off", f"{count(result.cut_off, 'answer')} at the token limit, read or not")], display
        )
    if result.groups:
        rows = [Row((group.shape, f"{group.count:,}", group.description)) for group in result.groups]
        lines += ["", *draw((Column("group"), Column("n", "right"), Column()), rows, display)]
        for group in result.groups:
            lines += [
                "",
                *facts(
                    [(group.shape[:10], f"{group.example.id}: {_end(group.example.prediction)}")], display
                ),
            ]
            if group.example.reason != group.description:
                lines += facts([("", group.example.reason)], display)
    lines += ["", *facts([("signature", result.signature)], display)]
    return "".join(f"{line}\n" for line in lines)


def _end(text: str | None) -> str:
    """The end of an answer on one line, which is where most answers name their choice."""
    line = " ".join((text or "").split())
    return f"... {line[-_END:]}" if len(line) > _END else line or "(empty)"
