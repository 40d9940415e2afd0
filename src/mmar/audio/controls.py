"""Control conditions: what a model is given in place of the sound, to see whether it listens.

A model that scores as well on a control as on the clips did not need the clips (METHODS of the
project: reliance = (acc_real − acc_control) / (1 − acc_control)).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmar.audio.clip import Clip

__all__ = ["silence"]


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
