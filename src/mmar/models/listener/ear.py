"""A clip made ready for measuring: one rate, and each analysis done once, when first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mmar.audio import resample
from mmar.models.listener.onsets import stretches
from mmar.models.listener.pitch import Pitch, semitones, track_pitch
from mmar.models.listener.spectrum import RATE, Array, band_level, frequencies, level, spectrogram

if TYPE_CHECKING:
    from mmar.audio import Clip

__all__ = ["Ear", "Tone"]

# Softer than this from beginning to end is silence: two steps of 16 bits.
_SILENCE = 2.0 / 32768.0


class Ear:
    """What can be measured in one clip.

    Args:
        clip: sound of any rate and number of channels, at least one frame.
    """

    def __init__(self, clip: Clip) -> None:
        # Clipping shows in the samples as they came; resampling rounds its corners.
        self.raw: Array = clip.samples.astype(np.float64)
        self.channels: Array = resample(clip, RATE).samples.astype(np.float64)
        self.mono: Array = self.channels.mean(axis=1)

    @property
    def seconds(self) -> float:
        """Length of the clip."""
        return len(self.mono) / RATE

    @cached_property
    def is_silent(self) -> bool:
        """Whether no channel holds anything to be heard."""
        return bool(np.abs(self.channels).max(initial=0.0) <= _SILENCE)

    @cached_property
    def magnitudes(self) -> Array:
        """Spectrogram of the mono mix, see `spectrum`."""
        return spectrogram(self.mono)

    @cached_property
    def levels(self) -> Array:
        """Level every 10 ms in dB."""
        return level(self.mono)

    @cached_property
    def pitch(self) -> Pitch:
        """Pitch every 10 ms."""
        return track_pitch(self.mono, self.levels)

    @cached_property
    def sides(self) -> tuple[Array, Array]:
        """Level of the left and of the right channel every 10 ms in dB; equal for one channel."""
        left = level(self.channels[:, 0])
        return left, left if self.channels.shape[1] == 1 else level(self.channels[:, 1])

    def band(self, low: float, high: float) -> Array:
        """Level between two frequencies every 10 ms in dB."""
        return band_level(self.magnitudes, low, high)

    @cached_property
    def foreground(self) -> Array:
        """The spectrogram less what goes on all the time, by spectral subtraction (Boll 1979)."""
        steady = np.percentile(self.magnitudes, 20, axis=0)
        rest: Array = np.maximum(self.magnitudes - 1.5 * steady, 0.0)
        return rest

    def centroid(self, start: int = 0, end: int | None = None) -> float:
        """Centre of gravity of the power spectrum between two frames, in Hz."""
        power = np.mean(self.magnitudes[start:end] ** 2, axis=0)
        return float(np.sum(power * frequencies()) / max(float(np.sum(power)), 1e-18))

    def flatness(self, low: float, high: float, start: int = 0, end: int | None = None) -> float:
        """Geometric over arithmetic mean of the power in a band: 1 for white noise, near 0 for tones."""
        columns = (frequencies() >= low) & (frequencies() <= high)
        power = np.mean(self.magnitudes[start:end, columns] ** 2, axis=0) + 1e-15
        return float(np.exp(np.mean(np.log(power))) / np.mean(power))

    @cached_property
    def active(self) -> list[tuple[int, int]]:
        """Stretches of sound within 30 dB of the loudest moment, as (start, end) in frames."""
        return stretches(self.levels > self.levels.max() - 30.0)

    @cached_property
    def tones(self) -> list[Tone]:
        """Stretches of steady pitch: the notes of a melody, if one instrument plays."""
        return _steady(self.pitch)


@dataclass(frozen=True, slots=True)
class Tone:
    """A stretch in which the pitch moves by less than half a semitone from frame to frame.

    Attributes:
        start: first frame.
        end: frame after the last.
        hertz: median pitch.
    """

    start: int
    end: int
    hertz: float


def _steady(pitch: Pitch, shortest: int = 6) -> list[Tone]:
    hertz = pitch.hertz
    # A comparison with NaN is false, so a tone also ends where there is no pitch.
    with np.errstate(invalid="ignore"):
        goes_on = np.abs(semitones(hertz[1:], hertz[:-1])) < 0.5
    return [
        Tone(start, end + 1, float(np.median(hertz[start : end + 1])))
        for start, end in stretches(goes_on, shortest=shortest - 1, bridge=0)
    ]
