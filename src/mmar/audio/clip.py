"""Decoded sound, and what can be done to it without interpreting it: channels, rate, parts.

Times are in seconds; a time t is the frame nearest to t * rate (halves to even). A part includes its start and excludes
its end, so that adjacent parts share no frame. Nothing is faded unless asked for: a joint is a plain splice. A
cross-fade overlaps the end of one part with the beginning of the next by linear gains that add up to one (equal gain),
and shortens the result by its length at each joint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from mmar.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

__all__ = ["Clip", "frame_at", "join", "resample", "to_mono", "trim"]


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
    """Resample with the SoX resampler (soxr) at its high-quality setting: band-limited, linear phase.

    Args:
        clip: sound of any number of channels.
        rate: target rate in Hz, at least 1.

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


def frame_at(seconds: float, rate: int) -> int:
    """The frame nearest to a time (halves to even)."""
    return round(seconds * rate)


def trim(clip: Clip, start: float, end: float | None = None) -> Clip:
    """A part of a clip.

    Args:
        clip: the sound.
        start: seconds from its beginning, included.
        end: seconds from its beginning, excluded; by default the clip's end.

    Returns:
        A clip of `frame_at(end) - frame_at(start)` frames, which shares its samples with `clip`.

    Raises:
        UsageError: the part has no frame, or extends beyond the clip.
    """
    first = frame_at(start, clip.rate)
    last = clip.frames if end is None else frame_at(end, clip.rate)
    until = "its end" if end is None else f"{end:g} s"
    if not 0 <= first < last:
        raise UsageError(
            f"cannot cut from {start:g} s to {until}: the part would be empty", code="invalid-part"
        )
    if last > clip.frames:
        raise UsageError(
            f"cannot cut from {start:g} s to {until}: the sound ends at {clip.duration:.3f} s",
            code="invalid-part",
        )
    return replace(clip, samples=clip.samples[first:last])


def join(clips: Sequence[Clip], *, crossfade: float = 0.0) -> Clip:
    """Concatenate clips.

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
        raise UsageError("no clips to join", code="invalid-part")
    first = clips[0]
    for other in clips[1:]:
        if (other.rate, other.channels) != (first.rate, first.channels):
            raise UsageError(
                f"cannot join {first.rate} Hz with {first.channels} channel(s) and {other.rate} Hz with "
                f"{other.channels}; resample or mix down first",
                code="clips-differ",
            )
    fade = frame_at(crossfade, first.rate)
    _check_fade(clips, fade, crossfade)
    if not fade:
        return replace(first, samples=np.concatenate([clip.samples for clip in clips]))
    out = np.zeros((sum(clip.frames for clip in clips) - fade * (len(clips) - 1), first.channels), np.float32)
    # At (k + 1/2) / fade, so that the two gains mirror each other and neither reaches 0 or 1 within the fade.
    rising = ((np.arange(fade, dtype=np.float32) + np.float32(0.5)) / np.float32(fade))[:, None]
    position = 0
    for index, clip in enumerate(clips):
        samples = clip.samples.copy()
        if index > 0:
            samples[:fade] *= rising
        if index < len(clips) - 1:
            samples[-fade:] *= rising[::-1]
        out[position : position + clip.frames] += samples
        position += clip.frames - fade
    return replace(first, samples=out)


def _check_fade(clips: Sequence[Clip], fade: int, crossfade: float) -> None:
    """Refuse a fade that is negative or would overlap another one."""
    if fade < 0:
        raise UsageError(f"cannot cross-fade for {crossfade:g} s; give 0 or more", code="invalid-crossfade")
    short = any(min(one.frames, other.frames) < fade for one, other in pairwise(clips))
    if short or any(clip.frames < 2 * fade for clip in clips[1:-1]):
        raise UsageError(
            f"cannot cross-fade for {crossfade:g} s: a part is shorter than its fades",
            code="invalid-crossfade",
        )
