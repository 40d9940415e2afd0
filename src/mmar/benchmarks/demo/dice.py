"""Draws that fall the same on every machine and under every version of Python.

`random.Random` promises that only for `random()` and seeding, not for `shuffle` or `choice`, and numpy
promises no stream at all between versions. So the dice are their own: the state starts at the first
eight bytes of SHA-256("seed/label") and moves by splitmix64 (Steele, Lea & Flood, "Fast splittable
pseudorandom number generators", OOPSLA 2014). A label of its own for every question keeps the draws of
one from moving those of another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

__all__ = ["GOLDEN", "MIX_1", "MIX_2", "Dice"]

T = TypeVar("T")

# splitmix64's increment and multipliers; the noise generator uses the same ones.
GOLDEN = 0x9E3779B97F4A7C15
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB
_WORD = (1 << 64) - 1


class Dice:
    """A stream of draws that its seed and label fix for good.

    Args:
        seed: the benchmark's seed.
        label: what the draws are for, such as `beep-count/1`.
    """

    def __init__(self, seed: int, label: str) -> None:
        self._state = int.from_bytes(hashlib.sha256(f"{seed}/{label}".encode()).digest()[:8], "big")

    def bits(self) -> int:
        """64 fresh bits, as a number from 0 to 2⁶⁴ − 1."""
        self._state = (self._state + GOLDEN) & _WORD
        word = self._state
        word = ((word ^ (word >> 30)) * MIX_1) & _WORD
        word = ((word ^ (word >> 27)) * MIX_2) & _WORD
        return word ^ (word >> 31)

    def below(self, bound: int) -> int:
        """A whole number from 0 to `bound` − 1."""
        return (self.bits() * bound) >> 64

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.below(len(options))]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """All the options in a drawn order (Fisher and Yates)."""
        order = list(options)
        for last in range(len(order) - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order
