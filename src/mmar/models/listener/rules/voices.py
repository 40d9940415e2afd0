"""Who speaks, how, and which vowels."""

from __future__ import annotations

import numpy as np

from mmar.models.listener.ear import Ear
from mmar.models.listener.events import voice_pitch
from mmar.models.listener.formants import VOWELS, resonances, vowel_distances
from mmar.models.listener.heard import Finding
from mmar.models.listener.onsets import onsets, stretches
from mmar.models.listener.pitch import semitones
from mmar.models.listener.words import Question

__all__ = ["RULES", "arousal", "intention", "machine", "speaker", "tone", "vowels"]

# Usual pitch of speech in Hz.
_USUAL = {
    ("man", "male", "father", "boy"): 125.0,
    ("woman", "female", "mother"): 215.0,
    ("child", "kid", "girl"): 300.0,
}


def speaker(ear: Ear, question: Question) -> Finding | None:
    """Man, woman or child, by the height of the voice."""
    if not question.between(*_USUAL):
        return None
    heights = voice_pitch(ear)
    if len(heights) < 8:
        return None
    height = float(np.median(heights))
    scores = question.favouring(
        {stems: 24.0 - abs(float(semitones(height, usual))) for stems, usual in _USUAL.items()}
    )
    return Finding(scores, f"The voice's pitch lies around {height:.0f} Hz.")


def intention(ear: Ear, question: Question) -> Finding | None:
    """Asking or stating, by the end of the voice's melody."""
    asks, states = ("ask", "question"), ("stat", "statement", "assert", "declar")
    if not question.between(asks, states):
        return None
    heights = voice_pitch(ear)
    if len(heights) < 20:
        return None
    tail = heights[-max(4, len(heights) // 8) :]
    rise = float(semitones(float(np.median(tail)), float(np.median(heights[: 3 * len(heights) // 4]))))
    return Finding(
        question.favouring({asks: rise, states: -rise}),
        f"At its end the voice's pitch lies {rise:+.1f} semitones from where it was before.",
    )


def tone(ear: Ear, question: Question) -> Finding | None:
    """Level, rising, dipping or falling, within one syllable."""
    level, rising, dipping, falling = ("level", "flat"), ("rising",), ("dipping",), ("falling",)
    if not question.asks("tone") or not question.between(level, rising, dipping, falling):
        return None
    heights = voice_pitch(ear)
    if len(heights) < 20:
        return None
    course = semitones(heights, float(np.median(heights)))
    tenth = max(2, len(course) // 10)
    begin, end = float(np.median(course[:tenth])), float(np.median(course[-tenth:]))
    lowest = float(np.min(np.convolve(course, np.ones(5) / 5, mode="valid")))
    dip = min(begin, end) - lowest
    moved = end - begin
    scores = question.favouring(
        {
            dipping: 2.0 * dip - 1.0,
            rising: moved - 2.0 * dip,
            falling: -moved - 2.0 * dip,
            level: 2.0 - abs(moved) - 2.0 * max(dip, 0.0),
        }
    )
    return Finding(
        scores,
        f"From beginning to end the pitch moves {moved:+.1f} semitones, and in between it dips by {max(dip, 0.0):.1f}.",
    )


def arousal(ear: Ear, question: Question) -> Finding | None:
    """Excited or calm, by pace and range of pitch."""
    excited, calm = ("excited", "agitated", "angry", "energetic"), ("calm", "relaxed", "bored", "quiet")
    if not question.between(excited, calm):
        return None
    heights = voice_pitch(ear)
    if len(heights) < 20:
        return None
    spread = float(semitones(float(np.percentile(heights, 95)), float(np.percentile(heights, 5))))
    pace = len(onsets(ear.band(250.0, 3500.0), rise=4.0, apart=10, smooth=5)) / ear.seconds
    verdict = (spread - 7.0) / 4.0 + (pace - 2.8)
    return Finding(
        question.favouring({excited: verdict, calm: -verdict}),
        f"The pitch spans {spread:.1f} semitones, and {pace:.1f} syllables start in a second.",
    )


def machine(ear: Ear, question: Question) -> Finding | None:
    """A voice without any movement of pitch, or with some."""
    made, living = ("machine", "robot", "synthe", "altered"), ("natural", "human", "original", "living")
    if not question.between(made, living):
        return None
    heights = voice_pitch(ear)
    if len(heights) < 20:
        return None
    wander = float(np.std(semitones(heights, float(np.median(heights)))))
    return Finding(
        question.favouring({made: 0.15 - wander, living: wander - 0.15}),
        f"The voice's pitch wanders by {wander:.2f} semitones around its middle.",
    )


def vowels(ear: Ear, question: Question) -> Finding | None:
    """Which vowel, or which row of vowels, by the formants."""
    rows = [choice.split() for choice in question.choices]
    length = len(rows[0])
    if length == 0 or any(len(row) != length or not set(row) <= set(VOWELS) for row in rows):
        return None
    parts = stretches(ear.levels > ear.levels.max() - 20.0, shortest=12, bridge=2)
    if length == 1 and parts:
        parts = [(parts[0][0], parts[-1][1])]
    if len(parts) != length:
        return None
    heights = ear.pitch.between(0, len(ear.levels))
    height = float(np.median(heights)) if len(heights) else 150.0
    found = [resonances(ear, start, end)[:2] for start, end in parts]
    distances = [vowel_distances(pair, height) for pair in found]
    scores = [-sum(far[name] for far, name in zip(distances, row, strict=True)) for row in rows]
    named = ", ".join(
        f"{min(far, key=lambda name: far[name])} ({' and '.join(f'{hertz:.0f}' for hertz in pair)} Hz)"
        for far, pair in zip(distances, found, strict=True)
    )
    return Finding(scores, f"By its two lowest resonances the voice says: {named}.")


RULES = (vowels, tone, intention, speaker, arousal, machine)
