"""Levels of a clip: peak, RMS, silence, clipping, equal channels.

Levels are in dBFS, 0 for a sample of magnitude 1, so a full-scale sine has a peak of 0 and an RMS level of -3.01. A
window of 20 ms over all channels is silent if no sample exceeds -60 dBFS (33 steps of 16-bit PCM). Clipping is a run
of at least three equal samples of one channel at 99.9 % of full scale or more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mmar.audio.clip import Clip

_WINDOW_S = 0.02
_SILENT_DB = -60.0
_CLIPPED_AT = 0.999
_CLIPPED_RUN = 3


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of a clip.

    Attributes:
        peak: level of the largest sample in dBFS; `None` if all samples are zero.
        rms: level of the mean power over all channels in dBFS; `None` if all samples are zero.
        offset: the channel mean farthest from zero, full scale at 1.
        silent_share: share of the time that is silent, 0 to 1.
        leading_silence: seconds before the first window that is not silent.
        trailing_silence: seconds after the last window that is not silent.
        clipped_runs: number of runs at full scale.
        clipped_samples: samples in those runs.
        equal_channels: whether there are several channels with the same samples.
    """

    peak: float | None
    rms: float | None
    offset: float
    silent_share: float
    leading_silence: float
    trailing_silence: float
    clipped_runs: int
    clipped_samples: int
    equal_channels: bool

    @property
    def silent(self) -> bool:
        """Whether the whole clip is silent."""
        return self.silent_share == 1.0


def measure_levels(clip: Clip) -> Levels:
    """Measure a clip's levels.

    Raises:
        ValueError: the clip has no frames.
    """
    import numpy as np

    if not clip.frames:
        raise ValueError("a clip without frames has no level")
    samples = clip.samples
    magnitude = np.abs(samples).max(axis=1)
    quiet = _quiet_windows(magnitude, max(1, round(_WINDOW_S * clip.rate)), 10 ** (_SILENT_DB / 20))
    runs = [_clipped(samples[:, channel]) for channel in range(clip.channels)]
    return Levels(
        peak=_decibels(float(magnitude.max())),
        rms=_decibels(math.sqrt(float(np.square(samples, dtype=np.float64).mean()))),
        offset=max(samples.mean(axis=0, dtype=np.float64).tolist(), key=abs),
        silent_share=int(quiet.sum()) / clip.frames,
        leading_silence=_until_sound(quiet) / clip.rate,
        trailing_silence=_until_sound(quiet[::-1]) / clip.rate,
        clipped_runs=sum(count for count, _ in runs),
        clipped_samples=sum(length for _, length in runs),
        equal_channels=clip.channels > 1 and bool((samples == samples[:, :1]).all()),
    )


def _quiet_windows(magnitude: npt.NDArray[np.float32], window: int, limit: float) -> npt.NDArray[np.bool_]:
    """Whether the window of each frame is silent; shape (frames,)."""
    import numpy as np

    loudest = np.maximum.reduceat(magnitude, np.arange(0, len(magnitude), window))
    return np.repeat(loudest <= limit, window)[: len(magnitude)]


def _until_sound(quiet: npt.NDArray[np.bool_]) -> int:
    return len(quiet) if quiet.all() else int(quiet.argmin())


def _clipped(channel: npt.NDArray[np.float32]) -> tuple[int, int]:
    """Number of runs of equal samples at full scale, and of samples in them."""
    import numpy as np

    changes = np.flatnonzero(np.diff(channel)) + 1
    starts = np.concatenate(([0], changes))
    lengths = np.diff(np.concatenate((starts, [len(channel)])))
    clipped = lengths[(np.abs(channel[starts]) >= _CLIPPED_AT) & (lengths >= _CLIPPED_RUN)]
    return len(clipped), int(clipped.sum())


def _decibels(magnitude: float) -> float | None:
    return 20 * math.log10(magnitude) if magnitude > 0 else None
