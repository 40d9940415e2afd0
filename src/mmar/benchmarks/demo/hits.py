"""Short sounds: knocks, ticks, drops, drums, claps, and a telephone's ring."""

from __future__ import annotations

from collections.abc import Callable

from mmar.benchmarks.demo.events import Hit, HitKind
from mmar.benchmarks.demo.signal import RATE, Wave, band, decay, fade, line, noise, phase, phase_along, sine

__all__ = ["strike"]


def strike(hit: Hit, count: int) -> Wave:
    """One hit; what it does after `count` frames is cut, so give it room to die away."""
    return _KINDS[hit.kind](count) * fade(count, 0.0006, 0.004)


def _knock(count: int) -> Wave:
    """Knuckles on a door: two modes of the panel and the tap of the bone."""
    made = sine(phase(count, 185.0)) * decay(count, 9)
    made += 0.6 * (sine(phase(count, 412.0)) * decay(count, 14))
    made += 0.35 * (band(count, 900.0, 700.0, 11) * decay(count, 40))
    return made


def _tick(count: int) -> Wave:
    """A clock's escapement: a few milliseconds around 3 kHz."""
    made = band(count, 3100.0, 1500.0, 23) * decay(count, 30)
    made += 0.5 * (sine(phase(count, 4300.0)) * decay(count, 36))
    return 1.3 * made


def _drop(count: int) -> Wave:
    """A drop into water: the bubble's ring, rising as the bubble shrinks."""
    return (
        sine(phase_along(line((650.0, 1500.0, 1900.0), count))) * decay(count, 6) * fade(count, 0.002, 0.01)
    )


def _drum(count: int) -> Wave:
    """A bass drum: the skin's pitch falls as it slackens."""
    return 1.2 * (sine(phase_along(line((140.0, 62.0, 55.0, 52.0), count))) * decay(count, 4))


def _clap(count: int) -> Wave:
    """Two hands: a dry burst around 1.3 kHz."""
    return 1.4 * (band(count, 1300.0, 1600.0, 37) * decay(count, 12)) + 0.2 * (
        noise(count, 41) * decay(count, 30)
    )


def _ring(count: int) -> Wave:
    """An electronic telephone: two tones, each in turn, 20 times a second."""
    turns = phase(count, 20.0)
    gate = 0.5 + 0.5 * sine(turns)
    made = sine(phase(count, 1320.0)) * gate
    made += sine(phase(count, 1080.0)) * (1.0 - gate)
    made *= fade(count, min(0.02, count / RATE / 4), 0.03)
    return 0.9 * made


_KINDS: dict[HitKind, Callable[[int], Wave]] = {
    "knock": _knock,
    "tick": _tick,
    "drop": _drop,
    "drum": _drum,
    "clap": _clap,
    "ring": _ring,
}
