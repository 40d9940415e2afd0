"""The listener: from a clip, a question and its choices to an answer with a reason."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mmar.models.listener.heard import Finding, Heard

if TYPE_CHECKING:
    from mmar.audio import Clip

__all__ = ["listen"]

# Scores this close are a tie.
_TIE = 1e-9


def listen(clip: Clip, question: str, choices: Sequence[str], seed: int = 0) -> Heard:
    """Answer from the sound alone.

    The question and its choices decide what is measured, the samples decide the answer. Neither the
    clip's path nor the order of the choices is looked at.

    Args:
        clip: the sound.
        question: the question as it was put.
        choices: its choices, at least one.
        seed: decides where there is nothing to go by, together with the question and the set of choices.

    Returns:
        The chosen choice with the measurements that led to it.

    Raises:
        ValueError: if there are no choices.
    """
    if not choices:
        raise ValueError("a question without choices cannot be answered")
    # From here on the order in which the choices were put is gone.
    offered = sorted(set(choices))
    from mmar.models.listener.ear import Ear
    from mmar.models.listener.rules import RULES
    from mmar.models.listener.words import read_question

    ear = Ear(clip)
    if ear.is_silent:
        return _blind(question, offered, seed, "The clip is silent, so there is nothing to go by.")
    asked = read_question(question, offered)
    for rule in RULES:
        finding = rule(ear, asked)
        if finding is not None and _decides(finding):
            return _settled(finding, question, offered, seed)
    return _blind(question, offered, seed, "No measurement that I have settles this question.")


def _decides(finding: Finding) -> bool:
    """Whether a finding tells at least one choice from another."""
    return max(finding.scores) - min(finding.scores) > _TIE


def _settled(finding: Finding, question: str, offered: list[str], seed: int) -> Heard:
    best = max(finding.scores)
    level = [choice for choice, score in zip(offered, finding.scores, strict=True) if best - score <= _TIE]
    text = level[_draw(question, level, seed)]
    tied = "" if len(level) == 1 else f" {len(level)} choices fit equally well, and one of them is picked."
    return Heard(text, f"{finding.because}{tied} That fits “{text}” best.", evidence=True)


def _blind(question: str, offered: list[str], seed: int, why: str) -> Heard:
    text = offered[_draw(question, offered, seed)]
    return Heard(text, f"{why} “{text}” is picked blindly.", evidence=False)


def _draw(question: str, offered: list[str], seed: int) -> int:
    """A number below the number of choices, fixed by the seed, the question and the set of choices."""
    key = "\x1f".join([str(seed), question, *offered])
    return random.Random(key).randrange(len(offered))  # noqa: S311 - a baseline's pick, not a secret
