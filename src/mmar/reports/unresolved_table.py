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
            example = group.example
            pairs = [("example", f"{group.shape}, item {example.id}"), ("", _end(example.prediction))]
            if '"' in example.reason:  # words of the answer
                pairs.append(("reason", example.reason))
            lines += ["", *facts(pairs, display)]
    lines += ["", *facts([("signature", result.signature)], display)]
    return "".join(f"{line}\n" for line in lines)


def _end(text: str | None) -> str:
    """The end of an answer on one line, which is where most answers name their choice."""
    line = " ".join((text or "").split())
    if len(line) <= _END:
        return line or "(empty)"
    end = line[-_END:]
    return f"... {end.partition(' ')[2] or end}"
