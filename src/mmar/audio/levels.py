"""Levels of a clip: peak, silence, clipping.

Levels are in dBFS, 0 for a sample of magnitude 1. A clip is silent if no sample exceeds -60 dBFS (33 steps of 16-bit
PCM). Clipping is a run of at least three equal samples of one channel at 99.9 % of full scale or more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mmar.audio.clip import Clip

_SILENT_DB = -60.0
_CLIPPED_AT = 0.999
_CLIPPED_RUN = 3


@dataclass(frozen=True, slots=True)
class Levels:
    """The level of the largest sample in dBFS (`None` if all samples are zero), and the runs at full scale."""

    peak: float | None
    clipped_runs: int
    clipped_samples: int

    @property
    def silent(self) -> bool:
        """Whether the whole clip is silent."""
        return self.peak is None or self.peak <= _SILENT_DB


def measure_levels(clip: Clip) -> Levels:
    """Measure a clip's levels.

    Raises:
        ValueError: the clip has no frames.
    """
    import numpy as np

    if not clip.frames:
        raise ValueError("a clip without frames has no level")
    magnitude = float(np.abs(clip.samples).max())
    runs = [_clipped(clip.samples[:, channel]) for channel in range(clip.channels)]
    return Levels(
        peak=20 * math.log10(magnitude) if magnitude > 0 else None,
        clipped_runs=sum(count for count, _ in runs),
        clipped_samples=sum(length for _, length in runs),
    )


def _clipped(channel: npt.NDArray[np.float32]) -> tuple[int, int]:
    """Number of runs of equal samples at full scale, and of samples in them."""
    import numpy as np

    changes = np.flatnonzero(np.diff(channel)) + 1
    starts = np.concatenate(([0], changes))
    lengths = np.diff(np.concatenate((starts, [len(channel)])))
    clipped = lengths[(np.abs(channel[starts]) >= _CLIPPED_AT) & (lengths >= _CLIPPED_RUN)]
    return len(clipped), int(clipped.sum())
