"""Decoded sound, and what can be done to it without interpreting it: channels, rate, control conditions.

Control conditions (silence, noise, surrogate, reversed) replace a clip, to measure how much a model relies on the audio:
one that scores as well on a control as on the clips did not need the clips.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mmar.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Decoded sound.

    Two clips are never equal with `==`; compare their samples, or the digests of their files.

    Attributes:
        samples: float32 of shape (frames, channels), full scale at 1; values beyond it are allowed (a float file can
            contain them) and are limited only when 16-bit PCM is written.
        rate: frames per second, in Hz.
        path: the file that the sound was read from; `None` for sound made in memory. A clip derived from another
            keeps its path.

    Raises:
        ValueError: the samples are not float32 of shape (frames, channels) with at least one channel, or the rate is
            not positive.
    """

    samples: npt.NDArray[np.float32]
    rate: int
    path: Path | None = None

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or self.samples.shape[1] < 1 or self.samples.dtype.name != "float32":
            raise ValueError(
                "samples must be float32 of shape (frames, channels), "
                f"not {self.samples.dtype} of shape {self.samples.shape}"
            )
        if self.rate < 1:
            raise ValueError(f"rate must be at least 1 Hz, not {self.rate}")

    def __repr__(self) -> str:
        source = f", {self.path}" if self.path else ""
        return f"Clip({self.duration:.3f} s, {self.rate} Hz, {self.channels} channel{'s' * (self.channels != 1)}{source})"

    @property
    def frames(self) -> int:
        """Length in frames (one sample of every channel)."""
        return int(self.samples.shape[0])

    @property
    def channels(self) -> int:
        """Number of channels; 1 is mono, 2 is left and right."""
        return int(self.samples.shape[1])

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts that a file states about its sound.

    Attributes:
        rate: frames per second, in Hz.
        frames: length in frames.
        container: libsndfile's name of the file format, such as `WAV` or `FLAC`; of a file that ffmpeg reads, the
            container and the codec, such as `MP4/AAC`.
        encoding: libsndfile's name of the sample format, such as `PCM_16`.
        size: length of the file in bytes.
    """

    rate: int
    channels: int
    frames: int
    container: str
    encoding: str
    size: int

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate


def to_mono(clip: Clip) -> Clip:
    """The mean of all channels, as one channel.

    Unlike the first channel alone, the mean keeps sound that is only on the right. Channels of opposite phase cancel.

    Returns:
        A clip of shape (frames, 1); the same object if it is mono already.
    """
    if clip.channels == 1:
        return clip
    return replace(clip, samples=clip.samples.mean(axis=1, keepdims=True, dtype="float32"))


def resample(clip: Clip, rate: int) -> Clip:
    """Resample to a rate in Hz with the SoX resampler (soxr) at its high-quality setting: band-limited, linear phase.

    Returns:
        A clip of about `frames * rate / clip.rate` frames; the same object if it has that rate already.

    Raises:
        UsageError: the rate is below 1 Hz.
    """
    if rate < 1:
        raise UsageError(f"cannot resample to {rate} Hz; the rate must be at least 1 Hz", code="invalid-rate")
    if rate == clip.rate:
        return clip
    import numpy as np
    import soxr

    # soxr refuses arrays that are not contiguous, such as one channel sliced out of two.
    samples = soxr.resample(np.ascontiguousarray(clip.samples), clip.rate, rate, quality="HQ")
    return replace(clip, samples=samples.astype(np.float32, copy=False), rate=rate)


def silence(clip: Clip) -> Clip:
    """Silence of the same length, rate and number of channels."""
    import numpy as np

    return replace(clip, samples=np.zeros_like(clip.samples))


def noise(clip: Clip, seed: int) -> Clip:
    """White noise at the clip's level (root mean square over all channels), independent in each channel.

    Only length, number of channels and level are kept. Noise with the clip's own spectrum would still distinguish a
    man's voice from a woman's, and one chord from another; that is `surrogate`.

    Returns:
        A clip of the same shape, rate and path, scaled down if a sample would exceed full scale.
    """
    import numpy as np

    level = float(np.sqrt(np.mean(np.square(clip.samples, dtype=np.float64)))) if clip.samples.size else 0.0
    rng = np.random.Generator(np.random.PCG64(seed))
    return _within_full_scale(clip, level * rng.standard_normal(clip.samples.shape))


def surrogate(clip: Clip, seed: int) -> Clip:
    """Noise with the clip's own level and spectrum: its Fourier transform with random phases.

    The long-term spectrum is kept; rhythm, words and melody are not. All channels are rotated by the same phases, so
    that the differences of level and phase between them are kept, too (phase-randomised surrogate, Theiler et al. 1992,
    Physica D 58:77). The result is scaled down if a sample would exceed full scale.
    """
    import numpy as np

    frames = clip.samples.shape[0]
    spectrum = np.fft.rfft(clip.samples.astype(np.float64), axis=0)
    rng = np.random.Generator(np.random.PCG64(seed))
    rotation = np.exp(2j * np.pi * rng.random(spectrum.shape[0]))
    rotation[0] = 1.0
    if frames % 2 == 0:
        rotation[-1] = 1.0  # the bin at half the rate is real
    return _within_full_scale(clip, np.fft.irfft(spectrum * rotation[:, None], n=frames, axis=0))


def _within_full_scale(clip: Clip, samples: npt.NDArray[np.float64]) -> Clip:
    """A clip of other samples, scaled down if one would exceed full scale."""
    import numpy as np

    peak = float(np.max(np.abs(samples), initial=0.0))
    return replace(clip, samples=(samples / max(1.0, peak)).astype(np.float32))


def reverse(clip: Clip) -> Clip:
    """The clip reversed in time."""
    import numpy as np

    return replace(clip, samples=np.ascontiguousarray(clip.samples[::-1]))
