"""How a file of answers is scored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from mmar.protocols import ReadingRule
from mmar.scoring.result import ItemScore
from mmar.scoring.tally import Tally

__all__ = ["Plan"]


class Plan(msgspec.Struct, frozen=True):
    """How to score.

    Attributes:
        path: the predictions file.
        key: the field that holds the prediction.
        rule: how to read answers; the common markers when `None`.
        keep: which items to keep: `none`, `differing` or `all`.
        lenient: count a bad record as missing and go on.
        lines: makes the lines of a `RowFile`, where one is written.
        spawn: whether processes may be started anew (`mmar.scoring.workers`).
    """

    path: Path
    key: str
    rule: ReadingRule | None = None
    keep: str = "none"
    lenient: bool = False
    lines: Callable[[Sequence[ItemScore]], bytes] | None = None
    spawn: bool = False

    def tally(self, verdicts: bytearray | None = None) -> Tally:
        """What counts, and keeps all items for a moment where each has a line to be written."""
        return Tally("all" if self.lines else self.keep, verdicts=verdicts)

    def take_lines(self, tally: Tally) -> bytes:
        """The lines of the items kept so far, of which only those stay that are to be kept for good."""
        if self.lines is None:
            return b""
        text = self.lines(tally.rows)
        tally.rows = [row for row in tally.rows if self.keep != "none" and row.official != row.choice]
        return text
