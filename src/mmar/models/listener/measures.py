"""What the listener measures in a clip, on a grid of 10 ms frames."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from mmar.audio import Clip, resample

__all__ = ["Array", "Sound", "semitones"]

Array = npt.NDArray[np.float64]

_RATE, _HOP, _WINDOW = 16_000, 160, 640
_HZ = np.fft.rfftfreq(2 * _WINDOW, 1 / _RATE)
_LOWEST, _HIGHEST = 70.0, 1600.0  # Hz, of the pitch


def semitones(hz: float, reference: float) -> float:
    """The interval between two frequencies."""
    return float(12 * np.log2(hz / reference))


def _between(low: float, high: float) -> npt.NDArray[np.bool_]:
    inside: npt.NDArray[np.bool_] = np.greater_equal(_HZ, low) & np.less_equal(_HZ, high)
    return inside


class Sound:
    """Measurements of one clip.

    Attributes:
        channels: samples at 16 kHz, of shape (frames, channels).
        mono: the mean of the channels.
    """

    def __init__(self, clip: Clip) -> None:
        """Resample the clip, of any rate and number of channels."""
        self.channels: Array = resample(clip, _RATE).samples.astype(np.float64)
        self.mono: Array = self.channels.mean(axis=1)

    @property
    def is_audible(self) -> bool:
        """Whether the clip lasts 0.2 s and is more than digital silence (two steps of 16 bits)."""
        return len(self.mono) >= _RATE // 5 and bool(np.abs(self.channels).max() > 2 / 32768)

    @cached_property
    def frames(self) -> Array:
        """Windows of 40 ms, of shape (frames, samples)."""
        padded = np.pad(self.mono, (_WINDOW // 2, _WINDOW))
        return np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[: max(1, len(self.mono)) : _HOP]

    @cached_property
    def power(self) -> Array:
        """Power spectrum of each frame."""
        power: Array = np.abs(np.fft.rfft(self.frames * np.hanning(_WINDOW), 2 * _WINDOW)) ** 2 / _WINDOW**2
        return power

    def band(self, low: float = 0.0, high: float = _RATE / 2) -> Array:
        """Level of each frame between two frequencies, in dB."""
        level: Array = 10 * np.log10(self.power[:, _between(low, high)].sum(axis=1) + 1e-12)
        return level

    def spectrum(self, part: slice = slice(None)) -> Array:
        """Mean power spectrum of some frames."""
        mean: Array = self.power[part].mean(axis=0) + 1e-15
        return mean

    def flatness(self, part: slice = slice(None), low: float = 500.0, high: float = 6000.0) -> float:
        """Geometric over arithmetic mean of the spectrum: near 1 for noise, near 0 for tones."""
        spectrum = self.spectrum(part)[_between(low, high)]
        return float(np.exp(np.log(spectrum).mean()) / spectrum.mean())

    def strongest(self, low: float, high: float, part: slice = slice(None)) -> float:
        """Frequency of the strongest line between two frequencies, in Hz."""
        inside = np.flatnonzero(_between(low, high))
        return float(_HZ[inside[self.spectrum(part)[inside].argmax()]])

    @cached_property
    def pitch(self) -> Array:
        """Pitch of each frame in Hz by autocorrelation; NaN where there is none."""
        transform = (
            np.abs(np.fft.rfft(self.frames - self.frames.mean(axis=1, keepdims=True), 2 * _WINDOW)) ** 2
        )
        similarity = np.fft.irfft(transform)[:, : int(_RATE / _LOWEST) + 2]
        similarity /= np.maximum(similarity[:, :1], 1e-9) * (1 - np.arange(similarity.shape[1]) / _WINDOW)
        shortest = int(_RATE / _HIGHEST)
        inner = similarity[:, shortest:-1]
        peaks = (inner >= similarity[:, shortest - 1 : -2]) & (inner >= similarity[:, shortest + 1 :])
        best = np.where(peaks, inner, 0).max(axis=1, keepdims=True)
        # The first peak that is nearly as high as the highest: not a multiple of the period.
        lags = (peaks & (inner > 0.9 * best)).argmax(axis=1) + shortest
        level = self.band()
        return np.where((best[:, 0] > 0.6) & (level > level.max() - 25), _RATE / lags, np.nan)

    def voiced(self, low: float = 75.0, high: float = 430.0) -> Array:
        """Pitches within a range, in order of time, in Hz."""
        with np.errstate(invalid="ignore"):
            return self.pitch[(low < self.pitch) & (self.pitch < high)]

    def onsets(
        self, low: float = 0.0, high: float = _RATE / 2, *, rise: float = 8.0, apart: int = 15
    ) -> list[int]:
        """Frames at which the level of a band rises by `rise` dB within 50 ms, at least `apart` frames apart."""
        level = self.band(low, high)
        growth = level[5:] - level[:-5]
        found: list[int] = []
        for index in np.flatnonzero((growth > rise) & (level[5:] > level.max() - 20)):
            if not found or index - found[-1] > apart:
                found.append(int(index))
            elif growth[index] > growth[found[-1]]:
                found[-1] = int(index)
        return [index + 5 for index in found]
