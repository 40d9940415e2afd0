"""Two parts with a pause between: which is louder, higher, faster."""

from __future__ import annotations

import numpy as np

from mmar.models.listener.ear import Ear
from mmar.models.listener.heard import Finding
from mmar.models.listener.onsets import longest_pause, onsets
from mmar.models.listener.pitch import semitones
from mmar.models.listener.words import Question

__all__ = ["RULES", "which_part"]

_SAME = ("same", "equal", "neither", "both")

# Stems of the question or the choices, what is measured, the unit, how much counts as a difference, and sign.
_MEASURES = (
    (("louder",), "level", "dB", 3.0, 1),
    (("softer", "quieter"), "level", "dB", 3.0, -1),
    (("higher",), "pitch", "semitones", 1.0, 1),
    (("lower", "deeper"), "pitch", "semitones", 1.0, -1),
    (("faster", "quicker"), "pace", "onsets a second", 0.6, 1),
    (("slower",), "pace", "onsets a second", 0.6, -1),
)


def _difference(ear: Ear, measure: str, cut: int) -> float | None:
    """By how much the part after frame `cut` exceeds the part before it."""
    if measure == "level":
        return float(np.percentile(ear.levels[cut:], 95) - np.percentile(ear.levels[:cut], 95))
    if measure == "pitch":
        before, after = ear.pitch.between(0, cut), ear.pitch.between(cut, len(ear.levels))
        if len(before) < 5 or len(after) < 5:
            return None
        return float(semitones(float(np.median(after)), float(np.median(before))))
    starts = np.array(onsets(ear.levels))
    before, after = starts[starts < cut], starts[starts >= cut]
    if len(before) < 2 or len(after) < 2:
        return None
    return 100.0 / float(np.mean(np.diff(after))) - 100.0 / float(np.mean(np.diff(before)))


def which_part(ear: Ear, question: Question) -> Finding | None:
    """The first part or the second, or “higher” and “lower” of the second."""
    pause = longest_pause(ear.levels)
    if pause is None:
        return None
    cut = sum(pause) // 2
    for stems, measure, unit, least, sign in _MEASURES:
        in_choices = any(question.offers(*stems))
        first, second = question.offers("first", "former"), question.offers("second", "latter", "last")
        if not in_choices and not (question.asks(*stems) and any(first) and any(second)):
            continue
        found = _difference(ear, measure, cut)
        if found is None:
            return None
        equal = 2.0 * least - abs(found)
        if in_choices:
            more = next(stems for stems, kind, _, _, way in _MEASURES if kind == measure and way == 1)
            less = [
                stem
                for stems, kind, _, _, way in _MEASURES
                if kind == measure and way == -1
                for stem in stems
            ]
            scores = question.favouring({more: found, tuple(less): -found, _SAME: equal})
        else:
            gain = sign * found
            scores = question.favouring(
                {("second", "latter", "last"): gain, ("first", "former"): -gain, _SAME: equal}
            )
        return Finding(
            scores,
            f"A pause at {cut / 100:.2f} s divides the clip; after it the {measure} is {found:+.1f} {unit} against before.",
        )
    return None


RULES = (which_part,)
