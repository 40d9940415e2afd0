"""The same items with their choices in another order.

A model that knows the answer names the same choice wherever it stands. Right under every rotation is the strict score
(CircularEval, MMBench, arXiv 2307.06281); agreement between rotations asks only for consistency, right or
not; and the share of answers by slot, beside the key's own, shows a preferred place (arXiv 2510.04584 tests
MMAR itself). Readings come in mapped back to the original choices; one that names none agrees with nothing.
Shares in percent, 0 to 100. Standard library only.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from mmar.errors import UsageError

__all__ = ["Rotated", "Slot", "SlotShares", "rotated", "slot_shares"]


@dataclass(frozen=True, slots=True)
class Rotated:
    """Scores over the rotations of each item; every item counts alike, however many rotations it has.

    Attributes:
        mean: mean over items of the share of rotations that are right, percent.
        all_right: items right under every rotation, percent.
        any_right: items right under at least one, percent.
        agreement: mean over items of the share of pairs of rotations that name the same choice, percent; None
            where no item has two rotations.
        unanimous: items whose rotations all name one same choice, percent; None as above.
        n: number of items.
        asked: number of questions, over all items and rotations.
    """

    mean: float
    all_right: float
    any_right: float
    agreement: float | None
    unanimous: float | None
    n: int
    asked: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One place in the order of choices.

    Attributes:
        slot: the place, counting from 0.
        offered: questions that have this slot.
        named: answers that name it.
        answers: questions whose answer stands in it.
        named_share: of all answers that name a slot, percent; 0 where none does.
        answer_share: of all questions, percent.
        accuracy: questions right among those whose answer stands here, percent; None where there are none.
    """

    slot: int
    offered: int
    named: int
    answers: int
    named_share: float
    answer_share: float
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class SlotShares:
    """Answers by slot beside the key's own.

    Attributes:
        slots: one record per slot, as many as the longest item has choices.
        unnamed: answers that name no slot.
        n: number of questions.
        distance: half the sum of |named_share - answer_share|, percent: the part of the answers that would
            have to move for the slots to be used as the key uses them. 0 is no bias.
    """

    slots: tuple[Slot, ...]
    unnamed: int
    n: int
    distance: float


def rotated(named: Sequence[Sequence[Hashable]], answers: Sequence[Hashable]) -> Rotated:
    """Score each item over its rotations.

    Args:
        named: per item the choice named under each rotation, mapped back to the original order, None where
            none was; rows may differ in length.
        answers: each item's answer in the same terms, never None.

    Returns:
        Shares in percent.

    Raises:
        UsageError: no items, lengths that differ, an item without rotations, or one without answer.

    Example:
        >>> rotated([["a", "a", "b"], ["c", "c", "c"]], ["a", "b"]).all_right
        0.0
    """
    if not named or len(named) != len(answers):
        raise UsageError(
            f"every item needs its rotations and its answer; found {len(named)} and {len(answers)}",
            code="different-lengths" if named else "no-items",
        )
    for item, (row, answer) in enumerate(zip(named, answers, strict=True)):
        if not len(row):
            raise UsageError(f"item {item} (counting from 0) has no rotations", code="too-few-repeats")
        if answer is None:
            raise UsageError(f"item {item} (counting from 0) has no answer", code="no-answer")
    n = len(named)
    right = [sum(choice == answer for choice in row) for row, answer in zip(named, answers, strict=True)]
    agreements = [_agreement(row) for row in named if len(row) > 1]
    return Rotated(
        mean=100 * math.fsum(count / len(row) for count, row in zip(right, named, strict=True)) / n,
        all_right=100 * sum(count == len(row) for count, row in zip(right, named, strict=True)) / n,
        any_right=100 * sum(count > 0 for count in right) / n,
        agreement=100 * math.fsum(agreements) / len(agreements) if agreements else None,
        unanimous=100 * agreements.count(1.0) / len(agreements) if agreements else None,
        n=n,
        asked=sum(len(row) for row in named),
    )


def slot_shares(
    named_slots: Sequence[int | None], answer_slots: Sequence[int], choice_counts: Sequence[int]
) -> SlotShares:
    """Count answers by the slot they name, as the questions were put.

    Args:
        named_slots: slot that each answer names, counting from 0 in the order shown; None where none.
        answer_slots: slot in which each question's answer stood.
        choice_counts: number of choices of each question.

    Returns:
        Shares in percent, slot by slot.

    Raises:
        UsageError: no questions, lengths that differ, or a slot outside its question's choices.

    Example:
        >>> slot_shares([0, 0, 0, 0], [0, 1, 2, 3], [4, 4, 4, 4]).distance
        75.0
    """
    n = len(named_slots)
    if not n or not n == len(answer_slots) == len(choice_counts):
        raise UsageError(
            "every question needs the slot named, the answer's slot and its number of choices; "
            f"found {n}, {len(answer_slots)} and {len(choice_counts)}",
            code="different-lengths" if n else "no-items",
        )
    for place, (here, key, count) in enumerate(zip(named_slots, answer_slots, choice_counts, strict=True)):
        if not 0 <= key < count or (here is not None and not 0 <= here < count):
            raise UsageError(
                f"question {place} (counting from 0) has {count} choices; "
                f"slot {here} was named and its answer stands in slot {key}",
                code="bad-slot",
            )
    uses = Counter(slot for slot in named_slots if slot is not None)
    keys = Counter(answer_slots)
    hits = Counter(key for here, key in zip(named_slots, answer_slots, strict=True) if here == key)
    slots = tuple(
        Slot(
            slot=slot,
            offered=sum(count > slot for count in choice_counts),
            named=uses[slot],
            answers=keys[slot],
            named_share=100 * uses[slot] / max(1, uses.total()),
            answer_share=100 * keys[slot] / n,
            accuracy=100 * hits[slot] / keys[slot] if keys[slot] else None,
        )
        for slot in range(max(choice_counts))
    )
    distance = math.fsum(abs(slot.named_share - slot.answer_share) for slot in slots) / 2 if uses else 0.0
    return SlotShares(slots, n - uses.total(), n, distance)


def _agreement(row: Sequence[Hashable]) -> float:
    """Share of the pairs in a row of at least two that name the same choice."""
    pairs = sum(count * (count - 1) for count in Counter(c for c in row if c is not None).values())
    return pairs / (len(row) * (len(row) - 1))
