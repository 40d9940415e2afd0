"""Comparing and quoting texts; compared as answers are (`mmar.protocols.reading.text`)."""

from __future__ import annotations

import re
from functools import lru_cache

from mmar.items import Item
from mmar.protocols.reading.text import loose, normalise, plain

__all__ = ["key_of", "names", "printable", "quoted", "same", "stray_space"]

_STRAY = re.compile(r"^\s+|\s+$|\s{2,}|[^\S ]")
_AROUND = 24
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@lru_cache(maxsize=8192)
def same(text: str) -> str:
    """A normal form: texts that differ in case, quotes, dashes, white space or final punctuation have the same."""
    return loose(plain(normalise(text)[0]))


def names(text: str, phrase: str) -> bool:
    """Whether a text contains a phrase as whole words.

    In scripts without spaces, every character is a word boundary.

    Example:
        >>> names('He is "Not Amused"!', "not amused."), names("Notes", "no")
        (True, False)
    """
    wanted, within = same(phrase), plain(normalise(text)[0])
    at = within.find(wanted) if wanted else -1
    while at >= 0:
        before, after = within[at - 1 : at], within[at + len(wanted) : at + len(wanted) + 1]
        if not (_joins(before, wanted[0]) or _joins(wanted[-1], after)):
            return True
        at = within.find(wanted, at + 1)
    return False


def _joins(left: str, right: str) -> bool:
    """Whether two neighbouring characters belong to one word."""
    return left.isalnum() and right.isalnum() and left < "\u2e80" and right < "\u2e80"


def quoted(text: str, limit: int = 60) -> str:
    """A text in quotation marks on one line, shortened for a message."""
    line = text.replace("\n", "⏎").replace("\t", "⇥")
    return f'"{line}"' if len(line) <= limit else f'"{line[: limit - 1]}…"'


def printable(text: str) -> str:
    """A text without control characters and direction marks, which a terminal would act on; each becomes `�`."""
    return _CONTROL.sub("\ufffd", text)


def stray_space(text: str) -> str | None:
    """The first superfluous white space, in its context.

    Args:
        text: any text.

    Returns:
        `None` if words are separated by single spaces and there is none at the ends.

    Example:
        >>> stray_space("Connor "), stray_space("two words")
        ('"Connor␣"', None)
    """
    found = _STRAY.search(text)
    if found is None:
        return None
    start, end = found.span()
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    shown = "".join({"\n": "⏎", "\t": "⇥"}.get(mark, "␣") for mark in found[0])
    left = "…" if start > _AROUND else ""
    right = "…" if end + _AROUND < len(text) else ""
    return f'"{left}{before}{shown}{after}{right}"'.replace("\n", "⏎")


def key_of(item: Item) -> str:
    """The answer of an item that has one, as those of `Subject.keyed` do."""
    assert item.answer is not None
    return item.answer
