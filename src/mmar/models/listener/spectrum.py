"""The short-time spectrum, and the level of bands of it.

Frames are 32 ms long under a Hann window, one every 10 ms, frame t centred on t × 10 ms. Levels are in dB
relative to a full-scale sine.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = [
    "FLOOR_DB",
    "HOP",
    "RATE",
    "WINDOW",
    "Array",
    "band_level",
    "bin_of",
    "frequencies",
    "level",
    "smoothed",
    "spectrogram",
]

RATE = 16_000
HOP = 160
WINDOW = 512

# What is softer counts as silence; 16-bit sound has nothing to say below it.
FLOOR_DB = -90.0

Array = npt.NDArray[np.float64]


def spectrogram(mono: Array) -> Array:
    """Magnitudes, scaled so that a full-scale sine has a magnitude of 1.

    Args:
        mono: samples of shape (n,), at `RATE`.

    Returns:
        Array of shape (n // HOP + 1, WINDOW // 2 + 1).
    """
    frames = _framed(mono, WINDOW)
    window = np.hanning(WINDOW)
    magnitudes: Array = np.abs(np.fft.rfft(frames * window, axis=1)) * (2.0 / window.sum())
    return magnitudes


def level(mono: Array) -> Array:
    """Level of each 10 ms, measured over 20 ms, in dB; a full-scale sine has 0 dB."""
    frames = _framed(mono, 2 * HOP)
    power = 2.0 * np.mean(frames * frames, axis=1)
    return _decibels(power)


def band_level(magnitudes: Array, low: float, high: float) -> Array:
    """Level of the band from `low` to `high` Hz in every frame, in dB."""
    part = magnitudes[:, bin_of(low) : bin_of(high) + 1]
    return _decibels(np.sum(part * part, axis=1))


def bin_of(hertz: float) -> int:
    """The column of the spectrogram nearest to a frequency."""
    return int(min(max(round(hertz * WINDOW / RATE), 0), WINDOW // 2))


def frequencies() -> Array:
    """The frequency of every column of the spectrogram in Hz."""
    columns: Array = np.arange(WINDOW // 2 + 1, dtype=np.float64) * (RATE / WINDOW)
    return columns


def smoothed(track: Array, width: int) -> Array:
    """Running mean over `width` frames, as long as the track."""
    if width < 2 or len(track) == 0:
        return track
    padded: Array = np.pad(track, (width // 2, width - 1 - width // 2), mode="edge")
    mean: Array = np.convolve(padded, np.full(width, 1.0 / width), mode="valid")
    return mean


def _framed(mono: Array, size: int) -> Array:
    padded = np.pad(mono, (size // 2, size))
    view = np.lib.stride_tricks.sliding_window_view(padded, size)
    framed: Array = view[: len(mono) + 1 : HOP]
    return framed


def _decibels(power: Array) -> Array:
    tracked: Array = np.maximum(10.0 * np.log10(power + 1e-12), FLOOR_DB)
    return tracked
