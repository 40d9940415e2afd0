"""A small benchmark without a fault, and ways to spoil it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mmar.items import Item

_WORDS = (
    ("How many bells ring?", ("Nine", "Two", "Four", "Seven"), "Two"),
    ("Who speaks last?", ("A child", "An old man", "A woman", "A boy"), "A woman"),
    ("Where is the train?", ("At the station", "On a bridge"), "On a bridge"),
    ("Which instrument leads?", ("Flute", "Horn", "Viola"), "Flute"),
    ("What falls over?", ("A vase", "A ladder", "A bottle", "A chair"), "A chair"),
    ("How does she sound?", ("Calm", "Tired", "Angry", "Amused"), "Calm"),
)
_GROUPS = (
    ("sound", "Perception Layer", "Counting and Statistics"),
    ("speech", "Semantic Layer", "Speaker Analysis"),
    ("mix-sound-speech", "Semantic Layer", "Speaker Analysis"),
    ("music", "Perception Layer", "Music Theory"),
    ("sound", "Perception Layer", "Counting and Statistics"),
    ("mix-music-speech", "Semantic Layer", "Emotion and Intention"),
)


def clean_record(number: int) -> dict[str, Any]:
    """One record of a clean benchmark; as many as wanted, each of a video of its own."""
    question, choices, answer = _WORDS[number % len(_WORDS)]
    modality, category, sub_category = _GROUPS[number % len(_GROUPS)]
    video = f"BV1{number:09d}"
    name = f"{video}_00-01-00_00-01-10"
    return {
        "id": name,
        "audio_path": f"./audio/{name}.wav",
        "question": question,
        "choices": list(choices),
        "answer": answer,
        "modality": modality,
        "category": category,
        "sub-category": sub_category,
        "language": "en" if "speech" in modality else None,
        "source": "bilibili",
        "url": f"https://www.bilibili.com/video/{video}/",
        "timestamp": "00:01:00,00:01:10",
        "thinking": "It is heard twice, then once more.",
        "cue": ["a first cue", "a second cue"],
        "rubric": [
            {"name": f"Criterion {index}", "scoring_point": "Give a point.", "note": "", "choices": [0, 1]}
            for index in range(5)
        ],
    }


@pytest.fixture
def record() -> Callable[..., dict[str, Any]]:
    """A record of a clean benchmark by its number, with fields changed."""

    def make(number: int = 0, **changes: Any) -> dict[str, Any]:
        return {**clean_record(number), **{name.replace("sub_c", "sub-c"): v for name, v in changes.items()}}

    return make


@pytest.fixture
def item(record: Callable[..., dict[str, Any]]) -> Callable[..., Item]:
    """As `record`, read."""
    return lambda number=0, **changes: Item.from_record(record(number, **changes))
