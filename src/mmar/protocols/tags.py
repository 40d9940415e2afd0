"""Finding `<name>…</name>` in a model's text: any case, spaces allowed inside the brackets, an end that may be missing."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

import msgspec

__all__ = ["Tag", "find_tag", "find_tags"]


class Tag(msgspec.Struct, frozen=True):
    """Where a tag stands, as indices into the text.

    Attributes:
        start: of the opening tag.
        begin: of the content.
        end: of the content; the text's end where the tag is never closed.
        stop: behind the closing tag.
    """

    start: int
    begin: int
    end: int
    stop: int


def find_tag(text: str, name: str, which: Literal["first", "last"] = "last") -> Tag | None:
    """The first or the last tag of a name."""
    tags = find_tags(text, name, 1, which)
    return tags[0] if tags else None


def find_tags(text: str, names: str, most: int, which: Literal["first", "last"] = "last") -> list[Tag]:
    """Tags of one of several names.

    Args:
        text: any length; the work is linear in it.
        names: joined by `|`.
        most: how many to give back.
        which: from which end to count.

    Returns:
        The outermost one first: the first, or the last.
    """
    if "<" not in text:
        return []
    opening, closings = _patterns(names)
    found = list(opening.finditer(text))
    tags = []
    for match in found[:most] if which == "first" else found[: -most - 1 : -1]:
        close = closings[(match.lastindex or 1) - 1].search(text, match.end())
        end, stop = (close.start(), close.end()) if close else (len(text), len(text))
        tags.append(Tag(match.start(), match.end(), end, stop))
    return tags


@lru_cache(maxsize=64)
def _patterns(names: str) -> tuple[re.Pattern[str], list[re.Pattern[str]]]:
    each = [re.escape(name) for name in names.split("|")]
    either = "|".join(f"({name})" for name in each)
    closings = [re.compile(rf"<\s{{0,3}}/\s{{0,3}}{name}\s{{0,3}}>", re.IGNORECASE) for name in each]
    return re.compile(rf"<\s{{0,3}}(?:{either})\s{{0,3}}>", re.IGNORECASE), closings
