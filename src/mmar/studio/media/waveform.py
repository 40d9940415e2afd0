"""Waveform files, computed once on the server, so that browsers need not decode recordings to draw them.

A waveform file holds, for stretches of 256 samples, the smallest and the largest sample of each channel as
one signed byte each (±127 is full scale), and the same for stretches four, 16, 64 and 256 times as long.
Building it reads the recording block by block; serving a window of it reads a few thousand bytes, however
long the recording is.

    "MMWF"  version (u8)  header's length (u32)  header (JSON)  each level: int8 of (points, channels, 2)

The JSON that is served has the layout of audiowaveform, version 2, which wavesurfer and peaks.js read: minimum and maximum of the first channel, then of the next, point after point.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mmar.audio import decode_blocks, describe
from mmar.errors import ExternalError, InputError, UsageError
from mmar.files.atomic import write_atomic

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["PeakWindow", "Waveform", "build_waveform", "open_waveform"]

_MAGIC = b"MMWF\x01"
_LENGTH = struct.Struct("<I")
_FINEST = 256
_FACTOR = 4
_LEVELS = 5
_LONGEST_HEADER = 1 << 16


class PeakWindow(msgspec.Struct, frozen=True):
    """The waveform of a time range of a recording.

    Attributes:
        rate: the recording's rate in Hz.
        channels: number of channels.
        samples_per_point: how many frames one point stands for; the last point may stand for fewer.
        first_frame: the frame that the first point begins with.
        points: how many points.
        data: signed bytes, minimum and maximum of each channel of each point, ±127 for full scale.
    """

    rate: int
    channels: int
    samples_per_point: int
    first_frame: int
    points: int
    data: bytes

    @property
    def start(self) -> float:
        """Seconds at which the first point begins."""
        return self.first_frame / self.rate

    def to_json(self) -> bytes:
        """The window as audiowaveform's JSON, with `start`, in seconds, beside its fields."""
        return msgspec.json.encode(
            {
                "version": 2,
                "channels": self.channels,
                "sample_rate": self.rate,
                "samples_per_pixel": self.samples_per_point,
                "bits": 8,
                "length": self.points,
                "start": self.start,
                "data": memoryview(self.data).cast("b").tolist(),
            }
        )


class _Level(msgspec.Struct, frozen=True):
    samples_per_point: int
    points: int
    offset: int


class Waveform(msgspec.Struct, frozen=True):
    """An open waveform file; only its header is in memory.

    Attributes:
        path: the file.
        rate: the recording's rate in Hz.
        channels: number of channels.
        frames: the recording's length in frames.
        levels: what the file holds, the finest first.
    """

    path: Path
    rate: int
    channels: int
    frames: int
    levels: tuple[_Level, ...]

    @property
    def duration(self) -> float:
        """The recording's length in seconds."""
        return self.frames / self.rate

    def window(self, start: float = 0.0, end: float | None = None, points: int = 2000) -> PeakWindow:
        """The waveform between two times.

        Args:
            start: seconds from the beginning.
            end: seconds from the beginning; the recording's end if `None` or later than it.
            points: about how many points are wanted, as many as there are pixels, 1 to 100,000. There will be
                as many or up to twice as many, fewer where that would be less than 256 samples a point.

        Returns:
            Points that cover the stretch; the first may begin before it and the last end after it.

        Raises:
            UsageError: the stretch is empty or outside the recording, or the number of points is.
            ExternalError: the file can no longer be read.
        """
        last = self.frames if end is None else min(self.frames, round(end * self.rate))
        first = round(start * self.rate)
        if not (0 <= first < last and 1 <= points <= 100_000):
            raise UsageError(
                f"no waveform of {points} points from {start:g} s to {self.duration if end is None else end:g} s: "
                f"the recording goes from 0 to {self.duration:.3f} s; ask for 1 to 100,000 points within it",
                code="invalid-range",
            )
        wanted = (last - first) / points
        fine_enough = [level for level in self.levels if level.samples_per_point <= wanted]
        level = fine_enough[-1] if fine_enough else self.levels[0]
        # Whole points of the level are taken together, counted from the beginning of the recording, so that a
        # window drawn beside another one shows the same points.
        group = max(1, int(wanted / level.samples_per_point))
        size = level.samples_per_point * group
        low, high = first // size, -(-last // size)
        data = _grouped(self._read(level, low * group, min(high * group, level.points)), group, self.channels)
        return PeakWindow(self.rate, self.channels, size, low * size, len(data), data.tobytes())

    def _read(self, level: _Level, first: int, last: int) -> npt.NDArray[np.int8]:
        import numpy as np

        width = 2 * self.channels
        try:
            with self.path.open("rb") as stream:
                stream.seek(level.offset + first * width)
                data = stream.read((last - first) * width)
        except OSError as error:
            raise ExternalError(
                f"{self.path}: cannot be read ({error.strerror or error}); build it again",
                code="not-readable",
            ) from None
        return np.frombuffer(data, np.int8).reshape(-1, self.channels, 2)


def build_waveform(path: Path, out: Path) -> Waveform:
    """Compute the waveform of a recording and write it atomically.

    Args:
        path: a file that `mmar.audio` reads.
        out: the waveform file to write or to replace.

    Returns:
        The waveform, opened.

    Raises:
        InputError: the recording cannot be read.
        ExternalError: the disk refuses.
    """
    import numpy as np

    facts = describe(path)
    finest = np.concatenate(list(_finest_points(path)))
    levels = [finest]
    while len(levels) < _LEVELS:
        levels.append(_grouped(levels[-1], _FACTOR, facts.channels))
    frames = facts.frames
    described: list[_Level] = []
    offset = 0
    for number, level in enumerate(levels):
        described.append(_Level(_FINEST * _FACTOR**number, len(level), offset))
        offset += level.nbytes
    head = msgspec.json.encode(
        {"rate": facts.rate, "channels": facts.channels, "frames": frames, "levels": described}
    )
    write_atomic(
        out, b"".join((_MAGIC, _LENGTH.pack(len(head)), head, *(level.tobytes() for level in levels)))
    )
    return open_waveform(out)


def open_waveform(path: Path) -> Waveform:
    """Open a waveform file; its header is read and checked, nothing more.

    Raises:
        InputError: there is no such file, or it is no waveform file of this version, or it was cut short.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(len(_MAGIC) + _LENGTH.size)
            if not start.startswith(_MAGIC) or len(start) < len(_MAGIC) + _LENGTH.size:
                raise ValueError("it does not begin as one")
            (length,) = _LENGTH.unpack(start[len(_MAGIC) :])
            head = msgspec.json.decode(stream.read(min(length, _LONGEST_HEADER)), type=_Head)
            size = stream.seek(0, 2)
    except FileNotFoundError:
        raise InputError(
            "found no such file, expected a waveform",
            file=str(path),
            hint="build it",
            code="waveform-missing",
        ) from None
    except (OSError, ValueError, msgspec.DecodeError) as error:
        raise InputError(
            f"expected a waveform ({error})", file=str(path), hint="build it again", code="damaged-waveform"
        ) from None
    begin = len(start) + length
    levels = tuple(msgspec.structs.replace(level, offset=begin + level.offset) for level in head.levels)
    if not levels or size != levels[-1].offset + levels[-1].points * 2 * head.channels:
        raise InputError(
            "the waveform was cut short", file=str(path), hint="build it again", code="damaged-waveform"
        )
    return Waveform(path, head.rate, head.channels, head.frames, levels)


class _Head(msgspec.Struct, frozen=True):
    rate: int
    channels: int
    frames: int
    levels: tuple[_Level, ...]


def _finest_points(path: Path) -> Iterator[npt.NDArray[np.int8]]:
    """Minimum and maximum of each 256 frames, shape (points, channels, 2)."""
    import numpy as np

    for block in decode_blocks(path, block=_FINEST * 1024):
        starts = np.arange(0, len(block), _FINEST)
        extremes = np.stack([np.minimum.reduceat(block, starts), np.maximum.reduceat(block, starts)], axis=-1)
        yield np.rint(np.clip(extremes, -1, 1) * 127).astype(np.int8)


def _grouped(points: npt.NDArray[np.int8], group: int, channels: int) -> npt.NDArray[np.int8]:
    """Of each `group` neighbouring points the smallest minimum and the largest maximum."""
    import numpy as np

    if group == 1 or not len(points):
        return points.reshape(-1, channels, 2)
    starts = np.arange(0, len(points), group)
    smallest = np.minimum.reduceat(points[:, :, 0], starts)
    largest = np.maximum.reduceat(points[:, :, 1], starts)
    return np.stack([smallest, largest], axis=-1)
