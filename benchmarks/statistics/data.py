"""Made-up runs with MMAR's clusters, and a given correlation of answers within a video."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["labels_of", "runs_of", "uniforms"]

Bools = NDArray[np.bool_]


def labels_of(n: int, kind: str = "mmar") -> NDArray[np.intp]:
    """The video of each item.

    Args:
        n: number of items.
        kind: `mmar`: 85 % of the items alone, the rest two or three to a video; `fives`: five items to a video;
            `alone`: every item its own.
    """
    if kind == "alone":
        return np.arange(n)
    if kind == "fives":
        return np.arange(n) // 5
    alone = round(0.852 * n)
    sizes = [2, 3, 2, 3, 3]  # 148 items of 59 videos
    labels, video = list(range(alone)), alone
    while len(labels) < n:
        labels += [video] * min(sizes[video % 5], n - len(labels))
        video += 1
    return np.array(labels)


def runs_of(
    rng: np.random.Generator,
    labels: NDArray[np.intp],
    means: tuple[float, ...],
    correlation: float,
    *,
    shared: float = 0.5,
) -> list[Bools]:
    """Runs on the same items.

    Args:
        rng: of the draws.
        labels: the video of each item.
        means: accuracy of each run.
        correlation: of one run's answers within a video.
        shared: share of the items on which runs answer alike as far as their accuracies allow.
    """
    same = rng.random(int(labels.max()) + 1)[labels] < shared
    runs = []
    base = uniforms(rng, labels, correlation)
    for mean in means:
        own = uniforms(rng, labels, correlation)
        runs.append(np.where(same, base, own) < mean)
    return runs


def uniforms(rng: np.random.Generator, labels: NDArray[np.intp], correlation: float) -> NDArray[np.float64]:
    """Uniform numbers, of which those of one video are the same with this probability for each pair."""
    each = rng.random(len(labels))
    video = rng.random(int(labels.max()) + 1)[labels]
    # An item takes the video's number with probability sqrt(correlation), so two of them share it with correlation.
    return np.where(rng.random(len(labels)) < np.sqrt(correlation), video, each)
