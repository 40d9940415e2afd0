"""Melodies: old tunes that belong to nobody, scales, and notes in a row."""

from __future__ import annotations

from collections.abc import Sequence

from mmar.benchmarks.demo.events import Event, Note, Timbre
from mmar.benchmarks.demo.pitches import hertz

__all__ = ["SCALES", "TUNES", "chord", "melody", "plain"]

# (semitones above the keynote, beats), sixteen beats each. Traditional, but for Beethoven (1824),
# Mason (1830) and Pierpont (1857).
TUNES: dict[str, tuple[tuple[int, float], ...]] = {
    "Twinkle, Twinkle, Little Star": (
        *((0, 1), (0, 1), (7, 1), (7, 1), (9, 1), (9, 1), (7, 2)),
        *((5, 1), (5, 1), (4, 1), (4, 1), (2, 1), (2, 1), (0, 2)),
    ),
    "Ode to Joy": (
        *((4, 1), (4, 1), (5, 1), (7, 1), (7, 1), (5, 1), (4, 1), (2, 1)),
        *((0, 1), (0, 1), (2, 1), (4, 1), (4, 1.5), (2, 0.5), (2, 2)),
    ),
    "Frère Jacques": (
        *((0, 1), (2, 1), (4, 1), (0, 1), (0, 1), (2, 1), (4, 1), (0, 1)),
        *((4, 1), (5, 1), (7, 2), (4, 1), (5, 1), (7, 2)),
    ),
    "Mary Had a Little Lamb": (
        *((4, 1), (2, 1), (0, 1), (2, 1), (4, 1), (4, 1), (4, 2)),
        *((2, 1), (2, 1), (2, 2), (4, 1), (7, 1), (7, 2)),
    ),
    "London Bridge Is Falling Down": (
        *((7, 1.5), (9, 0.5), (7, 1), (5, 1), (4, 1), (5, 1), (7, 2)),
        *((2, 1), (4, 1), (5, 2), (4, 1), (5, 1), (7, 2)),
    ),
    "Jingle Bells": (
        *((4, 1), (4, 1), (4, 2), (4, 1), (4, 1), (4, 2)),
        *((4, 1), (7, 1), (0, 1.5), (2, 0.5), (4, 4)),
    ),
}

# Semitones above the keynote.
SCALES: dict[str, tuple[int, ...]] = {
    "Major scale": (0, 2, 4, 5, 7, 9, 11, 12),
    "Natural minor scale": (0, 2, 3, 5, 7, 8, 10, 12),
    "Whole-tone scale": (0, 2, 4, 6, 8, 10, 12),
    "Chromatic scale": (0, 1, 2, 3, 4, 5, 6, 7),
    "Major pentatonic scale": (0, 2, 4, 7, 9, 12),
}


def melody(
    notes: Sequence[tuple[int, float]],
    key: int,
    beat: float,
    timbre: Timbre,
    at: float,
    *,
    level: float = 0.4,
) -> list[Event]:
    """Notes in a row.

    Args:
        notes: (semitones above the keynote, beats) of each.
        key: MIDI number of the keynote.
        beat: length of a beat in seconds.
        timbre: the instrument.
        at: when the first note starts, in seconds.
        level: amplitude of each.

    Returns:
        One event a note; each sounds for nine tenths of its time.
    """
    events = []
    for step, beats in notes:
        events.append(Event(Note(timbre, hertz(key + step)), at, 0.9 * beat * beats, level))
        at += beat * beats
    return events


def plain(steps: Sequence[int]) -> list[tuple[int, float]]:
    """Notes of one beat each."""
    return [(step, 1.0) for step in steps]


def chord(
    steps: Sequence[int], key: int, timbre: Timbre, at: float, length: float, *, level: float = 0.18
) -> list[Event]:
    """Notes at once; `level` is that of each."""
    return [Event(Note(timbre, hertz(key + step)), at, length, level) for step in steps]
