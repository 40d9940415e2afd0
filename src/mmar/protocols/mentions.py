"""Which choices a running text names, and which it names only to deny them.

The longest choice is looked for first and masked where it stands, so that "Too much" is not found inside
"Too much, can't finish". A mention must begin and end at a word's edge; in "3:1", "3.5", "C#" and
"well-known" there is no edge inside.
"""

from __future__ import annotations

import msgspec

from mmar.protocols.denial import is_asked, is_denied
from mmar.protocols.patterns import pattern
from mmar.protocols.wording import ChoiceForms, plain

__all__ = ["Named", "is_bare", "is_edge", "named_choices", "place"]

_UNQUOTE = str.maketrans({"*": None, '"': None, "\n": " ; "})
_BARE = frozenset(("no", "yes", "a", "an", "i", "the", "it", "is", "none", "not", "and", "or", "all", "so"))
_OPENS = (" is", " be", " say", " or", " and", " either", "'s", " answer", " choose", " select", " pick")
_GOES_ON = pattern(r"\s(?:because|since|as|or|and|but)\b|\s[/|&]")
# "One" as a pronoun: "one of them", "no one", "the first one".
_ONE_BEFORE = pattern(
    r"\b(?:the|no|this|that|each|any|every|some|first|second|third|last|other|which|another|right|same)\s$"
)
_ONE_AFTER = pattern(r"\s(?:of|another|can|could|might|may|would|who|that|by|after|or\smore)\b")


class Named(msgspec.Struct, frozen=True):
    """The choices that a text names.

    Attributes:
        affirmed: 0-based indices of those named at least once without denial, ascending.
        denied: those named only to be denied, supposed or asked about.
    """

    affirmed: tuple[int, ...]
    denied: tuple[int, ...]


_NOBODY = Named((), ())


def named_choices(text: str, known: ChoiceForms) -> Named:
    """Find the choices that a text names.

    Args:
        text: cleaned text, any length.
        known: the question's choices.
    """
    if "\n" in text or '"' in text or "*" in text:
        text = text.translate(_UNQUOTE)
    text, found = _mentions(plain(text), known)
    if not found:
        return _NOBODY
    asks = "?" in text
    affirmed: set[int] = set()
    denied: set[int] = set()
    for start, end, at in found:
        if at in affirmed:
            continue
        if is_denied(text, start, end) or (asks and known.plains[at][-1] != "?" and is_asked(text, end)):
            denied.add(at)
        else:
            affirmed.add(at)
    return Named(tuple(sorted(affirmed)), tuple(sorted(denied - affirmed)))


def _mentions(text: str, known: ChoiceForms) -> tuple[str, list[tuple[int, int, int]]]:
    """The text with every mention masked, and where each began and ended and of which choice it is."""
    found: list[tuple[int, int, int]] = []
    for at in known.by_length:
        choice, tail = known.looses[at], known.tails[at]
        start = text.find(choice)
        pieces: list[str] = []
        done = 0
        while start >= 0:
            end = start + len(choice)
            if is_edge(text, start) and is_edge(text, end) and _counts(choice, text, start, end):
                if tail and text.startswith(tail, end):
                    end += len(tail)
                found.append((start, end, at))
                pieces += text[done:start], "\0" * (end - start)
                done = end
                start = text.find(choice, end)
            else:
                start = text.find(choice, start + 1)
        # Masked, so that neither a shorter choice nor a denial is found inside this one.
        if pieces:
            text = "".join((*pieces, text[done:]))
    return text, found


def place(choice: str, text: str) -> int:
    """Where a choice first stands in a text as words of its own, -1 for nowhere; both in plain or loose form."""
    start = text.find(choice)
    while start >= 0 and not (is_edge(text, start) and is_edge(text, start + len(choice))):
        start = text.find(choice, start + 1)
    return start


def is_edge(text: str, at: int) -> bool:
    """Whether a word may begin or end between `text[at - 1]` and `text[at]`."""
    if at <= 0 or at >= len(text):
        return True
    left, right = text[at - 1], text[at]
    if _joins(left):
        if _joins(right) or right in "#+%°":
            return False
        return not (at + 1 < len(text) and _linked(left, right, text[at + 1]))
    if _joins(right) and at >= 2 and _linked(text[at - 2], left, right):
        return False
    return not (left == "-" and right.isdigit())


def is_bare(choice: str, text: str, start: int, end: int) -> bool:
    """Whether a choice is a word as common as "no" or "a" and does not stand as a clause of its own there."""
    if choice not in _BARE and not (len(choice) == 1 and choice.isalpha() and choice.isascii()):
        return False
    before, after = f" {text[max(0, start - 20) : start]}".rstrip(), text[end : end + 1]
    opens = not before or before[-1] in ".;:!?,(['/|&" or before.endswith(_OPENS)
    return not (opens and (not after or after in ".;:!?,)]'" or _GOES_ON.match(text, end)))


def _counts(choice: str, text: str, start: int, end: int) -> bool:
    if choice == "one":
        return not (_ONE_BEFORE.search(text[max(0, start - 20) : start]) or _ONE_AFTER.match(text, end))
    return not is_bare(choice, text, start, end)


def _joins(mark: str) -> bool:
    # Scripts written without spaces (from CJK radicals on) have an edge at every character.
    return mark.isalnum() and mark < "\u2e80"


def _linked(left: str, link: str, right: str) -> bool:
    if link in "-'":
        return _joins(left) and _joins(right)
    return link in ".:,/" and left.isdigit() and right.isdigit()
