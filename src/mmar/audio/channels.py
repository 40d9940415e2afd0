"""From several channels to one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmar.audio.clip import Clip

__all__ = ["to_mono"]


def to_mono(clip: Clip) -> Clip:
    """The mean of all channels, as one channel.

    The mean, not the first channel: a sound that is only on the right stays audible, and equal channels
    keep their level. Opposed channels cancel, as they do in any mono receiver.

    Args:
        clip: sound of any number of channels.

    Returns:
        A clip of shape (frames, 1); the same object if it is mono already.
    """
    if clip.channels == 1:
        return clip
    return replace(clip, samples=clip.samples.mean(axis=1, keepdims=True, dtype="float32"))
