"""Chords, scales, keys and moods, from pitch classes and steps."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from mmar.models.listener.ear import Ear
from mmar.models.listener.heard import Finding
from mmar.models.listener.onsets import onsets
from mmar.models.listener.pitch import semitones
from mmar.models.listener.spectrum import RATE, Array, band_level
from mmar.models.listener.words import Question, ordinal_in

__all__ = ["RULES", "chord", "chroma", "mood", "scale", "steps", "wrong_note"]

_TRIADS = {"major": (0, 4, 7), "minor": (0, 3, 7), "diminished": (0, 3, 6), "augmented": (0, 4, 8)}

_SCALES = {
    ("major", "scale"): (2, 2, 1, 2, 2, 2, 1),
    ("minor",): (2, 1, 2, 2, 1, 2, 2),
    ("whole",): (2, 2, 2, 2, 2, 2),
    ("chromatic",): (1, 1, 1, 1, 1, 1, 1),
    ("pentatonic",): (2, 2, 3, 2, 3),
}


def chroma(ear: Ear) -> Array:
    """Strength of the twelve pitch classes from 60 to 1000 Hz, C first, the largest 1."""
    size = 1 << 14
    padded = np.pad(ear.mono, (0, max(0, size - len(ear.mono))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[:: size // 4]
    spectrum = np.mean(np.abs(np.fft.rfft(frames * np.hanning(size), axis=1)), axis=0)
    peaks = (
        np.flatnonzero(
            (spectrum[1:-1] > spectrum[:-2])
            & (spectrum[1:-1] >= spectrum[2:])
            & (spectrum[1:-1] > 0.02 * spectrum.max())
        )
        + 1
    )
    hertz: Array = peaks.astype(np.float64) * (RATE / size)
    inside = (hertz > 60) & (hertz < 1000)
    classes = np.round(semitones(hertz[inside], 440.0 * 2.0 ** (-9 / 12))).astype(int) % 12
    heights = hertz[inside]
    amplitudes = spectrum[peaks[inside]]
    # What stands on a whole multiple of a lower, not much weaker peak is likelier its harmonic than a note.
    multiple = heights[:, None] / heights[None, :]
    is_harmonic = (np.abs(multiple / np.maximum(np.round(multiple), 1.0) - 1.0) < 0.008) & (multiple > 1.5)
    is_harmonic &= amplitudes[None, :] > 0.5 * amplitudes[:, None]
    strengths: Array = np.zeros(12)
    np.add.at(strengths, classes, np.sqrt(amplitudes) * np.where(is_harmonic.any(axis=1), 0.2, 1.0))
    return strengths / max(float(strengths.max()), 1e-12)


def _triad_fit(ear: Ear, kind: str) -> tuple[float, int]:
    """How well the best triad of a kind explains the pitch classes, and its root."""
    heard = chroma(ear)
    fits = []
    for root in range(12):
        expected = np.zeros(12)
        for step in _TRIADS[kind]:
            # A note brings its own fifth and third along, as third and fifth harmonics.
            for above, share in ((0, 1.0), (7, 0.1), (4, 0.05)):
                expected[(root + step + above) % 12] += share
        fits.append(float(heard @ expected / (np.linalg.norm(heard) * np.linalg.norm(expected) + 1e-12)))
    return max(fits), int(np.argmax(fits))


def _held_pitches(ear: Ear) -> bool:
    return float(np.mean(np.isfinite(ear.pitch.hertz))) > 0.05 or bool(np.any(chroma(ear)))


def chord(ear: Ear, question: Question) -> Finding | None:
    """Major, minor, diminished, augmented."""
    kinds = [next((kind for kind in _TRIADS if kind in choice.split()), None) for choice in question.choices]
    if None in kinds or question.asks("scale", "key") or not _held_pitches(ear):
        return None
    fits = {kind: _triad_fit(ear, kind) for kind in _TRIADS}
    said = ", ".join(f"{kind} {fit:.2f}" for kind, (fit, _) in fits.items())
    return Finding(
        [fits[kind or "major"][0] for kind in kinds], f"The pitch classes fit the triads so: {said}."
    )


def steps(ear: Ear) -> list[int]:
    """Steps in semitones between the pitches of successive notes, each note from one onset to the next."""
    starts = [*onsets(ear.levels), len(ear.levels)]
    heights = []
    for start, end in pairwise(starts):
        part = ear.pitch.between(start + 2, min(end, start + 25))
        if len(part) >= 3:
            heights.append(float(np.median(part)))
    return [round(float(semitones(after, before))) for before, after in pairwise(heights)]


def scale(ear: Ear, question: Question) -> Finding | None:
    """Which scale's steps are nearest to those played."""
    if not question.asks("scale") or sum(any(question.offers(stems[0])) for stems in _SCALES) < 2:
        return None
    heard = steps(ear)
    if len(heard) < 4:
        return None
    scores = []
    for choice in question.choices:
        name = next((stems for stems in reversed(_SCALES) if stems[0] in choice), None)
        wanted = _SCALES[name] if name else ()
        misses = sum(step != other for step, other in zip(heard, wanted, strict=False))
        scores.append(-misses - abs(len(heard) - len(wanted)))
    return Finding(scores, f"The notes move by {', '.join(map(str, heard))} semitones.")


def wrong_note(ear: Ear, question: Question) -> Finding | None:
    """The note of a major scale that is not where it should be."""
    ordinals = [ordinal_in(choice) for choice in question.choices]
    if (
        not (question.asks("wrong", "false") and question.asks("scale") and question.asks("note"))
        or None in ordinals
    ):
        return None
    heights = np.concatenate([[0], np.cumsum(steps(ear))])
    wanted = np.array([0, 2, 4, 5, 7, 9, 11, 12])[: len(heights)]
    off = np.abs(heights[: len(wanted)] - wanted)
    if not off.any():
        return None
    odd = int(np.argmax(off)) + 1
    return Finding(
        [-abs((ordinal or 0) - odd) for ordinal in ordinals],
        f"Above the first note the notes stand at {', '.join(map(str, heights.tolist()))} semitones; note {odd} is off.",
    )


def mood(ear: Ear, question: Question) -> Finding | None:
    """Cheerful or sad: major and quick against minor and slow."""
    glad, sad = ("cheer", "happy", "joy", "bright"), ("sad", "melanchol", "gloom", "mourn")
    if not question.between(glad, sad) or not _held_pitches(ear):
        return None
    major, minor = _triad_fit(ear, "major")[0], _triad_fit(ear, "minor")[0]
    # Notes over a lying chord show once the chord is taken away.
    pace = len(onsets(band_level(ear.foreground, 100.0, 4000.0), rise=3.0)) / ear.seconds
    verdict = 10.0 * (major - minor) + 0.5 * (pace - 2.3)
    return Finding(
        question.favouring({glad: verdict, sad: -verdict}),
        f"The pitch classes fit a major triad by {major:.2f} and a minor one by {minor:.2f}, and {pace:.1f} notes start "
        f"in a second.",
    )


RULES = (wrong_note, scale, chord, mood)
