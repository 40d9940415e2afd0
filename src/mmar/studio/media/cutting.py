"""Clips of items, cut from time ranges of a recording.

The clip holds the ranges in the given order, joined sample by sample, converted to the wanted channels and rate and
written as 16-bit WAV. Everything is measured on the written file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from mmar.audio import Clip, Facts, decode_blocks, describe, read_clip, resample, to_mono, write_wav
from mmar.audio.fingerprint import fingerprint
from mmar.audio.levels import Levels, measure_levels
from mmar.errors import UsageError
from mmar.files.hashing import sha256_file
from mmar.items.timestamps import Segment
from mmar.studio.config import LONGEST_CLIP_S
from mmar.studio.media.loudness import Loudness, measure_loudness
from mmar.studio.media.waveform import build_waveform


class PreparedClip(msgspec.Struct, frozen=True, tag=True):
    """The clip of an item, as written and measured."""

    sha256: str
    size: int
    rate: int
    channels: int
    frames: int
    loudness: Loudness
    levels: Levels
    fingerprint: bytes

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate


def prepare_clip(
    source: Path,
    segments: Sequence[Segment] | None,
    out: Path,
    waveform: Path,
    *,
    rate: int | None = None,
    channels: int | None = None,
) -> PreparedClip:
    """Cut, join, convert, write and measure the clip of an item.

    `segments` are joined in their order; `None` is the whole recording. `rate` (Hz) and `channels` (1 or 2) are
    the recording's if `None`.

    Raises:
        UsageError: a part is outside the recording, the clip would be too long, or the channels cannot be converted.
        InputError: the recording cannot be read.
        ExternalError: the disk refuses.
    """
    clip = _in_channels(cut(source, segments), channels)
    if rate is not None:
        clip = resample(clip, rate)
    write_wav(out, clip)
    result = read_clip(out)
    build_waveform(out, waveform)
    return PreparedClip(
        sha256=sha256_file(out),
        size=out.stat().st_size,
        rate=result.rate,
        channels=result.channels,
        frames=result.frames,
        loudness=measure_loudness(result),
        levels=measure_levels(result),
        fingerprint=fingerprint(result),
    )


def cut(source: Path, segments: Sequence[Segment] | None) -> Clip:
    """The joined parts of a recording with its sample rate and channels; errors as of `prepare_clip`.

    Only the parts are held in memory.
    """
    facts = describe(source)
    spans = _spans(facts, segments)
    seconds = sum(last - first for first, last in spans) / facts.rate
    if seconds > LONGEST_CLIP_S:
        raise UsageError(
            f"a clip of {seconds:.1f} s is too long, at most {LONGEST_CLIP_S:g} s are possible",
            code="clip-too-long",
            hint="choose shorter segments",
        )
    blocks = [block for first, last in spans for block in decode_blocks(source, start=first, end=last)]
    return Clip(np.concatenate(blocks), facts.rate, source)


def _spans(facts: Facts, segments: Sequence[Segment] | None) -> list[tuple[int, int]]:
    """First frame (inclusive) and end frame (exclusive) of each part."""
    if segments is None:
        return [(0, facts.frames)]
    if not segments:
        raise UsageError("a clip needs at least one segment", code="no-segments")
    spans = []
    for segment in segments:
        first, last = round(segment.start * facts.rate), round(segment.end * facts.rate)
        if last > facts.frames:
            raise UsageError(
                f"the segment from {segment.start:g} s to {segment.end:g} s is outside the recording, which ends at "
                f"{facts.duration:.3f} s",
                code="segment-outside",
                hint="choose a segment within it",
            )
        if first == last:
            raise UsageError(
                f"the segment at {segment.start:g} s is shorter than one sample",
                code="segment-too-short",
                hint="make it longer",
            )
        spans.append((first, last))
    return spans


def _in_channels(clip: Clip, channels: int | None) -> Clip:
    if channels is None or channels == clip.channels:
        return clip
    if channels == 1:
        return to_mono(clip)
    if channels == 2 and clip.channels == 1:
        return replace(clip, samples=np.repeat(clip.samples, 2, axis=1))
    raise UsageError(
        f"{clip.channels} channels cannot be converted to {channels}",
        code="channels",
        hint="choose one channel, or keep them as recorded",
    )
