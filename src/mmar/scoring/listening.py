"""What is said of a model's listening, typed; its JSON form is stable.

Accuracies and reliance in percent, differences in points; p-values 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mmar.scoring.verdicts import Scorer

__all__ = ["HIDING", "METHODS", "Effect", "Listening", "Solved", "UnderCondition"]

HIDING = ("none", "silence", "noise", "shuffled")
"""The conditions under which nothing of the real clip is heard."""

METHODS = {
    "interval": "clustered by source video (Miller, arXiv 2411.00640), Wilson's at the effective number of items",
    "difference": "clustered by source video (Miller, arXiv 2411.00640), half an item added to each cell (Agresti & Min 2005)",
    "mcnemar": "exact test on the items right in one of the two runs (McNemar 1947), corrected within each family (Holm 1979)",
    "reliance": "(real - without)/(1 - without) (MuChoMusic, arXiv 2408.01337; arXiv 2604.24401), interval by the logarithm (Walter 1975)",
    "chance": "one over the number of choices, averaged over items (MMAR, arXiv 2505.13032)",
}
"""The source of each number, by its name in the JSON form."""


class Effect(msgspec.Struct, frozen=True):
    """The real run beside a condition, on some items.

    Attributes:
        n: number of items.
        clusters: number of source videos among them.
        real: accuracy of the real run.
        real_interval: its 95 % interval, clustered.
        under: accuracy under the condition.
        under_interval: its 95 % interval, clustered.
        difference: real minus under, points.
        interval: its 95 % interval, clustered, points.
        only_real: items right in the real run alone.
        only_under: items right under the condition alone.
        mcnemar: exact p-value.
        mcnemar_holm: the same corrected within the family.
        reliance: percent, at most 100; `None` where the condition hides nothing, or nothing is failed under it.
        reliance_interval: 95 %; `None` as above, or with one cluster.
    """

    n: int
    clusters: int
    real: float
    real_interval: tuple[float, float]
    under: float
    under_interval: tuple[float, float]
    difference: float
    interval: tuple[float, float]
    only_real: int
    only_under: int
    mcnemar: float
    mcnemar_holm: float
    reliance: float | None
    reliance_interval: tuple[float, float] | None


class UnderCondition(msgspec.Struct, frozen=True):
    """One run under a control condition, beside the real one.

    Attributes:
        audio: the condition.
        hides: whether nothing of the real clip is heard.
        path: the run's folder.
        states: number of items in each state.
        all: on all items.
        falls: whether the accuracy is shown to fall, its interval lying above zero; `None` where it would not, if
            the items without an answer under the condition were right.
        groups: by dimension and name.
        signature: everything the numbers depend on.
    """

    audio: str
    hides: bool
    path: str
    states: Mapping[str, int]
    all: Effect
    falls: bool | None
    groups: Mapping[str, Mapping[str, Effect]]
    signature: str


class Solved(msgspec.Struct, frozen=True):
    """Items right without hearing the clip, over the conditions that hide it.

    Attributes:
        n: number of items.
        any_condition: items right under at least one.
        every_condition: items right under all of them.
        chance: what guessing scores on these items, percent.
    """

    n: int
    any_condition: int
    every_condition: int
    chance: float


class Listening(msgspec.Struct, frozen=True):
    """What a model makes of the clips.

    Attributes:
        benchmark: its name.
        digest: its content digest.
        n: number of items.
        clusters: number of source videos.
        scorer: `choice` or `official`.
        model: who was asked.
        path: the real run's folder.
        signature: of the real run.
        accuracy: of the real run, percent.
        interval: its 95 % interval, clustered by source video.
        states: of the real run, number of items in each state.
        conditions: the other runs.
        solved: `None` where no run hides the clips.
        solved_groups: the same by dimension and name.
        notes: what a person must know to read the numbers.
    """

    benchmark: str
    digest: str
    n: int
    clusters: int
    scorer: Scorer
    model: str
    path: str
    signature: str
    accuracy: float
    interval: tuple[float, float]
    states: Mapping[str, int]
    conditions: tuple[UnderCondition, ...]
    solved: Solved | None
    solved_groups: Mapping[str, Mapping[str, Solved]]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The stable form that `mmar reliance --json` prints."""
        return {**msgspec.to_builtins(self), "methods": METHODS}
