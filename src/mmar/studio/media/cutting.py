"""From a whole recording and some time ranges to the clip of an item.

The clip holds the ranges in the order given, one after the other, to the sample what the recording holds
there. It is then brought to the wanted channels and rate and written as 16-bit WAV; what was written is
measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mmar.audio import Facts, decode_blocks, describe, read_clip, resample, to_mono, write_wav
from mmar.audio.clip import Clip, frame_at, join
from mmar.audio.fingerprint_landmarks import fingerprint
from mmar.audio.levels import Levels, measure_levels
from mmar.errors import UsageError
from mmar.files.hashing import sha256_file
from mmar.studio.media.loudness import Loudness, measure_loudness

if TYPE_CHECKING:
    from mmar.items.timestamps import Segment

__all__ = ["Prepared", "cut", "prepare_clip"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """The clip of an item, written, and what was measured of it.

    Attributes:
        path: the WAV file.
        sha256: of the file's bytes.
        size: its length in bytes.
        rate: frames a second, in Hz.
        channels: number of channels.
        frames: length in frames.
        missing: seconds that the ranges ask for beyond the recording's end; 0 unless that was allowed.
        limited: samples that resampling or a cross-fade brought beyond full scale and writing limited to it.
        loudness: integrated loudness and true peak.
        levels: silence, clipping, peak.
        fingerprint: for `mmar.audio.fingerprint_landmarks.similarity`.
    """

    path: Path
    sha256: str
    size: int
    rate: int
    channels: int
    frames: int
    missing: float
    limited: int
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
    *,
    rate: int | None = None,
    channels: int | None = None,
    crossfade: float = 0.0,
    allow_short: float = 0.0,
    max_seconds: float = 600.0,
) -> Prepared:
    """Cut, join, convert, write and measure the clip of an item.

    Args:
        source: the whole recording, as `mmar.audio.read.readable_audio` gives it.
        segments: the parts of it, in the order in which they are joined; `None` for all of it.
        out: the WAV file to write or to replace; its folder must exist.
        rate: wanted rate in Hz; the recording's if `None`.
        channels: 1 mixes down, 2 doubles a mono recording; the recording's if `None`.
        crossfade: seconds by which neighbouring parts overlap; 0 splices them.
        allow_short: seconds by which a part may reach beyond the recording's end (published time ranges are
            whole seconds, recordings are not); what is missing is reported.
        max_seconds: longest clip that is made.

    Returns:
        What was written and measured.

    Raises:
        UsageError: a part lies outside the recording, the clip would be too long, or the conversion is not
            one.
        InputError: the recording cannot be read.
        ExternalError: the disk refuses.
    """
    clip = cut(source, segments, crossfade=crossfade, allow_short=allow_short, max_seconds=max_seconds)
    missing = _missing(source, segments)
    clip = _in_channels(clip, channels)
    if rate is not None:
        clip = resample(clip, rate)
    import numpy as np

    limited = int(np.count_nonzero(np.abs(clip.samples) > 1))
    write_wav(out, clip)
    written = read_clip(out)
    return Prepared(
        path=out,
        sha256=sha256_file(out),
        size=out.stat().st_size,
        rate=written.rate,
        channels=written.channels,
        frames=written.frames,
        missing=missing,
        limited=limited,
        loudness=measure_loudness(written),
        levels=measure_levels(written),
        fingerprint=fingerprint(written),
    )


def cut(
    source: Path,
    segments: Sequence[Segment] | None,
    *,
    crossfade: float = 0.0,
    allow_short: float = 0.0,
    max_seconds: float = 600.0,
) -> Clip:
    """The parts of a recording, joined; only they are held in memory.

    Args:
        source: the whole recording.
        segments: as for `prepare_clip`.
        crossfade: as for `prepare_clip`.
        allow_short: as for `prepare_clip`.
        max_seconds: as for `prepare_clip`.

    Returns:
        A clip in the recording's own rate and channels.

    Raises:
        UsageError: as for `prepare_clip`.
        InputError: the recording cannot be read.
    """
    import numpy as np

    facts = describe(source)
    spans = _spans(facts, segments, allow_short)
    seconds = sum(last - first for first, last in spans) / facts.rate
    if seconds > max_seconds:
        raise UsageError(
            f"cannot make a clip of {seconds:.1f} s: the longest is {max_seconds:g} s; choose shorter parts"
        )
    parts = []
    for first, last in spans:
        samples = np.concatenate(list(decode_blocks(source, start=first, end=last)))
        parts.append(Clip(samples, facts.rate, source))
    return join(parts, crossfade=crossfade)


def _spans(facts: Facts, segments: Sequence[Segment] | None, allow_short: float) -> list[tuple[int, int]]:
    """First and last-but-one frame of each part."""
    if segments is None:
        return [(0, facts.frames)]
    if not segments:
        raise UsageError("cannot make a clip of no parts; mark at least one time range")
    spans = []
    for segment in segments:
        first, last = frame_at(segment.start, facts.rate), frame_at(segment.end, facts.rate)
        if first >= facts.frames or last > facts.frames + frame_at(allow_short, facts.rate):
            raise UsageError(
                f"the part from {segment.start:g} s to {segment.end:g} s lies outside the recording, which ends at "
                f"{facts.duration:.3f} s; choose a part within it"
            )
        if first == last:
            raise UsageError(f"the part at {segment.start:g} s is shorter than one sample; make it longer")
        spans.append((first, min(last, facts.frames)))
    return spans


def _missing(source: Path, segments: Sequence[Segment] | None) -> float:
    end = describe(source).duration
    return sum((max(0.0, segment.end - end) for segment in segments or ()), start=0.0)


def _in_channels(clip: Clip, channels: int | None) -> Clip:
    if channels is None or channels == clip.channels:
        return clip
    if channels == 1:
        return to_mono(clip)
    if channels == 2 and clip.channels == 1:
        import numpy as np

        return replace(clip, samples=np.repeat(clip.samples, 2, axis=1))
    raise UsageError(
        f"cannot turn {clip.channels} channels into {channels}: give 1 to mix down, or keep them as they are"
    )
