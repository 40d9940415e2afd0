"""The scorer `choice`: which choice was really named, and whether it is the right one.

The reading is the protocol's (`mmar.protocols.reading`); this is only the comparison with the key. Anything
but a choice is wrong, and its state says why. Nothing is guessed.
"""

from __future__ import annotations

from mmar.protocols import READING_VERSION, Reading

__all__ = ["CHOICE_VERSION", "is_right"]

CHOICE_VERSION = READING_VERSION


def is_right(reading: Reading, choices: tuple[str, ...], answer: str) -> bool:
    """Whether a reading names the right choice (by its text, so that a choice that stands twice is one)."""
    return reading.index is not None and choices[reading.index] == answer
