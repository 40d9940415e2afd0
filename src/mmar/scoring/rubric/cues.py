"""Cue coverage: the share of the reference's cues that a model's reasoning mentions. A measure of this project.

A cue counts as mentioned when at least half of its content words, by their first five letters, stand in the reasoning
or the answer. It needs no judge, and says nothing of whether the cue was used well.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import msgspec

from mmar.scoring.rubric.submissions import Submission

__all__ = ["CueCoverage", "cue_coverage", "mentioned"]

_WORD = re.compile(r"[^\W_]+")
_STEM = 5
_FUNCTION_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "for",
        "from",
        "has",
        "have",
        "in",
        "is",
        "it",
        "its",
        "of",
        "on",
        "or",
        "that",
        "the",
        "their",
        "there",
        "they",
        "this",
        "to",
        "was",
        "were",
        "which",
        "who",
        "with",
        "not",
    ]
)


class CueCoverage(msgspec.Struct, frozen=True):
    """Mean share of cues mentioned, percent.

    Attributes:
        right: over items whose answer passed the gate; `None` where there are none.
        wrong: over the other answered items; `None` where there are none.
        items: number of items with cues and an answer.
    """

    right: float | None
    wrong: float | None
    items: int


def cue_coverage(submissions: Sequence[Submission]) -> CueCoverage | None:
    """Cue coverage of right and of wrong answers; `None` where no item has cues."""
    shares: dict[bool, list[float]] = {True: [], False: []}
    for each in submissions:
        cues = [cue for cue in each.item.cue or () if _stems(cue)]
        if cues and each.prediction is not None:
            text = f"{each.reasoning}\n{each.prediction}"
            shares[each.passes].append(sum(mentioned(cue, text) for cue in cues) / len(cues))
    if not (shares[True] or shares[False]):
        return None
    right, wrong = (100 * math.fsum(row) / len(row) if row else None for row in (shares[True], shares[False]))
    return CueCoverage(right, wrong, len(shares[True]) + len(shares[False]))


def mentioned(cue: str, text: str) -> bool:
    """Whether a text mentions a cue.

    Example:
        >>> mentioned("rapid footsteps on gravel", "Footsteps are heard on a gravelly path.")
        True
    """
    stems = _stems(cue)
    return bool(stems) and 2 * len(stems & _stems(text)) >= len(stems)


def _stems(text: str) -> set[str]:
    """First letters of the content words; a text without spaces between words counts by character pairs."""
    stems = set()
    for word in _WORD.findall(text.casefold()):
        if word.isascii():
            if word not in _FUNCTION_WORDS:
                stems.add(word[:_STEM])
        else:
            stems.update(word[index : index + 2] for index in range(max(1, len(word) - 1)))
    return stems
