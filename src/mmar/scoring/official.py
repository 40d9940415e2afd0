r"""The published scoring rule, exact, faults included (MMAR's evaluation script, which is MMAU's).

Answer, prediction and choices become sets of lower-case words (runs of `\\w`). A prediction is right when it
has a word at all, holds every word of the answer, and holds no word that a wrong choice has and the answer
has not. So word order and repetition do not count, a letter is never right, and "It is not X" is right for X.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

import msgspec

__all__ = ["OFFICIAL_VERSION", "Key", "official_key", "official_match", "official_reason"]

OFFICIAL_VERSION = 1

_WORD = re.compile(r"\w+")
_LONG = 1 << 20
_ASCII_GAPS = str.maketrans(
    {chr(code): " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
)


def _words(text: str) -> Collection[str]:
    r"""The runs of `\w` of a text in lower case; for ASCII, what the pattern finds, in half the time."""
    text = text.lower()
    if len(text) > _LONG:
        # Ten million words of one answer, one at a time: few of them are different.
        return {match[0] for match in _WORD.finditer(text)}
    return text.translate(_ASCII_GAPS).split() if text.isascii() else _WORD.findall(text)


class Key(msgspec.Struct, frozen=True):
    """What the rule wants of a prediction.

    Attributes:
        wanted: the words that must stand in it.
        unwanted: the words that must not.
    """

    wanted: frozenset[str]
    unwanted: frozenset[str]

    def accepts(self, prediction: str) -> bool:
        """Whether the rule calls a prediction right."""
        said = _words(prediction)
        return bool(said) and self.wanted.issubset(said) and self.unwanted.isdisjoint(said)


@lru_cache(maxsize=4096)
def official_key(answer: str, choices: tuple[str, ...]) -> Key:
    """Prepare a question (cached: a benchmark's questions come again and again)."""
    wanted = frozenset(_words(answer))
    unwanted: set[str] = set()
    for choice in choices:
        unwanted.update(_words(choice))
    return Key(wanted, frozenset(unwanted - wanted))


def official_match(answer: str, prediction: str, choices: tuple[str, ...]) -> bool:
    """Whether the published rule calls a prediction right.

    Args:
        answer: the right choice's text.
        prediction: what the model said.
        choices: all choices, the right one among them.

    Example:
        >>> official_match("3:1", "1:3", ("3:1", "1:3"))
        True
    """
    return official_key(answer, choices).accepts(prediction)


def official_reason(answer: str, prediction: str, choices: tuple[str, ...]) -> str:
    """Why the published rule says what it says, one phrase."""
    key = official_key(answer, choices)
    said = set(_words(prediction))
    if not said:
        return "no word"
    if lacking := key.wanted - said:
        return f"lacks {_list(lacking)}"
    if foreign := said & key.unwanted:
        return f"has {_list(foreign)} of a wrong choice"
    return "every word of the answer, none of a wrong choice alone"


def _list(words: set[str] | frozenset[str]) -> str:
    shown = sorted(words)
    return ", ".join(f"“{word}”" for word in shown[:3]) + (" …" if len(shown) > 3 else "")
