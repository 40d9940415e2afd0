"""Instruments: harmonics with envelopes, after what makes each recognisable.

A plucked string's upper harmonics die first; a flute is nearly a sine with a soft start; brass grows
brighter as it speaks; an organ pipe is steady; a bell's partials are not harmonic (the hum, prime,
tierce, quint and nominal of a church bell stand about as 0.5 : 1 : 1.2 : 1.5 : 2).
"""

from __future__ import annotations

import math

from mmar.benchmarks.demo.events import Note, Timbre
from mmar.benchmarks.demo.signal import RATE, Wave, decay, fade, line, phase, phase_along, sine, swell

__all__ = ["play"]

_HARMONICS: dict[Timbre, tuple[float, ...]] = {
    "sine": (1.0,),
    "flute": (1.0, 0.22, 0.07, 0.02),
    "pluck": (1.0, 0.62, 0.45, 0.3, 0.2, 0.13, 0.08, 0.05),
    "organ": (1.0, 0.7, 0.45, 0.4, 0.25, 0.2, 0.12, 0.1),
    "brass": (0.6, 0.85, 1.0, 0.85, 0.65, 0.5, 0.35, 0.25, 0.18, 0.12),
}

# Ratio to the strike note, amplitude, and the power by which the partial dies.
_BELL = (
    (0.5, 0.35, 2),
    (1.0, 1.0, 3),
    (1.19, 0.55, 4),
    (1.5, 0.3, 5),
    (2.0, 0.7, 5),
    (2.52, 0.25, 7),
    (3.01, 0.2, 8),
    (4.1, 0.12, 10),
)

# Nothing is placed above this, so that nothing folds back below half the rate.
_CEILING = 0.45 * RATE


def play(note: Note, count: int) -> Wave:
    """One note, `count` frames long with its ending, of a mean power that suits its timbre."""
    if note.timbre == "bell":
        return _bell(note, count)
    turns = phase_along(note.pitch * line(note.tune, count))
    highest = note.pitch * max(note.tune)
    made = line((0.0,), count)
    power = 0.0
    for order, amplitude in enumerate(_HARMONICS[note.timbre], start=1):
        if order * highest > _CEILING:
            break
        partial = sine(turns * order)
        partial *= amplitude
        if note.timbre == "pluck":
            partial *= decay(count, 2 + order)
        elif note.timbre == "brass" and order > 2:
            # The upper harmonics arrive late.
            late = min(count, int(0.012 * RATE) * order)
            partial[:late] *= swell(late)
        made += partial
        power += amplitude * amplitude
    made *= 1.0 / math.sqrt(power)
    attack, release = _EDGES[note.timbre]
    made *= fade(count, attack, release)
    return made


_EDGES: dict[Timbre, tuple[float, float]] = {
    "sine": (0.008, 0.012),
    "flute": (0.045, 0.06),
    "pluck": (0.003, 0.01),
    "organ": (0.015, 0.03),
    "brass": (0.03, 0.04),
}


def _bell(note: Note, count: int) -> Wave:
    made = line((0.0,), count)
    power = 0.0
    for ratio, amplitude, dying in _BELL:
        if ratio * note.pitch > _CEILING:
            continue
        partial = sine(phase(count, note.pitch * ratio))
        partial *= decay(count, dying)
        partial *= amplitude
        made += partial
        power += amplitude * amplitude
    made *= 1.0 / math.sqrt(power)
    made *= fade(count, 0.002, 0.01)
    return made
