"""Punctuation between the words of an answer, and the edges of words."""

from __future__ import annotations

from functools import lru_cache

from mmar.protocols.reading.patterns import pattern
from mmar.protocols.reading.text import BOUNDARY

__all__ = ["is_edge", "neighbour", "punctuation_of"]

_PUNCTUATION = {
    ".": ".", "!": ".", "。": ".", ";": ".", "؟": "?", "?": "?", "।": ".", "،": ",", "؛": ".",
    "\n": "|", "|": "|", BOUNDARY: "|", "\x1e": "-", ",": ",", "、": ",", ":": ":", "=": ":", "→": ":",
    "⇒": ":", "➔": ":", "➡": ":", "(": "(", "[": "(", "{": "(", "【": "(", ")": ")", "]": ")", "}": ")", "】": ")",
    "/": "/", "&": "&", "+": "&", "\t": "|", "#": "|", "@": "|",
}  # fmt: skip


_ARROW = pattern(r"[-=]+>")


@lru_cache(maxsize=4096)
def punctuation_of(gap: str) -> tuple[tuple[str, int, int], ...]:
    """The symbols of what stands between two words, each with its offset and length."""
    found: list[tuple[str, int, int]] = []
    place, size = 0, len(gap)
    while place < size:
        mark = gap[place]
        if mark in "-=" and (arrow := _ARROW.match(gap, place)):
            found.append((":", place, arrow.end() - place))
            place = arrow.end()
            continue
        if mark == "-":
            run = place
            while run < size and gap[run] == "-":
                run += 1
            spaced = (place == 0 or gap[place - 1].isspace()) and (
                run >= size or gap[run].isspace() or gap[run] in "*_\"'("
            )
            bullet = not found or found[-1][0] == "|"
            if (spaced and not (bullet and "\n" in gap[:place])) or run - place > 1:
                found.append(("-", place, run - place))
            place = run
            continue
        symbol = _PUNCTUATION.get(mark)
        if symbol is not None and not (found and found[-1][0] == symbol and symbol in ".?|"):
            found.append((symbol, place, 1))
        place += 1
    return tuple(found)


def _short(gap: str) -> str:
    """A long run of punctuation, cut down."""
    return gap[:64]


def is_edge(text: str, place: int) -> bool:
    """Whether a word may begin or end at a place of a text."""
    if place <= 0 or place >= len(text):
        return True
    left, right = text[place - 1], text[place]
    if _joins(left):
        if _joins(right) or right in "#%°" or (right == "+" and not text[place + 1 : place + 2].isspace()):
            return False
        return not (place + 1 < len(text) and _linked(left, right, text[place + 1]))
    if _joins(right) and place >= 2 and _linked(text[place - 2], left, right):
        return False
    return not (left == "-" and right.isdigit() and not text[max(0, place - 2) : place - 1].isspace())


def _joins(mark: str) -> bool:
    return mark.isalnum() and mark < "\u2e80"


def _linked(left: str, link: str, right: str) -> bool:
    if link in "-'":
        return _joins(left) and _joins(right)
    return link in ".:,/" and left.isdigit() and right.isdigit()


def neighbour(text: str, place: int, step: int) -> str:
    """The next character that is neither blank nor emphasis, "" at the end."""
    for _ in range(4):
        if not 0 <= place < len(text):
            return ""
        if text[place] not in "*\"'_$":
            return text[place]
        place += step
    return ""
