"""What a comparison of runs says, typed; its JSON form is stable.

Accuracies in percent, differences in points, first minus second; p-values 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mmar.scoring.verdicts import Differing, Scorer

__all__ = ["METHODS", "Compared", "ComparedRun", "CouldShow", "Pair", "Paired"]

METHODS = {
    "interval": "clustered by source video (Miller, arXiv 2411.00640), Wilson's at the effective number of items",
    "difference": "clustered by source video (Miller, arXiv 2411.00640), half an item added to each cell (Agresti & Min 2005)",
    "mcnemar": "exact test on the items that one run alone has right (McNemar 1947; Edwards 1948)",
    "sign_flip": "the runs swapped by source video at random, p = (k+1)/(N+1) (Fisher 1935; Phipson & Smyth 2010)",
    "holm": "corrected within modality, within category and within sub-category, and over the pairs of runs (Holm 1979)",
    "could_show": "smallest difference found with power 0.8 at level 0.95, (1.96 + 0.84)·sqrt(ψ/n) (Miller, arXiv 2411.00640)",
    "rank": "tied unless the paired interval excludes zero (arXiv 2504.20879)",
}
"""The source of each number, by its name in the JSON form."""


class Paired(msgspec.Struct, frozen=True):
    """Two runs on some items.

    Attributes:
        n: number of items.
        clusters: number of source videos among them.
        first: accuracy of the first run.
        second: accuracy of the second run.
        difference: first minus second, points.
        standard_error: of the difference, clustered, points; `None` with one cluster.
        interval: 95 % interval of the difference, clustered, points.
        only_first: items that the first run alone has right.
        only_second: items that the second run alone has right.
        mcnemar: exact p-value.
        mcnemar_mid: the mid-p variant, less cautious.
        mcnemar_holm: the exact p-value corrected within the family.
        sign_flip: p-value of the permutation by cluster.
        sign_flip_holm: the same corrected within the family.
    """

    n: int
    clusters: int
    first: float
    second: float
    difference: float
    standard_error: float | None
    interval: tuple[float, float]
    only_first: int
    only_second: int
    mcnemar: float
    mcnemar_mid: float
    mcnemar_holm: float
    sign_flip: float
    sign_flip_holm: float


class CouldShow(msgspec.Struct, frozen=True):
    """The smallest difference that these items could show.

    Attributes:
        points: that difference.
        possible: whether so large a difference could come of so few items on which the runs differ.
        discordant: percent of the items that one run alone has right.
        effective_n: the items' number as independent ones, for those that share a video count for less.
    """

    points: float
    possible: bool
    discordant: float
    effective_n: float


class Pair(msgspec.Struct, frozen=True):
    """Two of the runs.

    Attributes:
        first: label of the first run.
        second: label of the second.
        all: on all items.
        bounds: the difference if the items without an answer were wrong in the first run and right in the second,
            and the other way round; equal where every item has an answer.
        could_show: `None` where the runs differ on no item, or all items are of one video.
        groups: by dimension and name.
        only_first: ids of the items that the first run alone has right.
        only_second: ids of those that the second run alone has right.
    """

    first: str
    second: str
    all: Paired
    bounds: tuple[float, float]
    could_show: CouldShow | None
    groups: Mapping[str, Mapping[str, Paired]]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]


class ComparedRun(msgspec.Struct, frozen=True):
    """One of the runs by itself.

    Attributes:
        label: a letter.
        path: the run's folder, or the file.
        model: who was asked; `?` for a file.
        correct: number of items right.
        accuracy: percent of all items.
        interval: 95 % interval, clustered by source video.
        states: number of items in each state.
        rank: 1 and the number of runs that are shown to be better.
        worst: the lowest place that the data allow.
        tied_with: labels of the runs that cannot be told from this one.
        signature: everything the numbers depend on.
    """

    label: str
    path: str
    model: str
    correct: int
    accuracy: float
    interval: tuple[float, float]
    states: Mapping[str, int]
    rank: int
    worst: int
    tied_with: tuple[str, ...]
    signature: str


class Compared(msgspec.Struct, frozen=True):
    """Runs compared.

    Attributes:
        benchmark: its name.
        digest: its content digest.
        n: number of items.
        clusters: number of source videos.
        scorer: `choice` or `official`.
        draws: random swaps of each permutation test.
        seed: from which the same draws come again.
        runs: each by itself, in the order given.
        pairs: every two of them.
        differing: parts of the signatures that are not the same in all.
        notes: what a person must know to read the numbers.
    """

    benchmark: str
    digest: str
    n: int
    clusters: int
    scorer: Scorer
    draws: int
    seed: int
    runs: tuple[ComparedRun, ...]
    pairs: tuple[Pair, ...]
    differing: tuple[Differing, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The stable form that `mmar compare --json` prints."""
        return {**msgspec.to_builtins(self), "methods": METHODS}
