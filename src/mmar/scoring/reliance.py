"""The result of measuring reliance on the audio, typed; its JSON form is stable.

Accuracies and reliance in percent, differences in points; p-values 0 to 1; intervals at 95 %, clustered by
source video.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from mmar._display import frame, html_table
from mmar.scoring.align_runs import Scorer
from mmar.stats.interval import Interval
from mmar.stats.reliance import SolvedWithoutAudio

HIDING = ("none", "silence", "noise", "shuffled")
"""The conditions that hide the real clip."""

METHODS = {
    "interval": "clustered by source video (Miller, arXiv 2411.00640), Wilson's at the effective number of items",
    "difference": "clustered by source video (Miller, arXiv 2411.00640), half an item added to each cell (Agresti & Min 2005)",
    "p": "the two runs swapped by source video (Fisher 1935; Phipson & Smyth 2010), corrected within each family (Holm 1979)",
    "falls": "p below 0.05, also if every item without a choice under the condition had been right",
    "reliance": "(real - without)/(1 - without) (MuChoMusic, arXiv 2408.01337; arXiv 2604.24401), paired score interval (Nam & Blackwelder 2002)",
    "solved": "right under every condition with an answer; guessing gives one over the number of choices to that power",
}
"""The source of each number, by its name in the JSON form."""

Fall = Literal["falls", "rises", "not shown", "cannot be told"]
"""What happens to the accuracy under a condition; `cannot be told` where that depends on items that were answered
with no choice, or there are fewer than ten source videos."""


class Effect(msgspec.Struct, frozen=True):
    """The real run beside a condition, on some items asked in all runs.

    Attributes:
        abstained: items answered with no choice under the condition: failed, declined, or not readable.
        difference: real minus under.
        only_real: items right in the real run alone.
        only_under: items right under the condition alone.
        fall: what happens to the accuracy under the condition.
        decided_by_abstentions: whether the fall would not be significant had those items been right.
        p: p-value of the swaps by source video; `None` where it cannot be told.
        p_adjusted: the same corrected within the family.
        reliance: at most 100; `None` where the condition hides nothing, nothing is failed under it, or it
            cannot be told.
        reliance_interval: `None` as above, or with one cluster.
    """

    n: int
    clusters: int
    real: float
    real_interval: Interval
    under: float
    under_interval: Interval
    abstained: int
    difference: float
    interval: Interval
    only_real: int
    only_under: int
    fall: Fall
    decided_by_abstentions: bool
    p: float | None
    p_adjusted: float | None
    reliance: float | None
    reliance_interval: Interval | None


class ConditionResult(msgspec.Struct, frozen=True):
    """One run under a control condition, beside the real one.

    Attributes:
        hides: whether nothing of the real clip is heard.
    """

    condition: str
    hides: bool
    path: str
    states: Mapping[str, int]
    all: Effect
    groups: Mapping[str, Mapping[str, Effect]]
    signature: str


class Reliance(msgspec.Struct, frozen=True):
    """How much of a model's accuracy needs the clips.

    Attributes:
        n: number of items of the benchmark.
        asked: number of items asked in all runs; every number is of these.
        clusters: number of source videos of the items asked.
        signature: of the real run.
        accuracy: of the real run, percent.
        interval: its 95 % interval, clustered by source video.
        states: of the real run, number of items in each state.
        solved: items right without hearing; `None` where no run hides the clips.
        solved_groups: the same by dimension and name.
    """

    benchmark: str
    digest: str
    n: int
    asked: int
    clusters: int
    scorer: Scorer
    draws: int
    seed: int
    model: str
    path: str
    signature: str
    accuracy: float
    interval: Interval
    states: Mapping[str, int]
    conditions: tuple[ConditionResult, ...]
    solved: SolvedWithoutAudio | None
    solved_groups: Mapping[str, Mapping[str, SolvedWithoutAudio]]
    notes: tuple[str, ...] = ()
    parents: Mapping[str, str] = {}

    def __repr__(self) -> str:
        parts = [f"{one.condition} {one.all.under:.1f} ({one.all.fall})" for one in self.conditions]
        return f"<Reliance {self.model} n={self.asked} full {self.accuracy:.1f}, {', '.join(parts)}>"

    def _repr_html_(self) -> str:
        return html_table(repr(self).strip("<>"), self._rows(), "; ".join(self.notes))

    def to_dict(self) -> dict[str, Any]:
        """The stable form that `mmar reliance --json` prints."""
        return {**msgspec.to_builtins(self), "methods": METHODS}

    def to_frame(self) -> Any:
        """A row for each condition and each group (needs pandas)."""
        return frame(self._rows())

    def _rows(self) -> list[dict[str, Any]]:
        return [
            {
                "condition": one.condition,
                "dimension": dimension,
                "name": name,
                "n": effect.n,
                "real": effect.real,
                "under": effect.under,
                "difference": effect.difference,
                "fall": effect.fall,
                "p_adjusted": effect.p_adjusted,
                "reliance": effect.reliance,
            }
            for one in self.conditions
            for dimension, groups in {"": {"all": one.all}, **one.groups}.items()
            for name, effect in groups.items()
        ]
