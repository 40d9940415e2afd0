"""What of a model's answer about the board is kept: only what has the form that pages and people need.

A model answers with whatever it likes: a string where a card was asked for, a number for a title, an idea that does not
exist. What cannot be used is left out here, before anything is kept; an answer of which nothing is left has failed.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from mmar.errors import InputError

__all__ = ["idea_cards", "idea_places", "words"]


def words(value: object, most: int) -> str:
    """A text on one line, of at most `most` characters; empty for anything else than text."""
    return " ".join(value.split())[:most] if isinstance(value, str) else ""


def idea_cards(found: Mapping[str, Any]) -> dict[str, Any]:
    """The cards of an answer to `ideas_prompt` that have a title.

    Raises:
        InputError: none has.
    """
    cards = []
    for one in found["ideas"]:
        title = words(one.get("title"), 300) if isinstance(one, dict) else ""
        if title:
            tags = one.get("tags")
            kept = [words(tag, 40) for tag in tags] if isinstance(tags, list) else []
            cards.append(
                {
                    "title": title,
                    "detail": words(one.get("detail"), 2_000),
                    "tags": [tag for tag in kept if tag],
                }
            )
    if not cards:
        raise InputError("the model named no idea with a title", field="ideas")
    return {"ideas": cards[:50]}


def idea_places(found: Mapping[str, Any], known: Container[int]) -> dict[str, Any]:
    """The places of an answer to `grouping_prompt` for ideas that are on the board, one for each idea.

    Raises:
        InputError: there is none.
    """
    places: dict[int, dict[str, Any]] = {}
    for one in found["places"]:
        if not isinstance(one, dict):
            continue
        number = str(one.get("idea", ""))
        idea = int(number) if number.isdecimal() and len(number) <= 12 else 0
        layer, _, sub = (part.strip() for part in words(one.get("place"), 300).partition("/"))
        if idea in known and layer:
            place = f"{layer} / {sub}" if sub else layer
            places.setdefault(idea, {"idea": idea, "place": place, "why": words(one.get("why"), 1_000)})
    if not places:
        raise InputError("the model gave no idea of the board a place", field="grouping")
    return {"places": list(places.values())}
