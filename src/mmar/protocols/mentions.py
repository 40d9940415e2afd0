"""Which choices a running text names, and which it names only to deny them.

The longest choice is looked for first and masked where it stands, so that "Too much" is not found inside
"Too much, can't finish". A mention must begin and end at a word's edge; in "3:1", "3.5", "C#" and
"well-known" there is no edge inside.
"""

from __future__ import annotations

import re

import msgspec

from mmar.protocols.wording import ChoiceForms, plain

__all__ = ["Named", "is_edge", "named_choices"]

_UNQUOTE = str.maketrans({"*": None, '"': None, "\n": " ; "})
_CLAUSE = re.compile(r"[;!?,]|[.:](?=\s)|\bbut\b|\bhowever\b|\bso\b")
_BEFORE = re.compile(
    r"\b(?:not|never|no|nor|neither|cannot|without|unlike|except|excluding|excludes?|excluded|than|instead of"
    r"|rul(?:e|es|ed|ing) out|eliminat\w*|reject\w*|incorrect|wrong)\b|n't\b|不是|不"
)
_AFTER = re.compile(
    r"""\s*(?:(?:is|are|was|were|seems?|would\sbe|can\sbe|could\sbe|must\sbe|has\sbeen|does|do|did|can|could|would)\s*)?
        (?:clearly\s|definitely\s|also\s)?
        (?:n't\b|not\b|cannot\b|incorrect|wrong|false\b|unlikely|impossible|implausible|ruled\sout|excluded|eliminated|out\sof\sthe\squestion)""",
    re.VERBOSE,
)
_BARE = frozenset(("no", "yes", "a", "an", "i", "the", "it", "is", "none", "not", "and", "or", "all", "so"))
_WINDOW = 90


class Named(msgspec.Struct, frozen=True):
    """The choices that a text names.

    Attributes:
        affirmed: 0-based indices of those named at least once without denial, ascending.
        denied: those named only to be denied.
    """

    affirmed: tuple[int, ...]
    denied: tuple[int, ...]


def named_choices(text: str, known: ChoiceForms) -> Named:
    """Find the choices that a text names.

    Args:
        text: cleaned text, any length.
        known: the question's choices.
    """
    text = plain(text.translate(_UNQUOTE))
    found: list[tuple[int, int, int]] = []
    for at in known.by_length:
        choice = known.looses[at]
        if known.loose.get(choice) != at:
            continue
        start = text.find(choice)
        if start < 0:
            continue
        width = len(choice)
        bare = choice in _BARE or (width == 1 and choice.isalpha())
        mask = "\0" * width
        pieces: list[str] = []
        done = 0
        while start >= 0:
            end = start + width
            if is_edge(text, start) and is_edge(text, end) and (not bare or _stands_alone(text, start, end)):
                found.append((start, end, at))
                pieces += text[done:start], mask
                done = end
            start = text.find(choice, end)
        # Masked, so that neither a shorter choice nor a denial is found inside this one.
        text = "".join((*pieces, text[done:]))
    affirmed: set[int] = set()
    denied: set[int] = set()
    for start, end, at in found:
        (denied if _is_denied(text, start, end) else affirmed).add(at)
    return Named(tuple(sorted(affirmed)), tuple(sorted(denied - affirmed)))


def is_edge(text: str, at: int) -> bool:
    """Whether a word may begin or end between `text[at - 1]` and `text[at]`."""
    if at <= 0 or at >= len(text):
        return True
    left, right = text[at - 1], text[at]
    if _joins(left) and _joins(right):
        return False
    if _joins(left):
        if right in "#♯+%°":
            return False
        return not (at + 1 < len(text) and _linked(left, right, text[at + 1]))
    if _joins(right) and at >= 2:
        return not _linked(text[at - 2], left, right) and not (left == "-" and right.isdigit())
    return not (left == "-" and right.isdigit())


def _joins(mark: str) -> bool:
    # Scripts written without spaces (from CJK radicals on) have an edge at every character.
    return mark.isalnum() and mark < "\u2e80"


def _linked(left: str, link: str, right: str) -> bool:
    if link in "-'":
        return _joins(left) and _joins(right)
    return link in ".:,/" and left.isdigit() and right.isdigit()


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a word as common as "no" stands as a clause of its own, so that it can be an answer."""
    before, after = text[max(0, start - _WINDOW) : start].rstrip(), text[end : end + 1]
    opens = not before or before[-1] in ".;:!?,(" or before.endswith((" is", " be", " say", " or"))
    return opens and (not after or after in ".;:!?,)" or text.startswith(" or ", end))


def _is_denied(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - _WINDOW) : start]
    cut = 0
    for clause in _CLAUSE.finditer(before):
        cut = clause.end()
    return _BEFORE.search(before, cut) is not None or _AFTER.match(text[end : end + _WINDOW]) is not None
