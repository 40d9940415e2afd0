"""Scoring one answer by both scorers, and counting the verdicts: the inner loop of scoring.

`official` is the published rule (`mmar.scoring.official`); `choice` compares the choice that the answer names
(`mmar.protocols.reading`) with the key. Anything but a choice is wrong, and its state says why.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache

import msgspec

from mmar.items import Item, Question
from mmar.items.editions import corrected_ids
from mmar.items.item import MAX_CHOICES, published_rank
from mmar.protocols.reading import (
    CURRENT_VERSION,
    ChoiceTable,
    ReadingRule,
    read_known,
    shape_of,
)
from mmar.scoring.official import Key, official_reason
from mmar.scoring.result import Bounds, GroupScore, ItemScore, accuracy

CHOICE_VERSION = CURRENT_VERSION
STATES = ("choice", "unresolved", "refused", "failed", "missing")
DIMENSIONS = ("modality", "category", "sub-category")
OFFICIAL, CHOICE, REQUESTED = 1, 2, 4
"""Bits of a verdict byte."""

_LETTER = re.compile(r"(?<![^\W_])([A-Za-z])(?![^\W_])")


@lru_cache(maxsize=4096)
def _prepare_question(answer: str, choices: tuple[str, ...]) -> tuple[ChoiceTable, Key]:
    """What both scorers prepare of a question."""
    return ChoiceTable(choices), Key(answer, choices)


# A whole number that every number of choices divides.
_CHANCE_DENOMINATOR = math.lcm(*range(1, MAX_CHOICES + 1))


Counts = dict[tuple[int, bool, bool, bool], int]
"""Number of items of a group by their number of choices and whether they were asked, official and choice."""


def _add(counts: Counts, others: Counts) -> None:
    for key, count in others.items():
        counts[key] = counts.get(key, 0) + count


def group_score(counts: Counts, unreadable: int = 0) -> GroupScore:
    """The scores of the items counted; `unreadable` ones were never asked and have no part in `chance`."""
    asked_counts = {key: count for key, count in counts.items() if key[1]}
    readable = sum(counts.values())
    n = readable + unreadable
    complete = sum(asked_counts.values()) == n
    official = sum(count for (_, _, official, _), count in counts.items() if official)
    choice = sum(count for (_, _, _, choice), count in counts.items() if choice)
    # In whole shares, so that sums do not depend on their order.
    chance = sum(_CHANCE_DENOMINATOR // choices * count for (choices, *_), count in counts.items())
    return GroupScore(
        n,
        accuracy(official, n, complete=complete),
        accuracy(choice, n, complete=complete),
        100 * chance / (readable * _CHANCE_DENOMINATOR) if readable else 0.0,
        None if complete else group_score(asked_counts),
    )


class Tally(msgspec.Struct):
    """Counts so far.

    Attributes:
        keep: which items to keep in `rows`: `none`, those on which the scorers differ (`differing`), or `all`.
        on_item: called with the score of every item.
        counts: counts by (modality, category, sub-category).
        letters: answers that name a choice by its letter alone, which the published rule cannot read.
        cut_off: answers that ended at the token limit.
        unread: number of answers that name no choice, by group (`SHAPES`).
        verdicts: one byte per item in order, of the bits OFFICIAL, CHOICE and REQUESTED; not kept when `None`.
        corrected: answers to items whose key an edition corrected, with the choices, by id.
    """

    keep: str = "none"
    on_item: Callable[[ItemScore], None] | None = None
    states: dict[str, int] = msgspec.field(default_factory=lambda: dict.fromkeys(STATES, 0))
    counts: dict[tuple[str, str, str | None], Counts] = msgspec.field(default_factory=dict)
    rows: list[ItemScore] = msgspec.field(default_factory=list)
    letters: int = 0
    cut_off: int = 0
    unread: dict[str, int] = msgspec.field(default_factory=dict)
    verdicts: bytearray | None = None
    corrected: dict[str, tuple[ItemScore, tuple[str, ...]]] = {}

    def add_answer(
        self,
        item_id: str,
        question: Question,
        text: str,
        rule: ReadingRule | None = None,
        *,
        cut_off: bool = False,
    ) -> None:
        """Score a model's text; `cut_off` is whether the token limit ended it."""
        choices, answer = question.choices, question.answer
        assert answer is not None  # see Benchmark.check_scorable
        known, key = _prepare_question(answer, choices)
        reading = read_known(text, known, rule, cut_off=cut_off)
        if cut_off:
            self.cut_off += 1
        index = reading.index
        # By its text, so that equal choices are one.
        right = index is not None and choices[index] == answer
        official = key.accepts(text)
        self.states[reading.state] += 1
        if index is None:
            shape = shape_of(reading, choices)
            self.unread[shape] = self.unread.get(shape, 0) + 1
        self._count(question, True, official, right)
        if not official and index is not None and _names_by_letter(text, choices[index], index):
            self.letters += 1
        if (
            self.on_item is not None
            or self.keep == "all"
            or (official is not right and self.keep == "differing")
            or item_id in corrected_ids()
        ):
            named = None if index is None else choices[index]
            why = official_reason(answer, text, choices)
            row = ItemScore(
                item_id,
                official,
                right,
                reading.state,
                named,
                answer,
                reading.reason,
                why,
                text,
                reading.rule,
                *reading.span,
                shape if index is None else "",
            )
            if item_id in corrected_ids():
                self.corrected[item_id] = row, choices
            self._keep(row)

    def add_no_answer(
        self, item_id: str, question: Question, *, requested: bool = True, failure: str | None = None
    ) -> None:
        """Count an item of which no answer came, whether it was asked at all or not."""
        state = "failed" if requested else "missing"
        self.states[state] += 1
        self._count(question, requested, False, False)
        if self.on_item is not None or self.keep == "all":
            reason = failure or ("no answer came" if requested else "never asked")
            self._keep(
                ItemScore(
                    item_id, False, False, state, None, question.answer or "", reason, "no prediction", None
                )
            )

    def add_unreadable(self, count: int) -> None:
        """Count items whose question could not be read; they belong to no group."""
        self.states["missing"] += count
        if self.verdicts is not None:
            self.verdicts += bytes(count)

    def merge(self, other: Tally) -> None:
        """Add the counts of the items that follow."""
        for state, count in other.states.items():
            self.states[state] += count
        for names, counts in other.counts.items():
            _add(self.counts.setdefault(names, {}), counts)
        self.rows += other.rows
        self.corrected |= other.corrected
        self.letters += other.letters
        self.cut_off += other.cut_off
        for name, count in other.unread.items():
            self.unread[name] = self.unread.get(name, 0) + count

    @property
    def n(self) -> int:
        """Number of items counted."""
        return sum(self.states.values())

    @property
    def differ(self) -> int:
        """Number of items on which the scorers differ."""
        return sum(
            count
            for counts in self.counts.values()
            for (_, _, official, choice), count in counts.items()
            if official is not choice
        )

    def total(self) -> GroupScore:
        """The scores of all items; those whose question is unreadable have no part in `chance`."""
        whole: Counts = {}
        for counts in self.counts.values():
            _add(whole, counts)
        return group_score(whole, self.n - sum(whole.values()))

    def bounds(self) -> dict[str, Bounds]:
        """What the accuracies could be if the failed and missing items had been answered."""
        n, unknown = self.n, self.states["failed"] + self.states["missing"]
        whole = self.total()
        return {
            name: Bounds(total.accuracy, 100 * (total.correct + unknown) / n if n else 0.0)
            for name, total in (("official", whole.official), ("choice", whole.choice))
        }

    def groups(self) -> dict[str, dict[str, GroupScore]]:
        """Scores by group in the published order; items without a sub-category are in none."""
        groups: dict[str, dict[str, GroupScore]] = {}
        for position, dimension in enumerate(DIMENSIONS):
            sums: dict[str, Counts] = {}
            for names, counts in self.counts.items():
                if (name := names[position]) is not None:
                    _add(sums.setdefault(name, {}), counts)
            groups[dimension] = {name: group_score(sums[name]) for name in sorted(sums, key=published_rank)}
        return groups

    def parents(self) -> dict[str, str]:
        """The category of each sub-category that belongs to one alone."""
        parents: dict[str, set[str]] = {}
        for _, category, name in self.counts:
            if name is not None:
                parents.setdefault(name, set()).add(category)
        return {name: next(iter(categories)) for name, categories in parents.items() if len(categories) == 1}

    def _count(self, question: Question, requested: bool, official: bool, right: bool) -> None:  # noqa: FBT001 - a key
        names = (question.modality, question.category, question.sub_category)
        counts = self.counts.get(names)
        if counts is None:
            counts = self.counts[names] = {}
        key = len(question.choices), requested, official, right
        counts[key] = counts.get(key, 0) + 1
        if self.verdicts is not None:
            self.verdicts.append(requested * REQUESTED | official * OFFICIAL | right * CHOICE)

    def _keep(self, row: ItemScore) -> None:
        if self.on_item is not None:
            self.on_item(row)
        if self.keep == "all" or (self.keep == "differing" and row.official is not row.choice):
            self.rows.append(row)


def score_answer(item: Item, text: str | None, rule: ReadingRule | None = None) -> ItemScore:
    """Score one answer by both scorers, with the reasons.

    `text` is `None` when no answer came. Without a rule the common markers of an answer are read.
    """
    tally = Tally("all")
    if text is None:
        tally.add_no_answer(item.id, item)
    else:
        tally.add_answer(item.id, item, text, rule)
    return tally.rows[0]


def _names_by_letter(text: str, named: str, index: int) -> bool:
    """Whether an answer names a choice by its letter, its words standing nowhere in the answer."""
    if len(named) > 1 and (named in text or named.lower() in text.lower()):
        return False
    letter = chr(ord("A") + index)
    return named != letter and any(match[1].upper() == letter for match in _LETTER.finditer(text))
