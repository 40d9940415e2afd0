"""Control conditions: what a model is given in place of the sound, to see whether it listens.

A model that scores as well on a control as on the clips did not need the clips (METHODS of the
project: reliance = (acc_real − acc_control) / (1 − acc_control)).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmar.audio.clip import Clip

__all__ = ["noise", "reverse", "silence", "surrogate"]


def silence(clip: Clip) -> Clip:
    """As many frames, at the same rate, in as many channels, every sample zero.

    Length, rate and channels are kept, so that nothing but the sound itself is taken away.

    Args:
        clip: the sound to fall silent.

    Returns:
        A clip of zeros of the same shape, rate and path.
    """
    import numpy as np

    return replace(clip, samples=np.zeros_like(clip.samples))


def noise(clip: Clip, seed: int) -> Clip:
    """White noise at the clip's level (root mean square over all channels), every channel by itself.

    Nothing but length, number of channels and level stays. Noise with the clip's own spectrum would still tell a man's
    voice from a woman's and one chord from another; that is `surrogate`.

    Args:
        clip: the sound to take the place of.
        seed: of the noise.

    Returns:
        A clip of the same shape, rate and path, scaled down where a sample would pass full scale.
    """
    import numpy as np

    level = float(np.sqrt(np.mean(np.square(clip.samples, dtype=np.float64)))) if clip.samples.size else 0.0
    random = np.random.Generator(np.random.PCG64(seed))
    samples = level * random.standard_normal(clip.samples.shape)
    peak = float(np.max(np.abs(samples), initial=0.0))
    return replace(clip, samples=(samples / max(1.0, peak)).astype(np.float32))


def surrogate(clip: Clip, seed: int) -> Clip:
    """Noise with the clip's own level and spectrum: the magnitudes of its Fourier transform under random phases.

    What can be told from the long-term spectrum stays; rhythm, words and melody go. All channels turn by the
    same phases, so that the differences of level and phase between them stay too (a phase-randomised surrogate,
    Theiler et al. 1992, Physica D 58:77).

    Args:
        clip: the sound to take the spectrum from.
        seed: of the phases.

    Returns:
        A clip of the same shape, rate and path, scaled down where a sample would pass full scale.
    """
    import numpy as np

    frames = clip.samples.shape[0]
    spectrum = np.fft.rfft(clip.samples.astype(np.float64), axis=0)
    random = np.random.Generator(np.random.PCG64(seed))
    turn = np.exp(2j * np.pi * random.random(spectrum.shape[0]))
    turn[0] = 1.0
    if frames % 2 == 0:
        turn[-1] = 1.0  # the bin at half the rate is real
    samples = np.fft.irfft(spectrum * turn[:, None], n=frames, axis=0)
    peak = float(np.max(np.abs(samples), initial=0.0))
    return replace(clip, samples=(samples / max(1.0, peak)).astype(np.float32))


def reverse(clip: Clip) -> Clip:
    """The clip from its end to its beginning: the same sounds without their order in time.

    Args:
        clip: the sound to reverse.

    Returns:
        A clip of the same shape, rate and path.
    """
    import numpy as np

    return replace(clip, samples=np.ascontiguousarray(clip.samples[::-1]))
