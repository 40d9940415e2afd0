"""A model's answer about the board: what cannot be shown or used is never kept."""

from __future__ import annotations

import json

import pytest

from mmar.errors import InputError
from mmar.studio.jobs.prompts import read_reply


def said(**found: object) -> str:
    return f"Here you are: {json.dumps(found)}"


def test_only_cards_with_a_title_are_kept_with_texts_and_tags_in_the_form_that_pages_need() -> None:
    ideas = [
        "just a string",
        {"title": 7, "detail": "a number"},
        {"detail": "no title"},
        None,
        {"title": " Which engine\nstarts first? ", "tags": "order"},
        {"title": "Echo", "detail": ["x"], "tags": ["space", 4, "  "]},
    ]
    assert read_reply("ideas", said(ideas=ideas), None) == {
        "ideas": [
            {"title": "Which engine starts first?", "detail": "", "tags": []},
            {"title": "Echo", "detail": "", "tags": ["space"]},
        ]
    }
    with pytest.raises(InputError, match="no idea with a title"):
        read_reply("ideas", said(ideas=["a", {"title": ""}]), None)


def test_only_ideas_of_the_board_get_places_and_each_only_one() -> None:
    places = [
        "x",
        {"idea": "abc", "place": "Signal Layer"},
        {"idea": 99, "place": "Signal Layer / Noise"},
        {"idea": 3, "place": 4},
        {"idea": "3", "place": "Signal Layer/Noise", "why": "hiss"},
        {"idea": 3, "place": "Semantic Layer / Irony"},
        {"idea": 4, "place": "Cultural Layer", "why": {}},
    ]
    assert read_reply("grouping", said(places=places), None, {3, 4}) == {
        "places": [
            {"idea": 3, "place": "Signal Layer / Noise", "why": "hiss"},
            {"idea": 4, "place": "Cultural Layer", "why": ""},
        ]
    }
    with pytest.raises(InputError, match="no idea of the board"):
        read_reply("grouping", said(places=[{"idea": 9, "place": "A / B"}]), None, {3})
