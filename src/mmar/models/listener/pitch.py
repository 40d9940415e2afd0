"""Pitch: the fundamental frequency, frame by frame.

The cumulative mean normalised difference of YIN (de Cheveigné & Kawahara, JASA 111, 2002), by FFT: the
first dip below a threshold gives the period, a parabola through it the fraction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmar.models.listener.spectrum import FLOOR_DB, HOP, RATE, Array

__all__ = ["Pitch", "semitones", "track_pitch"]

_SIZE = 1024
_LONGEST = 230
_SHORTEST = 9
_THRESHOLD = 0.15


@dataclass(frozen=True, slots=True)
class Pitch:
    """Fundamental frequency over time.

    Attributes:
        hertz: shape (frames,), one every 10 ms; NaN where there is no pitch.
        aperiodicity: shape (frames,), from 0 (periodic) to about 1 (noise).
    """

    hertz: Array
    aperiodicity: Array

    def between(self, start: int, end: int) -> Array:
        """The pitches that are there from frame `start` to before frame `end`."""
        part = self.hertz[start:end]
        found: Array = part[~np.isnan(part)]
        return found


def track_pitch(mono: Array, levels: Array, range_db: float = 30.0) -> Pitch:
    """Follow the pitch of whatever dominates, from 70 to 1780 Hz.

    Args:
        mono: samples at `RATE`.
        levels: level of every frame in dB.
        range_db: frames this much softer than the loudest have no pitch.

    Returns:
        The track, as long as `levels`.
    """
    padded = np.pad(mono, (_SIZE // 2, _SIZE))
    view = np.lib.stride_tricks.sliding_window_view(padded, _SIZE)[: len(mono) + 1 : HOP]
    hertz = np.full(len(levels), np.nan)
    rough = np.ones(len(levels))
    loud = np.flatnonzero(levels > max(levels.max() - range_db, FLOOR_DB + 20))
    for begin in range(0, len(loud), 512):
        rows = loud[begin : begin + 512]
        hertz[rows], rough[rows] = _periods(view[rows])
    return Pitch(hertz, rough)


def semitones(of: Array | float, above: Array | float) -> Array:
    """The interval between two frequencies in equal-tempered semitones."""
    interval: Array = 12.0 * np.log2(np.asarray(of) / np.asarray(above))
    return interval


def _periods(frames: Array) -> tuple[Array, Array]:
    """Frequency in Hz (NaN if none) and aperiodicity of every row."""
    half = _SIZE - _LONGEST
    head = np.fft.rfft(frames[:, :half], 2 * _SIZE, axis=1)
    whole = np.fft.rfft(frames, 2 * _SIZE, axis=1)
    product = np.fft.irfft(np.conj(head) * whole, axis=1)[:, : _LONGEST + 1]
    energy = np.cumsum(np.pad(frames * frames, ((0, 0), (1, 0))), axis=1)
    moving = energy[:, half : half + _LONGEST + 1] - energy[:, : _LONGEST + 1]
    difference = np.maximum(moving[:, :1] + moving - 2.0 * product, 0.0)
    lags = np.arange(1, _LONGEST + 1)
    normal = difference[:, 1:] * lags / (np.cumsum(difference[:, 1:], axis=1) + 1e-12)
    normal = np.hstack([np.ones((len(frames), 1)), normal])

    inner = normal[:, _SHORTEST:-1]
    is_dip = (inner <= normal[:, _SHORTEST - 1 : -2]) & (inner < normal[:, _SHORTEST + 1 :])
    deep = is_dip & (inner < _THRESHOLD)
    lag = np.where(deep.any(axis=1), deep.argmax(axis=1), inner.argmin(axis=1)) + _SHORTEST
    rows = np.arange(len(frames))
    depth = normal[rows, lag]
    before, after = normal[rows, lag - 1], normal[rows, np.minimum(lag + 1, _LONGEST)]
    bend = before - 2.0 * depth + after
    shift = np.where(bend > 1e-9, 0.5 * (before - after) / np.maximum(bend, 1e-9), 0.0)
    hertz = np.where(depth < 2 * _THRESHOLD, RATE / (lag + np.clip(shift, -0.5, 0.5)), np.nan)
    return hertz, depth
