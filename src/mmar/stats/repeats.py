"""The same question asked several times: pass rates, majority vote, sources of variance.

Of n repeats of an item c are right; then k of them drawn without replacement hold at least one right answer
with probability pass@k = 1 - C(n-c, k)/C(n, k) (Chen et al., arXiv 2107.03374) and are all right with
probability pass^k = C(c, k)/C(n, k) (Yao et al., arXiv 2406.12045). Both are unbiased, and both are averaged
over items.

Variance within items is what repeating can average away; variance between items is what only more items can
(one-way analysis of variance, Fisher 1925; Shrout & Fleiss 1979 for the intraclass correlation).

The same items with their choices in another order are repeats, too. A model that knows the answer names the
same choice wherever it stands: agreement between rotations asks only for consistency, right or not, and the
share of answers by slot, beside the key's own, shows a preferred place (arXiv 2510.04584 tests MMAR itself).
Readings come in mapped back to the original choices; one that names none agrees with nothing.

Right and wrong answers are rows of repeats, one an item, failed ones as wrong. Shares in percent, 0 to 100.
Standard library only.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from mmar.errors import UsageError


@dataclass(frozen=True, slots=True)
class Spread:
    """Where the variation of right and wrong answers comes from.

    Attributes:
        accuracy: percent over all items and repeats, 0 to 100.
        within: variance of an item's score (0 or 1) from repeat to repeat.
        between: variance of the items' own chances to be right, 0 if the data show none; None for one item.
        correlation: intraclass correlation, between / (between + within); None where undefined.
        run_deviation: standard deviation of a run's accuracy over runs on these same items, in points.
    """

    accuracy: float
    within: float
    between: float | None
    correlation: float | None
    run_deviation: float


def pass_rates(right: Sequence[Sequence[bool | int]], k: int) -> tuple[float, float]:
    """pass@k and pass^k: percent of items of which at least one, and of which all, of k answers drawn are right.

    Example:
        >>> pass_rates([[1, 0, 0, 0], [1, 1, 1, 0]], 2)
        (75.0, 25.0)
    """
    counts = _counts(right, k)
    at_least_one = [1 - math.comb(n - c, k) / math.comb(n, k) for c, n in counts]
    every_one = [math.comb(c, k) / math.comb(n, k) for c, n in counts]
    return 100 * math.fsum(at_least_one) / len(counts), 100 * math.fsum(every_one) / len(counts)


def majority(votes: Sequence[Hashable]) -> tuple[Hashable, bool]:
    """The choice that most repeats of an item name, and whether several choices do.

    Votes are None where a repeat named none; the choice is None on a tie or without votes.

    Example:
        >>> majority(["a", "b", "a", None]), majority(["a", "b"])
        (('a', False), (None, True))
    """
    counts = Counter(vote for vote in votes if vote is not None)
    leaders = [choice for choice, count in counts.items() if count == max(counts.values())]
    return leaders[0] if len(leaders) == 1 else None, len(leaders) > 1


def spread(right: Sequence[Sequence[bool | int]]) -> Spread:
    """Variance of right and wrong answers within and between items, each asked equally often, at least twice.

    Example:
        >>> spread([[1, 1], [0, 0]]).correlation
        1.0
    """
    counts = _counts(right, 2)
    n, repeats = len(counts), counts[0][1]
    if any(size != repeats for _, size in counts):
        raise UsageError("items were asked different numbers of times", code="different-lengths")
    means = [c / repeats for c, _ in counts]
    overall = math.fsum(means) / n
    within = math.fsum(m * (1 - m) for m in means) * repeats / (n * (repeats - 1))
    between = None
    if n > 1:
        # The items' means vary by their own noise too; what is left after it may come out below zero.
        between = max(0.0, math.fsum((m - overall) ** 2 for m in means) / (n - 1) - within / repeats)
    total = None if between is None else between + within
    return Spread(
        accuracy=100 * sum(c for c, _ in counts) / (n * repeats),
        within=within,
        between=between,
        correlation=between / total if between is not None and total else None,
        run_deviation=100 * math.sqrt(within / n),
    )


def _counts(right: Sequence[Sequence[bool | int]], k: int) -> list[tuple[int, int]]:
    """Right answers and repeats of each item."""
    if k < 1:
        raise UsageError(f"at least one answer must be drawn; found k = {k}", code="bad-count")
    if not right:
        raise UsageError("there are no items", code="no-items")
    counts = []
    for item, row in enumerate(right):
        if len(row) < k:
            raise UsageError(f"item {item} was asked {len(row)} times, not {k}", code="too-few-repeats")
        if any(value not in (0, 1) for value in row):
            raise UsageError(f"item {item} scores {row!r}, not 0 or 1", code="not-right-or-wrong")
        counts.append((sum(map(int, row)), len(row)))
    return counts


@dataclass(frozen=True, slots=True)
class SlotShare:
    """One position in the order in which the choices were put.

    Attributes:
        slot: the place, counting from 1.
        named: percent of the answers that name it, of those that name any; 0 where none does.
        key: percent of the questions whose right choice stood in it.
        accuracy: percent right among those; None where there are none.
    """

    slot: int
    named: float
    key: float
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class SlotShares:
    """Answers by slot beside the key's own.

    Attributes:
        unnamed: answers that name no slot.
        distance: half the sum of |named - key|, percent: the part of the answers that would have to move for the
            slots to be used as the key uses them. 0 is no bias.
    """

    slots: tuple[SlotShare, ...]
    unnamed: int
    distance: float


def rotation_agreement(named: Sequence[Sequence[Hashable]]) -> tuple[float | None, float | None]:
    """Whether the rotations of an item name the same choice, right or not.

    Returns the mean over items of the share of pairs of rotations that name the same choice, and the items
    whose rotations all name one same choice, both percent; None where no item has two rotations. Rows may
    differ in length.

    Example:
        >>> rotation_agreement([["a", "a"], ["c", "b"]])
        (50.0, 50.0)
    """
    agreements = [_agreement(row) for row in named if len(row) > 1]
    if not agreements:
        return None, None
    return 100 * math.fsum(agreements) / len(agreements), 100 * agreements.count(1.0) / len(agreements)


def slot_shares(
    named_slots: Sequence[int | None], answer_slots: Sequence[int], choice_counts: Sequence[int]
) -> SlotShares:
    """Count answers by the slot that they name (None where none), counting from 0 in the order in which choices were put.

    `answer_slots` are those in which the questions' answers stood.

    Example:
        >>> slot_shares([0, 0, 0, 0], [0, 1, 2, 3], [4, 4, 4, 4]).distance
        75.0
    """
    n = len(named_slots)
    if not n or not n == len(answer_slots) == len(choice_counts):
        raise UsageError(
            f"{n} slots were named, of {len(answer_slots)} answers and {len(choice_counts)} questions",
            code="different-lengths" if n else "no-items",
        )
    for named, key, count in zip(named_slots, answer_slots, choice_counts, strict=True):
        if not 0 <= key < count or (named is not None and not 0 <= named < count):
            raise UsageError(f"slot {named} or {key} is none of {count} choices", code="bad-slot")
    uses = Counter(slot for slot in named_slots if slot is not None)
    keys = Counter(answer_slots)
    hits = Counter(key for named, key in zip(named_slots, answer_slots, strict=True) if named == key)
    slots = tuple(
        SlotShare(
            slot=slot + 1,
            named=100 * uses[slot] / max(1, uses.total()),
            key=100 * keys[slot] / n,
            accuracy=100 * hits[slot] / keys[slot] if keys[slot] else None,
        )
        for slot in range(max(choice_counts))
    )
    distance = math.fsum(abs(slot.named - slot.key) for slot in slots) / 2 if uses else 0.0
    return SlotShares(slots, n - uses.total(), distance)


def _agreement(row: Sequence[Hashable]) -> float:
    """Share of the pairs in a row of at least two that name the same choice."""
    pairs = sum(count * (count - 1) for count in Counter(c for c in row if c is not None).values())
    return pairs / (len(row) * (len(row) - 1))
