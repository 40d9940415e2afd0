"""What the listener says, and what a rule finds on the way there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmar.models.listener.ear import Ear
    from mmar.models.listener.words import Question

__all__ = ["Finding", "Heard", "Rule"]


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer with its reason.

    Attributes:
        text: the chosen choice, exactly as it was put.
        thinking: what was measured and what follows from it, or why there was nothing to go by.
        evidence: whether the choice rests on the sound; False if it was picked blindly.
    """

    text: str
    thinking: str
    evidence: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """What a measurement says of each choice.

    Attributes:
        scores: one number a choice, the larger the better it fits what was heard.
        because: the measured values and what they mean, in whole sentences.
    """

    scores: Sequence[float]
    because: str


# A rule measures what the question asks for; None if it does not understand the question, or finds nothing.
Rule = Callable[["Ear", "Question"], Finding | None]
