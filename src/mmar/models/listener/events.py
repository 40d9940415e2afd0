"""Which stretch is a voice, where a stroke falls, and what kind of source an event may be."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mmar.models.listener.ear import Ear
from mmar.models.listener.onsets import onsets, stretches
from mmar.models.listener.pitch import semitones
from mmar.models.listener.spectrum import Array, frequencies

__all__ = ["SOURCES", "event_scores", "loudest_stroke", "voice_pitch", "voiced_stretch"]

# Where the pitch of human voices lies, in Hz.
_VOICE_LOW, _VOICE_HIGH = 75.0, 430.0

# Words for the sources that `event_scores` tells apart.
SOURCES: Mapping[str, tuple[str, ...]] = {
    "bell": ("bell", "chime", "gong"),
    "knock": ("knock", "thump"),
    "drop": ("drop", "drip", "water"),
    "clap": ("clap", "applause"),
    "ring": ("telephone", "phone", "ring"),
    "drum": ("drum",),
    "voice": ("voice", "speech", "man", "woman", "speaker", "talking"),
    "music": ("music", "melody", "guitar", "song", "pluck"),
}


def _voiced(ear: Ear) -> list[tuple[int, int]]:
    """Runs of at least 80 ms whose pitch lies in the range of voices."""
    hertz = ear.pitch.hertz
    held = (hertz > _VOICE_LOW) & (hertz < _VOICE_HIGH) & (ear.levels > ear.levels.max() - 22.0)
    return stretches(held, shortest=8, bridge=1)


def voice_pitch(ear: Ear) -> Array:
    """Pitches of the voiced frames in Hz, in order, outliers within a run left out."""
    parts = []
    for start, end in _voiced(ear):
        heights = ear.pitch.between(start, end)
        middle = float(np.median(heights))
        parts.append(heights[np.abs(semitones(heights, middle)) < 9.0])
    return np.concatenate(parts) if parts else np.zeros(0)


def voiced_stretch(ear: Ear) -> tuple[int, int] | None:
    """First and last frame of all that is a living voice; None if nothing is.

    A living voice wavers; what holds its pitch to a fiftieth of a semitone, or loses it every moment as a
    bell does to its partials, is none.
    """
    living = []
    for start, end in _voiced(ear):
        heights = ear.pitch.between(start, end)
        wander = float(np.median(np.abs(semitones(heights, float(np.median(heights))))))
        if 0.02 < wander < 3.0 and _loss(ear, start, end) < 12.0:
            living.append((start, end))
    return (living[0][0], living[-1][1]) if living else None


def _loss(ear: Ear, start: int, end: int) -> float:
    """By how much the level falls from the first third of a stretch to the last, in dB."""
    third = max(1, (end - start) // 3)
    return float(np.median(ear.levels[start : start + third]) - np.median(ear.levels[end - third : end]))


def loudest_stroke(ear: Ear) -> int | None:
    """The frame at which the strongest high partial starts, as that of a bell; None without one."""
    peaks = np.percentile(ear.magnitudes, 99, axis=0)
    high = np.flatnonzero(frequencies() > 1500.0)
    line = float(frequencies()[high[np.argmax(peaks[high])]])
    found = onsets(ear.band(line - 40, line + 40), rise=12.0, range_db=6.0, apart=30)
    return found[0] if found else None


def event_scores(ear: Ear, start: int) -> dict[str, float]:
    """How well the event that begins at a frame fits each kind of source, about 0 to 1.

    Args:
        ear: the clip.
        start: frame of the onset.

    Returns:
        A score for each key of `SOURCES`.
    """
    end = min(start + 60, len(ear.levels))
    levels = ear.levels[start:end]
    top = int(np.argmax(levels[:12])) if len(levels) else 0
    softer = np.flatnonzero(levels[top:] < levels[top] - 20.0)
    length = float(softer[0] if len(softer) else len(levels) - top) / 100
    body = slice(start, start + top + max(4, int(60 * length)))
    centroid = ear.centroid(body.start, body.stop)
    noisy = ear.flatness(400.0, 6000.0, body.start, body.stop)
    heights = ear.pitch.between(start + 3, start + 30)
    height = float(np.median(heights)) if len(heights) > 3 else 0.0
    moves = float(np.median(np.abs(semitones(heights, height)))) if height else 9.0
    loss = float(levels[top] - levels[min(top + 20, len(levels) - 1)])
    is_short, is_steady = length < 0.16, loss < 4.0
    in_voice = _VOICE_LOW < height < _VOICE_HIGH
    return {
        "drum": 1.0 if length < 0.4 and centroid < 150 else 0.0,
        "knock": 1.0 if is_short and 150 <= centroid < 350 and noisy < 0.2 else 0.0,
        "clap": 1.0 if is_short and noisy > 0.03 and centroid > 800 else 0.0,
        "drop": 0.9 if is_short and 600 < centroid < 2000 and noisy < 0.03 else 0.0,
        "ring": 1.0 if is_steady and 1000 < centroid < 1500 and noisy < 0.02 else 0.0,
        "bell": 0.8 if not is_short and 4.0 <= loss < 30.0 and noisy < 0.05 else 0.0,
        "voice": 0.9 if in_voice and is_steady and length > 0.15 else 0.0,
        "music": 0.7 if height and moves < 0.3 and loss > 10.0 else 0.1,
    }
