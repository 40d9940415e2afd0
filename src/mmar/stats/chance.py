"""What guessing scores.

A guesser scores 1/choices on each item, whatever the key; on MMAR that is 29.3 overall, not 25, because 171
items have two choices (the "Random Guess" row of the MMAR table, arXiv 2505.13032). Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mmar.errors import UsageError

__all__ = ["Chance", "guessing"]


@dataclass(frozen=True, slots=True)
class Chance:
    """The score of a guesser.

    Attributes:
        accuracy: expected percent, 0 to 100.
        standard_deviation: of one guesser's accuracy, in points.
        n: number of items.
    """

    accuracy: float
    standard_deviation: float
    n: int


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
        raise UsageError("there are no items to guess", code="no-items")
    if min(choice_counts) < 1:
        raise UsageError("every item needs at least one choice", code="bad-count")
    n = len(choice_counts)
    variance = math.fsum((count - 1) / count**2 for count in choice_counts)
    return Chance(100 * math.fsum(1 / count for count in choice_counts) / n, 100 * math.sqrt(variance) / n, n)
