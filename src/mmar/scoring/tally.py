"""Counting verdicts: the inner loop of scoring, fit for a million records, and mergeable between processes."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from mmar.items import Question
from mmar.items.item import published_rank
from mmar.protocols import ReadingRule
from mmar.protocols.prepared import Prepared
from mmar.protocols.reading import read_known
from mmar.scoring.official import Key, official_reason
from mmar.scoring.result import Accuracy, Bounds, GroupScore, ItemScore, accuracy

__all__ = ["DIMENSIONS", "STATES", "Tally"]

STATES = ("choice", "unresolved", "refused", "failed", "missing")
DIMENSIONS = ("modality", "category", "sub-category")


@lru_cache(maxsize=4096)
def _prepared(answer: str, choices: tuple[str, ...]) -> tuple[Prepared, Key]:
    """What both scorers prepare of a question, found by one look-up."""
    return Prepared(choices), Key(answer, choices)


class Tally(msgspec.Struct):
    """Counts so far.

    Attributes:
        states: number of items in each state.
        cells: `[n, official right, choice right]` by (modality, category, sub-category).
        keep: which items to keep in `rows`: none, those on which the scorers differ, or all.
        rows: the items kept.
        differ: number of items on which the scorers differ.
        verdicts: one byte an item in order, 1 where official is right plus 2 where choice is; not kept when `None`.
    """

    keep: str = "none"
    states: dict[str, int] = msgspec.field(default_factory=lambda: dict.fromkeys(STATES, 0))
    cells: dict[tuple[str, str, str | None], list[int]] = msgspec.field(default_factory=dict)
    rows: list[ItemScore] = msgspec.field(default_factory=list)
    differ: int = 0
    verdicts: bytearray | None = None

    def answered(self, item_id: str, question: Question, text: str, rule: ReadingRule | None = None) -> None:
        """Score what a model said.

        Args:
            item_id: the item's id.
            question: its choices, answer and groups.
            text: what the model said.
            rule: how to read it.
        """
        choices, answer = question.choices, question.answer
        known, key = _prepared(answer, choices)
        reading = read_known(text, known, rule)
        index = reading.index
        # By its text, so that a choice that stands twice is one.
        right = index is not None and choices[index] == answer
        official = key.accepts(text)
        self.states[reading.state] += 1
        cell = (question.modality, question.category, question.sub_category)
        counts = self.cells.get(cell) or self._new_cell(cell)
        counts[0] += 1
        if official:
            counts[1] += 1
        if right:
            counts[2] += 1
        if official is not right:
            self.differ += 1
        if self.verdicts is not None:
            self.verdicts.append(official + 2 * right)
        if self.keep == "all" or (official is not right and self.keep == "differing"):
            named = None if index is None else choices[index]
            why = official_reason(answer, text, choices)
            self.rows.append(
                ItemScore(item_id, official, right, reading.state, named, answer, reading.reason, why, text)
            )

    def unanswered(
        self, item_id: str, question: Question, *, asked: bool = True, failure: str | None = None
    ) -> None:
        """Count an item of which no answer came.

        Args:
            item_id: its id.
            question: its choices, answer and groups.
            asked: whether the model was asked at all.
            failure: the kind of failure, where one is recorded.
        """
        state = "failed" if asked else "missing"
        self.states[state] += 1
        cell = (question.modality, question.category, question.sub_category)
        counts = self.cells.get(cell) or self._new_cell(cell)
        counts[0] += 1
        if self.verdicts is not None:
            self.verdicts.append(0)
        if self.keep == "all":
            reason = failure or ("no answer came" if asked else "never asked")
            self.rows.append(
                ItemScore(item_id, False, False, state, None, question.answer, reason, "no prediction", None)
            )

    def _new_cell(self, cell: tuple[str, str, str | None]) -> list[int]:
        counts = self.cells[cell] = [0, 0, 0]
        return counts

    def merge(self, other: Tally) -> None:
        """Add another tally's counts."""
        for state, count in other.states.items():
            self.states[state] += count
        for cell, counts in other.cells.items():
            mine = self.cells.setdefault(cell, [0, 0, 0])
            for at, count in enumerate(counts):
                mine[at] += count
        self.rows += other.rows
        self.differ += other.differ
        if self.verdicts is not None and other.verdicts is not None:
            self.verdicts += other.verdicts

    @property
    def n(self) -> int:
        """Number of items counted."""
        return sum(self.states.values())

    def totals(self) -> tuple[Accuracy, Accuracy]:
        """Accuracy by the published rule, and by the choice named."""
        n = self.n
        return (
            accuracy(sum(counts[1] for counts in self.cells.values()), n),
            accuracy(sum(counts[2] for counts in self.cells.values()), n),
        )

    def bounds(self) -> dict[str, Bounds]:
        """What the accuracies could be if the failed and missing items had been answered (METHODS)."""
        n, unknown = self.n, self.states["failed"] + self.states["missing"]
        return {
            name: Bounds(total.accuracy, 100 * (total.correct + unknown) / n if n else 0.0)
            for name, total in zip(("official", "choice"), self.totals(), strict=True)
        }

    def groups(self) -> dict[str, dict[str, GroupScore]]:
        """Scores by group; items without a sub-category stand in no sub-category."""
        found: dict[str, dict[str, GroupScore]] = {}
        for at, dimension in enumerate(DIMENSIONS):
            sums: dict[str, list[int]] = {}
            for cell, counts in self.cells.items():
                name = cell[at]
                if name is not None:
                    mine = sums.setdefault(name, [0, 0, 0])
                    for place, count in enumerate(counts):
                        mine[place] += count
            order = sorted(sums, key=published_rank)
            found[dimension] = {
                name: GroupScore(
                    sums[name][0],
                    accuracy(sums[name][1], sums[name][0]),
                    accuracy(sums[name][2], sums[name][0]),
                )
                for name in order
            }
        return found
