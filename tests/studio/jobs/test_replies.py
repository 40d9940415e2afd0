"""Reading a model's reply: what becomes a proposal, and what is an error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expect import raises
from mmar.errors import InputError
from mmar.studio.jobs.prompts import read_reply
from mmar.studio.workflow import ItemContent
from mmar.studio.workflow.taxonomy import MMAR_TEMPLATE

ITEM = ItemContent(question="Which comes last?", choices=("a bell", "a drum", "A man singing"), answer=1)
FIVE = [
    {"name": f"N{number}", "scoring_point": f"P{number}", "note": None, "choices": [0, 5]}
    for number in range(5)
]


def read(kind: str, reply: Any, **more: Any) -> dict[str, Any]:
    text = reply if isinstance(reply, str) else json.dumps(reply)
    return read_reply(kind, text, ITEM, taxonomy=MMAR_TEMPLATE, **more)


@pytest.mark.parametrize(
    "text",
    [
        '{"thinking": "It is low."}',
        'Sure!\n```json\n{"thinking": "It is low."}\n```\nAnything {else}?',
        '{"plan": {"steps": []}} {"thinking": " It is low.\\u0000 "}',
        '{broken {"thinking": "It is low.\\ud800"}',
    ],
)
def test_the_json_object_is_found_in_surrounding_text(text: str) -> None:
    assert read("thinking", text) == {"thinking": "It is low."}


@pytest.mark.parametrize(
    ("kind", "reply"),
    [
        ("thinking", "I cannot hear."),
        ("thinking", '{"thinking": "cut o'),
        ("thinking", {"thinking": "  "}),
        ("thinking", {"thinking": 7}),
        ("distractors", {"distractors": ["A  DRUM", "a gong", "A Gong"]}),
        ("distractors", {"distractors": [1, None, {"a": 1}]}),
        ("sub_category", {"category": "Made Up", "sub_category": "Music Theory"}),
        ("sub_category", {"category": "Signal Layer", "sub_category": "Music Theory"}),
        ("rubric", {"criteria": FIVE[:4]}),
        ("rubric", {"criteria": [1, 2, 3, 4, 5]}),
        ("ideas", {"ideas": [1, {"title": ""}]}),
        ("grouping", {"categories": [{"idea": 9, "category": "Signal Layer / Anomaly Detection"}]}),
        ("thinking", "[" * 50_000 + '{"a":' * 50_000),
    ],
)
def test_unusable_replies_are_errors(kind: str, reply: Any) -> None:
    with raises("unusable-answer"):
        read(kind, reply, ideas={1, 2})


def test_only_usable_parts_of_a_reply_are_kept() -> None:
    result = read(
        "distractors", {"distractors": ["a gong", "a flute", "a horn"], "why": ["x", 3, "y"], "z": 1}
    )
    assert result == {"distractors": ["a gong", "a flute"], "why": "x; y"}
    result = read("sub_category", {"category": "perception layer", "sub_category": "MUSIC theory", "why": 5})
    assert result == {"category": "Perception Layer", "sub_category": "Music Theory"}
    criteria = read("rubric", {"criteria": FIVE, "why": {"a": 1}})["criteria"]
    assert criteria[0] == {"name": "N0", "scoring_point": "P0", "note": "", "choices": [0, 1]}
    categories = [{"idea": "2", "category": "Signal Layer"}, {"idea": 7, "category": "x"}, {"idea": True}]
    assert read("grouping", {"categories": categories}, ideas={1, 2}) == {
        "categories": [{"idea": 2, "category": "Signal Layer", "why": ""}]
    }


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("B", 1),
        ("(b)", 1),
        ("B. a drum", 1),
        ("a drum", 1),
        ("A man singing", 2),
        ("A man", None),
        ("Z", None),
    ],
)
def test_a_guess_is_a_letter_or_a_choice_and_never_the_first_word_of_another(
    text: str, index: int | None
) -> None:
    result = read("guess", {"choice": text})
    assert (result["index"], result["right"]) == (index, index == 1)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(
    st.sampled_from(["thinking", "distractors", "sub_category", "rubric", "guess", "ideas", "grouping"]),
    st.fixed_dictionaries(
        dict.fromkeys(
            ("thinking", "distractors", "category", "criteria", "choice", "ideas", "categories"), JSON
        ),
        optional={"why": JSON, "sub_category": JSON},
    ),
)
def test_any_reply_is_a_proposal_or_an_input_error(kind: str, reply: dict[str, Any]) -> None:
    try:
        result = read(kind, reply, ideas={1})
    except InputError:
        return
    assert json.loads(json.dumps(result, allow_nan=False).encode()) == result
    assert isinstance(result.get("why", ""), str)


def test_ideas_need_a_title_and_their_tags_are_cleaned() -> None:
    ideas = [
        "just a string",
        {"title": 7, "detail": "a number"},
        {"detail": "no title"},
        None,
        {"title": " Which engine\nstarts first? ", "tags": "order"},
        {"title": "Echo", "detail": ["x"], "tags": ["space", 4, "  "]},
    ]
    assert read("ideas", {"ideas": ideas}) == {
        "ideas": [
            {"title": "Which engine starts first?", "detail": "", "tags": []},
            {"title": "Echo", "detail": "", "tags": ["space"]},
        ]
    }
    with raises("unusable-answer"):
        read("ideas", {"ideas": ["a", {"title": ""}]})


def test_each_idea_on_the_board_gets_at_most_one_category() -> None:
    categories = [
        "x",
        {"idea": "abc", "category": "Signal Layer"},
        {"idea": 99, "category": "Signal Layer / Noise"},
        {"idea": 3, "category": 4},
        {"idea": "3", "category": "Signal Layer/Noise", "why": "hiss"},
        {"idea": 3, "category": "Semantic Layer / Irony"},
        {"idea": 4, "category": "Cultural Layer", "why": {}},
    ]
    assert read("grouping", {"categories": categories}, ideas={3, 4}) == {
        "categories": [
            {"idea": 3, "category": "Signal Layer / Noise", "why": "hiss"},
            {"idea": 4, "category": "Cultural Layer", "why": ""},
        ]
    }
    with raises("unusable-answer"):
        read("grouping", {"categories": [{"idea": 9, "category": "A / B"}]}, ideas={3})
