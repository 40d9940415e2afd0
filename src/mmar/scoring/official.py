r"""The published scoring rule, exact, faults included (MMAR's evaluation script, which is MMAU's).

Answer, prediction and choices become sets of lower-case words (runs of `\\w`). A prediction is right when it
has a word at all, holds every word of the answer, and holds no word that a wrong choice has and the answer
has not. So word order and repetition do not count, a letter is never right, and "It is not X" is right for X.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

__all__ = ["OFFICIAL_VERSION", "Key", "official_key", "official_match", "official_reason"]

OFFICIAL_VERSION = 1

_WORD = re.compile(r"\w+")
_LONG = 1 << 20
# By code, ASCII alone: lower case, and a blank for what is no part of a word.
_ASCII_WORDS = "".join(
    mark.lower() if mark.isalnum() or mark == "_" else " " for mark in map(chr, range(128))
)


def _words(text: str) -> Collection[str]:
    r"""The runs of `\w` of a text in lower case; for ASCII, what the pattern finds, in half the time."""
    if len(text) > _LONG:
        # Ten million words of one answer, one at a time: few of them are different.
        return {match[0] for match in _WORD.finditer(text.lower())}
    return text.translate(_ASCII_WORDS).split() if text.isascii() else _WORD.findall(text.lower())


class Key:
    """What the rule wants of a prediction.

    Args:
        answer: the right choice's text.
        choices: all choices.

    Attributes:
        wanted: the words that must stand in a prediction.
    """

    __slots__ = ("_answer", "_choices", "_unwanted", "wanted")

    def __init__(self, answer: str, choices: tuple[str, ...]) -> None:
        self._answer, self._choices = answer, choices
        self.wanted = frozenset(_words(answer))
        self._unwanted: frozenset[str] | None = None

    @property
    def unwanted(self) -> frozenset[str]:
        """The words that must not stand in one; made when first asked for, since most wrong answers lack a wanted one."""
        if self._unwanted is None:
            others = (choice for choice in self._choices if choice is not self._answer)
            self._unwanted = frozenset(word for choice in others for word in _words(choice)) - self.wanted
        return self._unwanted

    def accepts(self, prediction: str) -> bool:
        """Whether the rule calls a prediction right."""
        lower = prediction.lower()
        wanted = self.wanted
        for word in wanted:
            if word not in lower:
                return False  # not even as part of a word
        if prediction == self._answer:
            return bool(wanted)  # its words are those of the answer and no others
        present = frozenset(_words(prediction))
        return bool(present) and wanted <= present and self.unwanted.isdisjoint(present)


@lru_cache(maxsize=4096)
def official_key(answer: str, choices: tuple[str, ...]) -> Key:
    """Prepare a question (cached: a benchmark's questions come again and again)."""
    return Key(answer, choices)


def official_match(answer: str, prediction: str, choices: tuple[str, ...]) -> bool:
    """Whether the published rule calls a prediction right.

    Args:
        answer: the right choice's text.
        prediction: the model's text.
        choices: all choices, the right one among them.

    Example:
        >>> official_match("3:1", "1:3", ("3:1", "1:3"))
        True
    """
    return official_key(answer, choices).accepts(prediction)


def official_reason(answer: str, prediction: str, choices: tuple[str, ...]) -> str:
    """Why the published rule says what it says, one phrase."""
    key = official_key(answer, choices)
    present = set(_words(prediction))
    if not present:
        return "no word"
    if lacking := key.wanted - present:
        return f"lacks {_list(lacking)}"
    if foreign := present & key.unwanted:
        return f"has {_list(foreign)} of a wrong choice"
    return "every word of the answer, none of a wrong choice alone"


def _list(words: set[str] | frozenset[str]) -> str:
    shown = sorted(words)
    return ", ".join(f'"{word}"' for word in shown[:3]) + (" …" if len(shown) > 3 else "")
