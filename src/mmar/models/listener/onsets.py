"""Starts, pauses and stretches of sound, from tracks of level."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from mmar.models.listener.spectrum import Array, smoothed

__all__ = ["longest_pause", "onsets", "stretches"]


def onsets(
    levels: Array,
    *,
    rise: float = 6.0,
    range_db: float = 22.0,
    apart: int = 9,
    smooth: int = 3,
    dying: float = 0.0,
) -> list[int]:
    """Frames at which the level rises steeply.

    What sounds from the first frame on has no onset: a clip cut out of something longer begins anywhere.

    Args:
        levels: level in dB, one value every 10 ms.
        rise: least rise within 50 ms that counts, in dB.
        range_db: an onset must lead to within this of the loudest moment.
        apart: least distance of two onsets in frames.
        smooth: frames over which the level is averaged first.
        dying: least fall within 160 ms of the top that a struck thing has, in dB; 0 lets everything pass.

    Returns:
        Frames in rising order, each where the rise is steepest.
    """
    even = smoothed(levels, smooth)
    padded = np.pad(even, (3, 3), mode="edge")
    slope = padded[5:-1] - padded[:-6]
    ceiling = even.max() - range_db
    reached = np.array([even[at : at + 8].max() for at in range(len(even))])
    found: list[int] = []
    for at in np.argsort(-slope, kind="stable"):
        if slope[at] < rise:
            break
        after = even[min(at + 20, len(even) - 1)]
        if (
            reached[at] - after >= dying
            and reached[at] >= ceiling
            and all(abs(at - other) >= apart for other in found)
        ):
            found.append(int(at))
    return sorted(found)


def stretches(active: np.ndarray, *, shortest: int = 5, bridge: int = 5) -> list[tuple[int, int]]:
    """Runs of active frames.

    Args:
        active: bool, one value every 10 ms.
        shortest: shorter runs are dropped, in frames.
        bridge: gaps of up to so many frames do not divide a run.

    Returns:
        (start, end) of each run, end excluded.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], active, [False]]).astype(np.int8)))
    runs: list[tuple[int, int]] = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if runs and start - runs[-1][1] <= bridge:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return [(start, end) for start, end in runs if end - start >= shortest]


def longest_pause(levels: Array, range_db: float = 30.0) -> tuple[int, int] | None:
    """The longest soft stretch between two loud ones, as (start, end) in frames; None if there is none."""
    runs = stretches(levels > levels.max() - range_db, shortest=2, bridge=3)
    pauses = [(before[1], after[0]) for before, after in pairwise(runs)]
    return max(pauses, key=lambda pause: pause[1] - pause[0], default=None)
