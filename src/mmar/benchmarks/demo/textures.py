"""Surroundings: rain, wind, an engine, a siren, waves, birds, and the hiss and hum of a bad recording."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mmar.benchmarks.demo.dice import Dice
from mmar.benchmarks.demo.events import Texture, TextureKind
from mmar.benchmarks.demo.signal import (
    RATE,
    Wave,
    band,
    decay,
    fade,
    frames,
    line,
    noise,
    phase,
    phase_along,
    sine,
    smooth,
)

__all__ = ["weave"]


def weave(texture: Texture, count: int) -> Wave:
    """`count` frames of the texture, faded in and out over 40 ms."""
    return _KINDS[texture.kind](count, texture.grain) * fade(count, 0.04, 0.04)


def _hiss(count: int, grain: int) -> Wave:
    return 0.8 * noise(count, grain)


def _hum(count: int, _grain: int) -> Wave:
    """The mains at 50 Hz and what a bad power supply makes of it."""
    made = 0.55 * sine(phase(count, 50.0))
    for hertz, amplitude in ((100.0, 0.6), (150.0, 0.35), (200.0, 0.15), (250.0, 0.12)):
        made += amplitude * sine(phase(count, hertz))
    return made


def _rain(count: int, grain: int) -> Wave:
    """A bright, even rush and single drops within it."""
    white = noise(count, grain)
    made = 0.35 * (white - smooth(white, 6))
    dice = Dice(grain, "rain")
    size = frames(0.012)
    drop = decay(size, 6)
    for _ in range(count * 90 // RATE):
        at = dice.below(max(1, count - size))
        loud = 0.15 + 0.35 * (dice.below(1000) * 0.001)
        tone = sine(phase(size, 1800.0 + dice.below(3000)))
        tone *= drop
        tone *= loud
        made[at : at + size] += tone[: count - at]
    return 0.9 * made


def _wind(count: int, grain: int) -> Wave:
    """A low band of noise whose strength and pitch wander."""
    low = band(count, 260.0, 260.0, grain)
    high = band(count, 520.0, 240.0, grain + 7)
    dice = Dice(grain, "wind")
    points = [0.35 + 0.065 * dice.below(10) for _ in range(max(3, count // frames(0.5)))]
    gust = line(points, count)
    return 1.2 * (low * gust) + 0.8 * (high * (gust * gust))


def _engine(count: int, grain: int) -> Wave:
    """Firing at about 38 Hz, rattling far up, with a little roughness."""
    turns = phase(count, 38.0)
    made = np.zeros(count)
    for order, amplitude in _ENGINE:
        # Odd phases keep the harmonics from meeting in one sharp peak.
        made += amplitude * sine(turns * order + order * order * 311_000_000)
    made *= 0.75 + 0.25 * sine(phase(count, 19.0))
    made += 0.5 * band(count, 150.0, 160.0, grain)
    return 0.6 * made


_ENGINE = (
    *((1, 0.4), (2, 0.8), (3, 0.55), (4, 0.6), (5, 0.35), (6, 0.4), (7, 0.25), (8, 0.3), (9, 0.2)),
    *((10, 0.25), (12, 0.2), (14, 0.16), (16, 0.14), (18, 0.12), (21, 0.1), (24, 0.08)),
)


def _siren(count: int, _grain: int) -> Wave:
    """A wail: up and down between 650 and 1250 Hz, once in 1.2 seconds."""
    points = max(2, int(count / frames(0.6)) + 2)
    tune = [650.0 if turn % 2 == 0 else 1250.0 for turn in range(points)]
    glide = line(tune, frames(0.6) * (points - 1))[:count]
    turns = phase_along(glide)
    made = sine(turns)
    made += 0.35 * sine(turns * 2)
    made += 0.2 * sine(turns * 3)
    return 0.85 * made


def _waves(count: int, grain: int) -> Wave:
    """Surf: noise that swells and draws back in about 1.6 seconds, brighter as it breaks."""
    swell = 0.5 - 0.5 * sine(phase(count, 0.62) + (1 << 30))
    swell = swell * swell
    body = smooth(noise(count, grain), 5)
    foam = noise(count, grain + 3)
    return 1.5 * (body * (0.08 + 0.92 * swell)) + 0.45 * (foam * (swell * swell))


def _birds(count: int, grain: int) -> Wave:
    """Chirps: quick glides between 2.4 and 4.8 kHz in little groups."""
    made = np.zeros(count)
    dice = Dice(grain, "birds")
    at = frames(0.06)
    while at < count - frames(0.2):
        base = 2400.0 + dice.below(1500)
        reach = 500.0 + dice.below(700)
        for _ in range(dice.between(2, 4)):
            size = frames(0.05 + 0.01 * dice.below(4))
            if at + size >= count:
                break
            tune = (base, base + reach, base + 0.4 * reach)
            chirp = sine(phase_along(line(tune, size)))
            chirp *= fade(size, 0.012, 0.02)
            made[at : at + size] += chirp
            at += size + frames(0.035)
        at += frames(0.12 + 0.02 * dice.below(8))
    return 0.8 * made


_KINDS: dict[TextureKind, Callable[[int, int], Wave]] = {
    "rain": _rain,
    "wind": _wind,
    "engine": _engine,
    "hiss": _hiss,
    "hum": _hum,
    "siren": _siren,
    "waves": _waves,
    "birds": _birds,
}
