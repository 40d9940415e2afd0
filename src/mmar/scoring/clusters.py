"""Clusters of items: those cut from one source video.

Their accuracy is clustered by source (Miller, arXiv 2411.00640; `mmar.stats.cluster`). No numpy here, since
`mmar score` prints it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from mmar.items import Item
from mmar.items.source_video import item_video
from mmar.stats.cluster import accuracy_of_counts
from mmar.stats.interval import Interval

__all__ = ["Clustered", "clustered", "clusters_of", "names_a_video"]

_VIDEO, _ITEM = "video ", "item "


class Clustered(msgspec.Struct, frozen=True):
    """The error of an accuracy, allowing for items that share a source video (Miller, arXiv 2411.00640).

    Attributes:
        interval: 95 % interval, percent.
        clusters: number of source videos; an item whose video is not known is one of its own.
        standard_error: points; `None` with one cluster.
    """

    interval: Interval
    clusters: int
    standard_error: float | None


def clusters_of(items: Iterable[Item]) -> tuple[str, ...]:
    """A label of each item's cluster: its source video, or the item itself where nothing names one."""
    return tuple(
        f"{_ITEM}{item.id}" if (video := item_video(item)) is None else f"{_VIDEO}{video}" for item in items
    )


def names_a_video(clusters: Sequence[str]) -> bool:
    """Whether any cluster is a video; where none is, clustering adds nothing to Wilson's interval."""
    return any(label.startswith(_VIDEO) for label in clusters)


def clustered(right: Iterable[bool], clusters: Sequence[str]) -> Clustered:
    """The clustered interval of an accuracy.

    Args:
        right: whether each item is right.
        clusters: each item's label, in the same order.
    """
    counts: dict[str, list[int]] = {}
    for hit, label in zip(right, clusters, strict=True):
        count = counts.setdefault(label, [0, 0])
        count[0] += hit
        count[1] += 1
    result = accuracy_of_counts([(hits, size) for hits, size in counts.values()])
    return Clustered(result.interval, result.clusters, result.standard_error)
