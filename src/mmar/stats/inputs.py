"""Validation of item scores and cluster labels.

Item scores are one-dimensional, 0 (wrong) to 1 (right), in the same order in every argument. A missing score
or cluster is an error, because leaving it out would change the denominator silently.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmar.errors import UsageError

Clusters: TypeAlias = Sequence[Hashable] | NDArray[np.generic]
"""One label per item, shape (n,): the source video, or the item itself where it stands alone."""


def item_scores(scores: ArrayLike, name: str = "scores") -> NDArray[np.float64]:
    """Item scores as floats, shape (n,), n at least 1; bool is read as 0 and 1.

    `name` is what an error calls them.
    """
    try:
        values = np.asarray(scores, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} must be numbers from 0 to 1: {error}", code="not-numbers") from error
    if values.ndim != 1:
        raise UsageError(f"{name}: expected 1 dimension, found {values.ndim}", code="bad-shape")
    if values.size == 0:
        raise UsageError(f"{name} holds no items", code="no-items")
    bad = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if bad.size:
        raise UsageError(
            f"{name}: item {bad[0]} (counting from 0) scores {values[bad[0]]}, not 0 to 1",
            code="score-out-of-range",
        )
    return values


def binary_scores(scores: ArrayLike, name: str = "scores") -> NDArray[np.bool_]:
    """`item_scores` that are 0 or 1, as bool; any other score is a UsageError."""
    values = item_scores(scores, name)
    between = np.flatnonzero((values != 0) & (values != 1))
    if between.size:
        raise UsageError(
            f"{name}: item {between[0]} (counting from 0) scores {values[between[0]]}, not 0 or 1",
            code="not-right-or-wrong",
        )
    right: NDArray[np.bool_] = values == 1
    return right


def paired_scores(first: ArrayLike, second: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores of two runs on the same items."""
    one, two = item_scores(first, "first run"), item_scores(second, "second run")
    if one.size != two.size:
        raise UsageError(f"the runs have {one.size} and {two.size} items", code="different-lengths")
    return one, two


def cluster_index(clusters: Clusters, n: int) -> NDArray[np.intp]:
    """Number the clusters of n items 0, 1, 2, … in order of appearance, by one label per item."""
    labels: Sequence[Hashable] = clusters.tolist() if isinstance(clusters, np.ndarray) else clusters
    if len(labels) != n:
        raise UsageError(f"{n} items have {len(labels)} labels of clusters", code="bad-clusters")
    numbers: dict[Hashable, int] = {}
    index = np.empty(n, dtype=np.intp)
    for item, label in enumerate(labels):
        # NaN differs from itself and would make each gap a cluster of its own.
        if label is None or label == "" or label != label:  # noqa: PLR0124
            raise UsageError(
                f"item {item} (counting from 0) has no cluster",
                code="bad-clusters",
                hint="label it with its source video, or with its own id",
            )
        index[item] = numbers.setdefault(label, len(numbers))
    return index


def is_fractional(scores: NDArray[np.float64]) -> bool:
    """Whether any score lies between wrong and right, as means over repeats do."""
    return bool(((scores != 0) & (scores != 1)).any())


def check_draws(draws: int, seed: int) -> None:
    """Refuse fewer than one random draw, and a negative seed."""
    if draws < 1:
        raise UsageError(f"a permutation test needs at least one draw; found {draws}", code="bad-draws")
    if seed < 0:
        raise UsageError(f"a seed is 0 or more; found {seed}", code="bad-seed")
