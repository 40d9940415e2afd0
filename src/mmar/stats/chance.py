"""What an accuracy is worth: the scores of those who do not listen at all.

A guesser scores 1/choices on each item, whatever the key; on MMAR that is 29.3 overall, not 25, because 171
items have two choices (the "Random Guess" row of the MMAR table, arXiv 2505.13032). One who always takes the
same slot, or the longest text, scores what the benchmark's own habits give away. Choices may number anything
from 2; nothing here assumes four. Accuracies in percent, 0 to 100. Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mmar.errors import UsageError

__all__ = ["Chance", "Habit", "always_first", "always_longest", "always_slot", "guessing"]


@dataclass(frozen=True, slots=True)
class Chance:
    """The score of a guesser.

    Attributes:
        accuracy: expected percent, 0 to 100.
        standard_deviation: how far one guesser's accuracy typically lies from it, in points.
        n: number of items.
    """

    accuracy: float
    standard_deviation: float
    n: int


@dataclass(frozen=True, slots=True)
class Habit:
    """The score of one who follows a fixed rule.

    Attributes:
        accuracy: percent, 0 to 100.
        right: items right; not whole where the rule leaves a tie, which counts as a guess would on average.
        n: number of items.
        open_to: items on which the rule can be followed at all; on the others it is wrong.
    """

    accuracy: float
    right: float
    n: int
    open_to: int


def guessing(choice_counts: Sequence[int]) -> Chance:
    """Expected score of guessing evenly among each item's choices.

    Args:
        choice_counts: number of choices of each item, each at least 1.

    Returns:
        Expected accuracy in percent, standard deviation in points.

    Raises:
        UsageError: no items, or an item without choices.

    Example:
        >>> guessing([2, 4]).accuracy
        37.5
    """
    if not choice_counts:
        raise UsageError("there are no items to guess")
    for item, count in enumerate(choice_counts):
        if count < 1:
            raise UsageError(f"item {item} (counting from 0) has {count} choices")
    n = len(choice_counts)
    variance = math.fsum((count - 1) / count**2 for count in choice_counts)
    return Chance(100 * math.fsum(1 / count for count in choice_counts) / n, 100 * math.sqrt(variance) / n, n)


def always_slot(choice_counts: Sequence[int], answer_slots: Sequence[int], slot: int) -> Habit:
    """Score of always naming the choice in one slot.

    Args:
        choice_counts: number of choices of each item.
        answer_slots: slot of each item's answer, counting from 0.
        slot: slot to name, counting from 0; negative counts from the end, -1 being the last.

    Returns:
        Accuracy in percent. An item too short to have the slot is wrong.

    Raises:
        UsageError: no items, lengths that differ, or an answer outside its item's choices.
    """
    _check_key(choice_counts, answer_slots)
    named = [slot if slot >= 0 else count + slot for count in choice_counts]
    right = sum(here == answer for here, answer in zip(named, answer_slots, strict=True))
    open_to = sum(0 <= here < count for here, count in zip(named, choice_counts, strict=True))
    return Habit(100 * right / len(named), right, len(named), open_to)


def always_first(choice_counts: Sequence[int], answer_slots: Sequence[int]) -> Habit:
    """Score of always naming the first choice; see `always_slot`."""
    return always_slot(choice_counts, answer_slots, 0)


def always_longest(choices: Sequence[Sequence[str]], answer_slots: Sequence[int]) -> Habit:
    """Score of always naming the choice with the most characters.

    Args:
        choices: texts of each item's choices.
        answer_slots: slot of each item's answer, counting from 0.

    Returns:
        Accuracy in percent. Among several longest choices a guess is assumed: an item whose answer is one of
        t counts 1/t.

    Raises:
        UsageError: no items, lengths that differ, or an answer outside its item's choices.
    """
    _check_key([len(texts) for texts in choices], answer_slots)
    wins = []
    for texts, answer in zip(choices, answer_slots, strict=True):
        lengths = [len(text) for text in texts]
        longest = max(lengths)
        wins.append(1 / lengths.count(longest) if lengths[answer] == longest else 0.0)
    right = math.fsum(wins)
    return Habit(100 * right / len(wins), right, len(wins), len(wins))


def _check_key(choice_counts: Sequence[int], answer_slots: Sequence[int]) -> None:
    if not choice_counts:
        raise UsageError("there are no items to answer")
    if len(choice_counts) != len(answer_slots):
        raise UsageError(f"{len(choice_counts)} items have {len(answer_slots)} answers")
    for item, (count, answer) in enumerate(zip(choice_counts, answer_slots, strict=True)):
        if not 0 <= answer < count:
            raise UsageError(
                f"item {item} (counting from 0) has {count} choices, and its answer is in slot {answer}"
            )
