"""The one type that stands for decoded sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

__all__ = ["Clip"]


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Decoded sound, all of it, in the channels and at the rate it came with.

    Two clips are never compared with `==`; compare their samples, or the digests of their files.

    Attributes:
        samples: float32 of shape (frames, channels), full scale at ±1; values beyond it are allowed
            (a float file may hold them) and are limited only when 16-bit PCM is written.
        rate: frames a second, in Hz.
        path: the file that the sound was read from; None for sound made in memory. A clip derived from
            another keeps its path, as the name of where it came from.

    Raises:
        ValueError: if the samples are not float32 of shape (frames, channels) with at least one
            channel, or the rate is not positive.
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
