"""What the items without an answer can change.

A failed request or a missing prediction is neither right nor wrong. The point estimate counts it wrong, so
the denominator stays the benchmark's size; the bounds say what the accuracy would be if every such item were
wrong, and if every one were right (Manski 1989's worst-case bounds). They are facts about this run, not an
interval of confidence. Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass

from mmar.errors import UsageError

__all__ = ["Bounds", "bounds"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Accuracy with every unanswered item wrong, and with every one right.

    Attributes:
        low: percent, 0 to 100, unanswered items wrong; also the point estimate.
        high: percent, 0 to 100, unanswered items right.
        unanswered: number of items that failed or are missing.
        n: number of items of the benchmark.
    """

    low: float
    high: float
    unanswered: int
    n: int


def bounds(correct: int, unanswered: int, n: int) -> Bounds:
    """Bounds of the accuracy under failures.

    Args:
        correct: number of right answers.
        unanswered: number of items whose request failed or whose prediction is missing. An answer that names
            no choice is an answer, and wrong; it does not belong here.
        n: number of items of the benchmark.

    Returns:
        Both ends in percent, 0 to 100; equal when nothing is unanswered.

    Raises:
        UsageError: no items, a negative count, or more right and unanswered items than items.

    Example:
        >>> bounds(600, 50, 1000)
        Bounds(low=60.0, high=65.0, unanswered=50, n=1000)
    """
    if n < 1:
        raise UsageError(f"an accuracy needs at least one item; found {n}")
    if correct < 0 or unanswered < 0 or correct + unanswered > n:
        raise UsageError(f"{correct} right and {unanswered} unanswered do not fit into {n} items")
    return Bounds(100 * correct / n, 100 * (correct + unanswered) / n, unanswered, n)
