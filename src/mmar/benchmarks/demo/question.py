"""The record of one kind of question, and the decorators that make it from a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmar.benchmarks.demo.sounds import Wave

__all__ = ["Kind", "Make", "asks"]

Make = Callable[[str, np.random.Generator], tuple[Wave, str]]
"""From an answer to a clip for which it is right, and a sentence that says what can be heard in it."""

_LAYERS = {
    "Signal Layer": ("Acoustic Quality Analysis", "Anomaly Detection", "Audio Difference Analysis"),
    "Cultural Layer": (
        *("Aesthetic Evaluation", "Culture of Speaker", "Imagination"),
        "Professional Knowledge and Reasoning",
    ),
    "Semantic Layer": ("Content Analysis", "Emotion and Intention", "Speaker Analysis"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of question. All its clips count as cut from one recording.

    Attributes:
        slug: its name, the first part of the items' ids.
        modality: MMAR's modality.
        category: MMAR's layer.
        sub_category: MMAR's sub-category.
        question: the question.
        answers: all possible answers.
        clips: how many items are made.
        choices: how many of the answers are offered.
        make: makes the clip for an answer.
    """

    slug: str
    modality: str
    category: str
    sub_category: str
    question: str
    answers: tuple[str, ...]
    clips: int
    choices: int
    make: Make


def asks(modality: str) -> Callable[..., Callable[[Make], Kind]]:
    """A decorator for the questions of one modality."""

    def decorator(
        sub_category: str, question: str, *answers: str, clips: int = 2, choices: int = 6
    ) -> Callable[[Make], Kind]:
        layer = next((name for name, parts in _LAYERS.items() if sub_category in parts), "Perception Layer")

        def decorate(make: Make) -> Kind:
            slug = make.__name__.strip("_").replace("_", "-")
            offered = min(choices, len(answers))
            return Kind(slug, modality, layer, sub_category, question, answers, clips, offered, make)

        return decorate

    return decorator
