"""Control conditions: replacements for a clip, to measure how much a model relies on the audio.

A model that scores as well on a control as on the clips did not need the clips
(reliance = (acc_real - acc_control) / (1 - acc_control)).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmar.audio.clip import Clip

__all__ = ["noise", "reverse", "silence", "surrogate"]


def silence(clip: Clip) -> Clip:
    """Silence of the same length, rate and number of channels."""
    import numpy as np

    return replace(clip, samples=np.zeros_like(clip.samples))


def noise(clip: Clip, seed: int) -> Clip:
    """White noise at the clip's level (root mean square over all channels), independent in each channel.

    Only length, number of channels and level are kept. Noise with the clip's own spectrum would still distinguish a
    man's voice from a woman's, and one chord from another; that is `surrogate`.

    Args:
        clip: the sound to replace.
        seed: random seed.

    Returns:
        A clip of the same shape, rate and path, scaled down if a sample would exceed full scale.
    """
    import numpy as np

    level = float(np.sqrt(np.mean(np.square(clip.samples, dtype=np.float64)))) if clip.samples.size else 0.0
    rng = np.random.Generator(np.random.PCG64(seed))
    samples = level * rng.standard_normal(clip.samples.shape)
    peak = float(np.max(np.abs(samples), initial=0.0))
    return replace(clip, samples=(samples / max(1.0, peak)).astype(np.float32))


def surrogate(clip: Clip, seed: int) -> Clip:
    """Noise with the clip's own level and spectrum: its Fourier transform with random phases.

    The long-term spectrum is kept; rhythm, words and melody are not. All channels are rotated by the same phases, so
    that the differences of level and phase between them are kept, too (phase-randomised surrogate, Theiler et al. 1992,
    Physica D 58:77).

    Args:
        clip: the sound whose spectrum is kept.
        seed: random seed.

    Returns:
        A clip of the same shape, rate and path, scaled down if a sample would exceed full scale.
    """
    import numpy as np

    frames = clip.samples.shape[0]
    spectrum = np.fft.rfft(clip.samples.astype(np.float64), axis=0)
    rng = np.random.Generator(np.random.PCG64(seed))
    rotation = np.exp(2j * np.pi * rng.random(spectrum.shape[0]))
    rotation[0] = 1.0
    if frames % 2 == 0:
        rotation[-1] = 1.0  # the bin at half the rate is real
    samples = np.fft.irfft(spectrum * rotation[:, None], n=frames, axis=0)
    peak = float(np.max(np.abs(samples), initial=0.0))
    return replace(clip, samples=(samples / max(1.0, peak)).astype(np.float32))


def reverse(clip: Clip) -> Clip:
    """The clip reversed in time."""
    import numpy as np

    return replace(clip, samples=np.ascontiguousarray(clip.samples[::-1]))
