"""Parts of clips: cut out by time, joined end to end.

Times are seconds; a time t is the frame nearest to t × rate (halves to even), and a part is half-open, so two
parts that touch share no frame and lose none. Nothing is faded unasked: a joint is a plain splice, sample by
sample what was in the parts. A cross-fade, where wished, overlaps the end of one part with the beginning of
the next by linear gains that add up to one (equal gain, which leaves the level of alike material unchanged),
and shortens the whole by its length at each joint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from mmar.errors import UsageError

if TYPE_CHECKING:
    from mmar.audio.clip import Clip

__all__ = ["frame_at", "join", "trim"]


def frame_at(seconds: float, rate: int) -> int:
    """The frame nearest to a time, halves to even.

    Args:
        seconds: from the start of the recording.
        rate: frames a second, in Hz.
    """
    return round(seconds * rate)


def trim(clip: Clip, start: float, end: float | None = None) -> Clip:
    """A part of a clip.

    Args:
        clip: the sound.
        start: seconds from its beginning, start included.
        end: seconds from its beginning, end not included; the clip's end if `None`.

    Returns:
        A clip of `frame_at(end) − frame_at(start)` frames, which shares the samples with `clip`.

    Raises:
        UsageError: the part holds no frame, or reaches beyond the clip.
    """
    first = frame_at(start, clip.rate)
    last = clip.frames if end is None else frame_at(end, clip.rate)
    if not 0 <= first < last:
        raise UsageError(
            f"cannot cut from {start:g} s to {_end(end)}: that holds no sound; end after the start"
        )
    if last > clip.frames:
        raise UsageError(
            f"cannot cut from {start:g} s to {_end(end)}: the sound ends at {clip.duration:.3f} s; "
            "choose a part within it"
        )
    return replace(clip, samples=clip.samples[first:last])


def join(clips: Sequence[Clip], *, crossfade: float = 0.0) -> Clip:
    """Clips one after the other.

    Args:
        clips: at least one, all of the same rate and number of channels.
        crossfade: seconds by which neighbours overlap; 0 for a plain splice.

    Returns:
        A new clip; its path is the first one's.

    Raises:
        UsageError: there is no clip, rates or channels differ, or the cross-fade is longer than a clip.
    """
    import numpy as np

    if not clips:
        raise UsageError("cannot join no clips; give at least one")
    first = clips[0]
    for other in clips[1:]:
        if (other.rate, other.channels) != (first.rate, first.channels):
            raise UsageError(
                f"cannot join sound of {first.rate} Hz in {first.channels} channel(s) with sound of "
                f"{other.rate} Hz in {other.channels}; resample or mix it down first"
            )
    fade = frame_at(crossfade, first.rate)
    _check_fade(clips, fade, crossfade)
    if not fade:
        return replace(first, samples=np.concatenate([clip.samples for clip in clips]))
    out = np.zeros((sum(clip.frames for clip in clips) - fade * (len(clips) - 1), first.channels), np.float32)
    # At (k + ½)/fade, so that the two gains mirror each other and neither reaches 0 or 1 within the fade.
    rising = ((np.arange(fade, dtype=np.float32) + np.float32(0.5)) / np.float32(fade))[:, None]
    at = 0
    for number, clip in enumerate(clips):
        samples = clip.samples.copy()
        if number > 0:
            samples[:fade] *= rising
        if number < len(clips) - 1:
            samples[-fade:] *= rising[::-1]
        out[at : at + clip.frames] += samples
        at += clip.frames - fade
    return replace(first, samples=out)


def _check_fade(clips: Sequence[Clip], fade: int, crossfade: float) -> None:
    """Refuse a fade that would reach into another one, or below zero."""
    if fade < 0:
        raise UsageError(f"cannot cross-fade for {crossfade:g} s; give 0 or more")
    short = any(min(one.frames, other.frames) < fade for one, other in pairwise(clips))
    if short or any(clip.frames < 2 * fade for clip in clips[1:-1]):
        raise UsageError(
            f"cannot cross-fade for {crossfade:g} s: a part is shorter than its fades; "
            "choose a shorter cross-fade"
        )


def _end(end: float | None) -> str:
    return "its end" if end is None else f"{end:g} s"
