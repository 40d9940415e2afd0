"""Groups of answers that name no choice, by what keeps them from naming one."""

from __future__ import annotations

from collections.abc import Sequence

from mmar.protocols.reading.rules import Reading

__all__ = ["SHAPES", "shape_of"]

SHAPES: dict[str, str] = {
    "cut-off": "the answer ends before it names a choice",
    "only-thinking": "reasoning, and no answer behind it",
    "several-choices": "more than one choice is named",
    "letter-against-text": "a letter stands beside the text of another choice",
    "list-of-options": "several options are described and none is chosen",
    "only-negated": "a choice is named only to be denied or supposed",
    "taken-back": "an answer is taken back and no other follows",
    "no-such-letter": "a letter that no choice has",
    "refusal": "the answer declines",
    "another-language": "words in another script than the choices, which name none",
    "no-choice": "words that name no choice",
    "empty": "an empty answer",
}
"""Name of each group, and what its answers have in common."""


def shape_of(reading: Reading, choices: Sequence[str]) -> str:
    """The group of an answer that names no choice.

    Args:
        reading: of the answer; its state is `unresolved` or `refused`.
        choices: the choices as they were put.

    Returns:
        One of `SHAPES`.
    """
    rule = reading.rule
    if rule == "no-choice" and _is_foreign(reading.text) and not any(map(_is_foreign, choices)):
        return "another-language"
    return rule if rule in SHAPES else "no-choice"


def _is_foreign(text: str) -> bool:
    """Whether most letters of a text are not Latin."""
    letters = [mark for mark in text[:2000] if mark.isalpha()]
    return sum(mark > "\u024f" for mark in letters) * 2 > len(letters)
