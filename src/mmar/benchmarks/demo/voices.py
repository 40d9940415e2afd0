"""Voices: harmonics of a pulsing throat, shaped by the resonances of a mouth.

The source falls by about 6 dB an octave at the lips; each vowel is a set of formants, taken for men,
women and children from Peterson & Barney, "Control methods used in a study of the vowels", JASA 24
(1952), table II; a fourth formant and the bandwidths are added by rule. The strength of each harmonic
is that of the cascade of resonances at its frequency, computed a hundred times a second and joined by
straight lines, so vowels flow into one another and pitch may move freely.
"""

from __future__ import annotations

import numpy as np

from mmar.benchmarks.demo.events import Person, Speech, Vowel
from mmar.benchmarks.demo.signal import Wave, band, fade, frames, line, phase, phase_along, sine, strength_of

__all__ = ["speak"]

# First three formants in Hz: hod, heed, who'd, head, hawed.
_FORMANTS: dict[Person, dict[Vowel, tuple[int, int, int]]] = {
    "man": {
        "ah": (730, 1090, 2440),
        "ee": (270, 2290, 3010),
        "oo": (300, 870, 2240),
        "eh": (530, 1840, 2480),
        "aw": (570, 840, 2410),
    },
    "woman": {
        "ah": (850, 1220, 2810),
        "ee": (310, 2790, 3310),
        "oo": (370, 950, 2670),
        "eh": (610, 2330, 2990),
        "aw": (590, 920, 2710),
    },
    "child": {
        "ah": (1030, 1370, 3170),
        "ee": (370, 3200, 3730),
        "oo": (430, 1170, 3260),
        "eh": (690, 2610, 3570),
        "aw": (680, 1060, 3180),
    },
}

# Usual fundamental frequency, and a fourth formant by the length of the vocal tract.
_PITCH: dict[Person, float] = {"man": 118.0, "woman": 214.0, "child": 288.0}
_FOURTH: dict[Person, int] = {"man": 3500, "woman": 4100, "child": 4700}

_BANDWIDTHS = (80.0, 100.0, 140.0, 220.0)
_CONTROL = frames(0.01)
_CEILING = 5600.0

# A voice is spiky: at this root mean square its peaks are about 1.
_LOUDNESS = 0.27


def speak(speech: Speech, count: int) -> Wave:
    """The voice, `count` frames long, of about the same loudness whatever the vowel."""
    base = speech.pitch or _PITCH[speech.person]
    hertz = base * line(speech.tune, count)
    if not speech.steady:
        # A living voice wavers by about one part in a hundred.
        hertz = hertz * (1.0 + 0.012 * sine(phase(count, 5.3)) + 0.005 * sine(phase(count, 13.7)))
    turns = phase_along(hertz)
    control = hertz[::_CONTROL]
    mouth = _mouth(speech, len(control))
    highest = float(hertz.max())
    made = np.zeros(count)
    order = 1
    while order * highest < _CEILING:
        gain = _resonance(control * order, mouth)
        gain *= 1.0 / order
        partial = sine(turns * order)
        partial *= _joined(gain, count)
        made += partial
        order += 1
    made *= _LOUDNESS / strength_of(made)
    if not speech.steady:
        made += 0.02 * band(count, 2600.0, 2200.0, 97)
    return made * _syllables(speech, count)


def _mouth(speech: Speech, points: int) -> list[Wave]:
    """Each formant's frequency at every control point."""
    shapes = [(*_FORMANTS[speech.person][vowel], _FOURTH[speech.person]) for vowel in speech.vowels]
    tracks = []
    for formant in range(4):
        # Every vowel is held for three fifths of its time; the mouth moves in the rest.
        held = [float(shape[formant]) for shape in shapes for _ in range(5)]
        if len(shapes) > 1:
            for seam in range(5, len(held), 5):
                before, after = held[seam - 2], held[seam + 1]
                held[seam - 1] = before + (after - before) * 0.25
                held[seam] = before + (after - before) * 0.75
        tracks.append(line(held, points))
    return tracks


def _resonance(hertz: Wave, mouth: list[Wave]) -> Wave:
    """Gain of the cascade of resonances at a frequency, 1 far below the first."""
    gain = np.ones(len(hertz))
    for formant, width in zip(mouth, _BANDWIDTHS, strict=True):
        ratio = hertz / formant
        square = ratio * ratio
        damping = ratio * (width / formant)
        rest = 1.0 - square
        gain = gain / np.sqrt(rest * rest + damping * damping)
    return gain


def _joined(gain: Wave, count: int) -> Wave:
    """Control points, ten milliseconds apart, joined by straight lines."""
    after = np.append(gain[1:], gain[-1])
    within = np.arange(_CONTROL, dtype=np.float64) * (1.0 / _CONTROL)
    rise = (after - gain)[:, None] * within
    rise += gain[:, None]
    return rise.reshape(-1)[:count]


def _syllables(speech: Speech, count: int) -> Wave:
    """The opening and closing of the mouth."""
    if speech.joined or len(speech.vowels) == 1:
        return fade(count, 0.04, 0.07)
    envelope = np.zeros(count)
    number = len(speech.vowels)
    for syllable in range(number):
        start, end = count * syllable // number, count * (syllable + 1) // number
        closed = (end - start) * 22 // 100
        envelope[start : end - closed] = fade(end - start - closed, 0.03, 0.05)
    return envelope
