"""From one sampling rate to another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mmar.errors import UsageError

if TYPE_CHECKING:
    from mmar.audio.clip import Clip

__all__ = ["resample"]


def resample(clip: Clip, rate: int) -> Clip:
    """The same sound at another rate, by the SoX resampler at its high-quality setting.

    Band-limited and linear in phase: what lies below both Nyquist frequencies stays, in time and level.

    Args:
        clip: sound of any number of channels.
        rate: wanted frames a second, in Hz, at least 1.

    Returns:
        A clip of about `frames × rate / clip.rate` frames; the same object if the rate is that already.

    Raises:
        UsageError: if the rate is below 1 Hz.
    """
    if rate < 1:
        raise UsageError(f"cannot resample to {rate} Hz: the rate must be at least 1 Hz")
    if rate == clip.rate:
        return clip
    import numpy as np
    import soxr

    # soxr refuses arrays that are not contiguous, such as one channel sliced out of two.
    samples = soxr.resample(np.ascontiguousarray(clip.samples), clip.rate, rate, quality="HQ")
    return replace(clip, samples=samples.astype(np.float32, copy=False), rate=rate)
