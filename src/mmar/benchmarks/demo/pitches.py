"""Notes as frequencies, equal-tempered, A above middle C at 440 Hz.

The twelve ratios are written out, because a power function is not the same on every machine; octaves are
exact doublings.
"""

from __future__ import annotations

__all__ = ["hertz", "semitones"]

_RATIOS = (
    1.0,
    1.0594630943592953,
    1.122462048309373,
    1.189207115002721,
    1.2599210498948732,
    1.3348398541700344,
    1.4142135623730951,
    1.4983070768766815,
    1.5874010519681994,
    1.681792830507429,
    1.7817974362806785,
    1.8877486253633868,
)


def hertz(midi: int) -> float:
    """The frequency of a MIDI note number in Hz; 60 is middle C, 69 is 440 Hz."""
    return 440.0 * semitones(midi - 69)


def semitones(count: int) -> float:
    """The frequency ratio of an interval of so many equal-tempered semitones, up or down."""
    octaves, step = divmod(count, 12)
    return _RATIOS[step] * (float(1 << octaves) if octaves >= 0 else 1.0 / (1 << -octaves))
