"""The result of comparing runs, typed; its JSON form is stable.

Accuracies in percent, differences in points, first minus second; p-values 0 to 1; intervals at 95 %.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from mmar._display import frame, html_table
from mmar.protocols import Protocol
from mmar.runs.manifest import PARTS
from mmar.scoring.align_runs import ScoredRun, Scorer
from mmar.scoring.result import Bounds
from mmar.stats.cluster import MIN_CLUSTERS
from mmar.stats.interval import Interval
from mmar.stats.paired import Equivalence, ErrorSources
from mmar.stats.sequences import SequentialComparison

# The model is the question; the other parts are made equal by scoring all runs here and now.
_NOT_COMPARED = frozenset({"model", "scorers", "mmar"})

METHODS = {
    "interval": "clustered by source video (Miller, arXiv 2411.00640), Wilson's at the effective number of items",
    "difference": "clustered by source video (Miller, arXiv 2411.00640), half an item added to each cell (Agresti & Min 2005)",
    "p": "the runs swapped by source video, p = (k+1)/(N+1) (Fisher 1935; Phipson & Smyth 2010)",
    "p_adjusted": "in groups Holm 1979 within modality, category and sub-category; over pairs of runs step-down maximum (Westfall & Young 1993)",
    "verdict": "adjusted p below 0.05, also if every item without an answer had been right in the run behind",
    "minimum_detectable": "smallest difference found with power 0.8 at level 0.95, (1.96 + 0.84)·sqrt(ψ/n) (Miller, arXiv 2411.00640)",
    "rank": "simultaneous ranges of ranks (Mogstad, Romano, Shaikh & Wilhelm 2024, arXiv 2401.15205)",
    "noise": "variance split into answers and items (arXiv 2512.21326; Miller, arXiv 2411.00640)",
    "monitored": "unfinished runs: mixture test valid at any time, decided at an e-value of 20 (Howard et al. 2021, arXiv 1810.08240)",
    "equivalence": "two one-sided tests at 0.05 (Schuirmann 1987)",
}
"""The source of each number, by its name in the JSON form."""

Verdict = Literal["first", "second", "not shown", "cannot be told"]
"""Which run is better; `not shown` where chance explains the difference; `cannot be told` where it depends on
items without an answer, or there are fewer than ten source videos."""


class DifferingPart(msgspec.Struct, frozen=True):
    """A part of the signature, by its name, and its value in each run; `?` where it is not known."""

    part: str
    values: tuple[str, ...]


class PairedScores(msgspec.Struct, frozen=True):
    """Two runs on some items, each item's score its mean over repeats.

    Attributes:
        n: number of items, all of them asked in both runs.
        first: accuracy of the first run.
        second: accuracy of the second run.
        difference: first minus second.
        standard_error: of the difference, clustered; `None` with one cluster.
        interval: of the difference, clustered.
        only_first: items on which the first run scores higher.
        only_second: items on which the second run scores higher.
        p: p-value of the swaps by source video.
        p_adjusted: the same adjusted within the family; `None` below ten source videos.
    """

    n: int
    clusters: int
    first: float
    second: float
    difference: float
    standard_error: float | None
    interval: Interval
    only_first: int
    only_second: int
    p: float
    p_adjusted: float | None
    verdict: Verdict


class DetectableDifference(msgspec.Struct, frozen=True):
    """The smallest difference that these items could show.

    Attributes:
        possible: whether so large a difference could come of so few items on which the runs differ.
        discordant: mean squared difference of an item's scores, percent; for single answers the share of items
            that one run alone has right.
        effective_n: the items' number as independent ones; items that share a video count for less.
    """

    points: float
    possible: bool
    discordant: float
    effective_n: float


class Pair(msgspec.Struct, frozen=True):
    """Two runs.

    Attributes:
        bounds: difference in points with every item without an answer wrong in one run and right in the other.
        minimum_detectable: `None` where the runs differ on no item, or with one cluster.
        noise: standard errors in points from the models' answers and from the choice of items; `None` unless
            every item was asked more than once in both runs.
        monitored: a test that may be looked at at any time, where one of the runs is not finished.
        equivalence: where a margin was given; undecided where it depends on items without an answer, or there are
            fewer than ten source videos.
        only_first: ids of the items on which the first run scores higher.
        only_second: ids of the items on which the second run scores higher.
    """

    first: str
    second: str
    all: PairedScores
    bounds: Bounds
    minimum_detectable: DetectableDifference | None
    noise: ErrorSources | None
    monitored: SequentialComparison | None
    equivalence: Equivalence | None
    groups: Mapping[str, Mapping[str, PairedScores]]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]

    @property
    def summary(self) -> str:
        """The verdict in words."""
        low, high = self.all.interval
        difference = f"{self.first} - {self.second} lies between {low:+.1f} and {high:+.1f} points"
        if self.all.verdict == "first":
            text = f"{self.first} is better than {self.second} by {_points(low, high)}"
        elif self.all.verdict == "second":
            text = f"{self.second} is better than {self.first} by {_points(-high, -low)}"
        elif self.all.verdict == "not shown":
            text = f"no difference is shown: {difference}"
        elif self.all.clusters < MIN_CLUSTERS:
            text = f"it cannot be told which is better: fewer than {MIN_CLUSTERS} source videos"
        else:
            text = (
                f"it cannot be told which is better: that depends on items without an answer ({difference})"
            )
        modalities = self.groups.get("modality", {})
        opposed = {"first": "second", "second": "first"}.get(self.all.verdict)
        decided = self.all.verdict in ("first", "second")
        for verdict, words in (
            (opposed, "the other way in"),
            ("not shown" if decided else None, "not shown in"),
            ("cannot be told", "cannot be told in"),
        ):
            names = [name for name, group in modalities.items() if group.verdict == verdict]
            if verdict is not None and names and len(modalities) > 1:
                text += f"; {words} {'any modality' if len(names) == len(modalities) else ', '.join(names)}"
        return text


class ComparedRun(msgspec.Struct, frozen=True):
    """One of the runs by itself.

    Attributes:
        model: who was asked; `?` for a file.
        correct: number of items right, of those asked in all runs; with repeats the sum of their means.
        accuracy: percent of those items.
        interval: of the accuracy, clustered by source video.
        of_all: percent of the whole benchmark, where items never asked count as wrong.
        repeats: the most repeats of any item.
        rank: the best rank that the data allow.
        worst: the lowest rank that the data allow.
        tied_with: labels of the runs that cannot be told from this one.
    """

    label: str
    path: str
    model: str
    correct: float
    accuracy: float
    interval: Interval
    of_all: float
    states: Mapping[str, int]
    repeats: int
    finished: bool
    rank: int
    worst: int
    tied_with: tuple[str, ...]
    signature: str


class Comparison(msgspec.Struct, frozen=True):
    """Runs compared.

    Attributes:
        n: number of items of the benchmark.
        asked: number of items asked in all runs; every statistic is of these.
        clusters: number of source videos of the items asked.
        draws: largest number of swaps of each test.
        differing: parts of the signatures that are not the same in all.
    """

    benchmark: str
    digest: str
    n: int
    asked: int
    clusters: int
    scorer: Scorer
    draws: int
    seed: int
    runs: tuple[ComparedRun, ...]
    pairs: tuple[Pair, ...]
    differing: tuple[DifferingPart, ...]
    notes: tuple[str, ...] = ()
    parents: Mapping[str, str] = {}

    def __repr__(self) -> str:
        if len(self.pairs) == 1:
            return f"<Comparison n={self.asked} {self.pairs[0].summary}>"
        ranks = ", ".join(f"{run.label} {run.accuracy:.1f} ({run.rank}-{run.worst})" for run in self.runs[:6])
        return f"<Comparison n={self.asked} runs={len(self.runs)} ranks: {ranks}{', ...' if len(self.runs) > 6 else ''}>"

    def _repr_html_(self) -> str:
        return html_table(repr(self).strip("<>"), self._rows(), "; ".join(self.notes))

    def to_dict(self) -> dict[str, Any]:
        """The stable form that `mmar compare --json` prints."""
        return {**msgspec.to_builtins(self), "methods": METHODS}

    def to_frame(self) -> Any:
        """A row for each pair of runs and each group (needs pandas)."""
        return frame(self._rows())

    def _rows(self) -> list[dict[str, Any]]:
        rows = []
        for pair in self.pairs:
            for dimension, groups in {"": {"all": pair.all}, **pair.groups}.items():
                for name, scores in groups.items():
                    low, high = scores.interval
                    rows.append(
                        {
                            "pair": f"{pair.first} - {pair.second}",
                            "dimension": dimension,
                            "name": name,
                            "n": scores.n,
                            "first": scores.first,
                            "second": scores.second,
                            "difference": scores.difference,
                            "low": low,
                            "high": high,
                            "p_adjusted": None if scores.p_adjusted is None else round(scores.p_adjusted, 4),
                            "verdict": scores.verdict,
                        }
                    )
        return rows


def _points(low: float, high: float) -> str:
    """A range of points; its lower end may lie a little beyond zero, where the interval and the test part."""
    return f"{max(0.0, low):.1f} to {high:.1f} points"


def differing_parts(runs: Sequence[ScoredRun]) -> tuple[DifferingPart, ...]:
    """The parts of the signatures that are not the same in all runs, the model aside."""
    parts = []
    for part in PARTS:
        values = tuple(run.parts.get(part, "?") for run in runs)
        if part not in _NOT_COMPARED and len(set(values)) > 1:
            parts.append(DifferingPart(part, values))
    texts = {msgspec.json.encode(run.manifest.protocol) for run in runs if run.manifest is not None}
    labels = {run.manifest.protocol.label for run in runs if run.manifest is not None}
    if len(texts) > len(labels):
        # Two protocols with the same name.
        digests = tuple("?" if run.manifest is None else f"#{_digest(run.manifest.protocol)}" for run in runs)
        parts.append(DifferingPart("protocol text", digests))
    return tuple(parts)


def _digest(protocol: Protocol) -> str:
    return hashlib.sha256(msgspec.json.encode(protocol)).hexdigest()[:8]
