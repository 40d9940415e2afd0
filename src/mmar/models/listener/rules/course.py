"""How something develops over the clip: pitch, loudness, tempo."""

from __future__ import annotations

import numpy as np

from mmar.models.listener.ear import Ear
from mmar.models.listener.heard import Finding
from mmar.models.listener.onsets import onsets
from mmar.models.listener.pitch import semitones
from mmar.models.listener.words import Question

__all__ = ["RULES", "loudness_course", "pitch_course", "tempo_course"]

_UP = ("rise", "rising", "climb", "up", "ascend", "higher", "increas")
_DOWN = ("fall", "sink", "down", "descend", "lower", "drop", "decreas")
_FLAT = ("level", "same", "steady", "constant", "unchanged", "stay")
_BACK = ("back", "return")


def pitch_course(ear: Ear, question: Question) -> Finding | None:
    """Rising, falling, level, or one after the other."""
    if not (any(question.offers(*_UP)) and any(question.offers(*_DOWN))):
        return None
    heights = ear.pitch.between(0, len(ear.levels))
    if len(heights) < 10:
        return None
    part = max(2, len(heights) // 7)
    middle = len(heights) // 2
    first, half, last = (
        float(np.median(heights[place]))
        for place in (slice(0, part), slice(middle - part // 2, middle + part // 2 + 1), slice(-part, None))
    )
    steps = [float(semitones(half, first)), float(semitones(last, half))]
    scores = [_likeness(_path(choice), steps) for choice in question.choices]
    return Finding(
        scores,
        f"The pitch starts at {first:.0f} Hz, is at {half:.0f} Hz in the middle and ends at {last:.0f} Hz: "
        f"{steps[0]:+.1f} and {steps[1]:+.1f} semitones.",
    )


def _path(choice: str) -> list[int]:
    """The directions that a choice names, in order: +1, −1, 0."""
    path: list[int] = []
    for word in choice.split():
        if word.startswith(_UP):
            path.append(1)
        elif word.startswith(_DOWN):
            path.append(-1)
        elif word.startswith(_BACK) and path:
            path.append(-path[-1])
        elif word.startswith(_FLAT):
            path.append(0)
    return path


def _likeness(path: list[int], steps: list[float]) -> float:
    """How well two steps in semitones follow a path of one or two directions."""
    if not path:
        return -99.0
    wanted = path * 2 if len(path) == 1 else path[:2]
    return sum(
        2.0 - abs(step) if direction == 0 else min(direction * step, 6.0)
        for direction, step in zip(wanted, steps, strict=True)
    )


def loudness_course(ear: Ear, question: Question) -> Finding | None:
    """Growing louder, softer, or staying."""
    louder, softer = ("louder", "crescendo", "stronger"), ("softer", "quieter", "diminuendo", "weaker")
    if not question.between(louder, softer, (*_FLAT, "equal")):
        return None
    fifth = max(1, len(ear.levels) // 5)
    begin, end = float(np.max(ear.levels[:fifth])), float(np.max(ear.levels[-fifth:]))
    gain = end - begin
    scores = question.favouring(
        {louder: gain, softer: -gain, ("same", "equal", "unchanged", "constant"): 6.0 - abs(gain)}
    )
    return Finding(
        scores, f"The level peaks at {begin:.0f} dB in the beginning and at {end:.0f} dB at the end."
    )


def tempo_course(ear: Ear, question: Question) -> Finding | None:
    """Speeding up, slowing down, or neither."""
    quicker, slower = ("speed", "faster", "accelerat"), ("slow", "ritard", "decelerat")
    if not question.between(quicker, slower, _FLAT):
        return None
    beats = onsets(ear.levels)
    if len(beats) < 5:
        return None
    gaps = np.diff(beats) / 100.0
    third = max(1, len(gaps) // 3)
    begin, end = float(np.mean(gaps[:third])), float(np.mean(gaps[-third:]))
    change = float(np.log2(end / begin))
    scores = question.favouring(
        {quicker: -change, slower: change, ("same", "unchanged", "steady", "constant"): 0.4 - abs(change)}
    )
    return Finding(scores, f"The beats are {begin:.2f} s apart at the beginning and {end:.2f} s at the end.")


RULES = (tempo_course, loudness_course, pitch_course)
