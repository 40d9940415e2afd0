"""Holm's correction: several tests, one claim.

Seven modalities tested at 0.05 show a difference by luck in three of ten pairs of equal runs. Holm 1979
(Scand. J. Stat. 6:65) keeps the chance of even one false claim within the family below the level, whatever
the dependence between the tests. The family is declared before looking: here the 7 modalities, the 4 layers,
or the 16 sub-categories. Standard library only.
"""

from __future__ import annotations

from collections.abc import Sequence

from mmar.errors import UsageError

__all__ = ["holm"]


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjust the p-values of one family.

    Args:
        p_values: p-values, each 0 to 1.

    Returns:
        Adjusted p-values in the order given, each 0 to 1; compare them with the level itself. An empty family
        stays empty.

    Raises:
        UsageError: a p-value outside 0 to 1.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        (0.03, 0.06, 0.06)
    """
    for place, p in enumerate(p_values):
        if not 0 <= p <= 1:
            raise UsageError(f"a p-value lies between 0 and 1; number {place} (counting from 0) is {p}")
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return tuple(adjusted)
