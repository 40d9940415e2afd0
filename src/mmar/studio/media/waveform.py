"""Waveform files, computed once on the server, so that browsers need not decode recordings to draw them.

A waveform file is a NumPy archive (`.npz`) with the rate and length of the recording, and for every 256 frames the
smallest and the largest sample of each channel as one signed byte each (±127 is full scale).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from mmar.audio import decode_blocks, describe
from mmar.errors import InputError, UsageError
from mmar.files.atomic import write_atomic

_STEP = 256
_Peaks = npt.NDArray[np.int8]


class Waveform(msgspec.Struct, frozen=True, eq=False):
    """The waveform of a recording with this rate (Hz) and length in frames.

    `peaks` are the minimum and maximum of each 256 frames, shape (points, channels, 2).
    """

    rate: int
    frames: int
    peaks: _Peaks

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.peaks.shape[1])

    def window(self, start: float = 0.0, end: float | None = None, points: int = 2000) -> dict[str, Any]:
        """The waveform between two times, as the JSON of audiowaveform (version 2), which wavesurfer reads.

        Times are seconds from the beginning; `None` is the recording's end. There are `points` (1 to 100,000) or up to
        twice as many; fewer where a point would have less than 256 frames.

        Returns:
            The fields of the format, and `start`, the time of the first point in seconds, which may be before the one
            asked for. `data` has the minimum and maximum of each channel, point after point.

        Raises:
            UsageError: the range is empty or outside the recording, or the number of points is (`invalid-range`).
        """
        last = self.frames if end is None else min(self.frames, round(end * self.rate))
        first = round(start * self.rate)
        if not (0 <= first < last and 1 <= points <= 100_000):
            raise UsageError(
                f"no waveform of {points} points from {start:g} s to {last / self.rate:g} s: the recording goes from 0 "
                f"to {self.frames / self.rate:.3f} s; ask for 1 to 100,000 points within it",
                code="invalid-range",
            )
        # Points are grouped from the beginning of the recording, so that neighbouring windows show the same ones.
        group = max(1, (last - first) // points // _STEP)
        size = _STEP * group
        low, high = first // size, -(-last // size)
        data = _grouped(self.peaks[low * group : high * group], group)
        return {
            "version": 2,
            "channels": self.channels,
            "sample_rate": self.rate,
            "samples_per_pixel": size,
            "bits": 8,
            "length": len(data),
            "start": low * size / self.rate,
            "data": data.ravel().tolist(),
        }


def build_waveform(path: Path, out: Path) -> Waveform:
    """Compute the waveform of a recording and write it atomically."""
    facts = describe(path)
    waveform = Waveform(facts.rate, facts.frames, np.concatenate(list(_points(path))))
    data = io.BytesIO()
    np.savez(data, rate=waveform.rate, frames=waveform.frames, peaks=waveform.peaks)
    write_atomic(out, data.getvalue())
    return waveform


def open_waveform(path: Path) -> Waveform:
    """Read a waveform file; an `InputError` if there is none, or it is damaged."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            waveform = Waveform(int(file["rate"]), int(file["frames"]), file["peaks"])
    except FileNotFoundError:
        raise InputError("there is no waveform", file=str(path), code="waveform-missing") from None
    except (OSError, EOFError, ValueError, TypeError, KeyError, IndexError, zipfile.BadZipFile):
        raise InputError(
            "is not a waveform, or is damaged", file=str(path), code="damaged-waveform"
        ) from None
    return waveform


def _points(path: Path) -> Iterator[_Peaks]:
    for block in decode_blocks(path, block=_STEP * 1024):
        starts = np.arange(0, len(block), _STEP)
        extremes = np.stack([np.minimum.reduceat(block, starts), np.maximum.reduceat(block, starts)], axis=-1)
        yield np.rint(np.clip(extremes, -1, 1) * 127).astype(np.int8)


def _grouped(points: _Peaks, group: int) -> _Peaks:
    """The smallest minimum and the largest maximum of each `group` neighbouring points."""
    if group == 1:
        return points
    starts = np.arange(0, len(points), group)
    smallest = np.minimum.reduceat(points[:, :, 0], starts)
    largest = np.maximum.reduceat(points[:, :, 1], starts)
    return np.stack([smallest, largest], axis=-1)
