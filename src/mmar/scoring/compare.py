"""Is the difference real? Runs on the same items set side by side, two by two.

What is said of each pair, and after whom, stands in `mmar.scoring.comparison.METHODS` and under every table.
In groups the p-values are corrected by Holm within modality, within category (layer) and within sub-category:
three families that are declared here and not chosen after looking. With more than two runs the pairs are one
more family.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from mmar.scoring.comparison import Compared, ComparedRun, CouldShow, Pair, Paired
from mmar.scoring.verdicts import Judged, Scorer, Verdicts, differing, only_some, right, unanswered
from mmar.stats import paired
from mmar.stats.cluster import accuracy
from mmar.stats.inputs import cluster_index
from mmar.stats.multiple import holm
from mmar.stats.power import detectable
from mmar.stats.ranks import Rank, paired_ranks

__all__ = ["compare", "disagreements"]

_Key = TypeVar("_Key", bound=Hashable)
_LEVEL = 0.05


def compare(verdicts: Verdicts, *, scorer: Scorer = "choice", draws: int = 10_000, seed: int = 0) -> Compared:
    """Compare every two of some runs.

    Args:
        verdicts: what `mmar.scoring.verdicts.judge` found.
        scorer: whose verdicts count.
        draws: random swaps of each permutation test, at least 1.
        seed: of the draws, 0 or more.

    Raises:
        UsageError: there are no items or no draws, or the seed is negative.
    """
    runs = verdicts.runs
    scores = [np.array(right(run, scorer), dtype=np.bool_) for run in runs]
    ranks = paired_ranks(scores, verdicts.clusters)
    clusters = cluster_index(verdicts.clusters, len(verdicts.benchmark))
    members = {
        dimension: {name: np.array(places) for name, places in groups.items()}
        for dimension, groups in verdicts.groups.items()
    }

    def on(items: Any, one: int, two: int) -> Paired:
        return _paired(scores[one][items], scores[two][items], clusters[items], draws, seed)

    pairs = list(combinations(range(len(runs)), 2))
    overall = _corrected({(one, two): on(slice(None), one, two) for one, two in pairs})
    return Compared(
        benchmark=verdicts.benchmark.name,
        digest=verdicts.benchmark.digest,
        n=len(verdicts.benchmark),
        clusters=int(clusters.max()) + 1,
        scorer=scorer,
        draws=draws,
        seed=seed,
        runs=tuple(
            _by_itself(runs, place, score, clusters, ranks[place]) for place, score in enumerate(scores)
        ),
        pairs=tuple(
            Pair(
                first=runs[one].label,
                second=runs[two].label,
                all=overall[one, two],
                bounds=_bounds(overall[one, two], runs[one], runs[two]),
                could_show=_could_show(overall[one, two]),
                groups={
                    dimension: _corrected({name: on(items, one, two) for name, items in groups.items()})
                    for dimension, groups in members.items()
                },
                only_first=_ids(runs[one], scores[one] & ~scores[two]),
                only_second=_ids(runs[two], scores[two] & ~scores[one]),
            )
            for one, two in pairs
        ),
        differing=differing(runs),
        notes=tuple(_notes(runs, draws, max(len(pairs), *(len(groups) for groups in members.values())))),
    )


def disagreements(verdicts: Verdicts, scorer: Scorer = "choice") -> Iterator[dict[str, Any]]:
    """The items that not all runs have right or wrong alike, one record each.

    Args:
        verdicts: of the runs.
        scorer: whose verdicts count.

    Yields:
        Id, groups and answer; and for each run by its label whether it is right, and what it named.
    """
    for item, *rows in zip(verdicts.benchmark, *(run.rows for run in verdicts.runs), strict=True):
        hits = [row.official if scorer == "official" else row.choice for row in rows]
        if len(set(hits)) == 1:
            continue
        record: dict[str, Any] = {
            "id": item.id,
            "modality": item.modality,
            "category": item.category,
            "sub_category": item.sub_category,
            "question": item.question,
            "answer": item.answer,
        }
        for run, row, hit in zip(verdicts.runs, rows, hits, strict=True):
            record |= {
                f"{run.label}_right": hit,
                f"{run.label}_state": row.state,
                f"{run.label}_named": row.named,
            }
        yield record


def _paired(
    first: NDArray[np.bool_], second: NDArray[np.bool_], clusters: NDArray[np.intp], draws: int, seed: int
) -> Paired:
    found = paired.compare(first, second, clusters, draws=draws, seed=seed)
    gap, exact, flips = found.difference, found.mcnemar, found.sign_flip
    return Paired(
        n=gap.n,
        clusters=gap.clusters,
        first=100 * int(first.sum()) / gap.n,
        second=100 * int(second.sum()) / gap.n,
        difference=gap.points,
        standard_error=gap.standard_error,
        interval=(gap.interval.low, gap.interval.high),
        only_first=exact.only_first,
        only_second=exact.only_second,
        mcnemar=exact.p,
        mcnemar_mid=exact.mid_p,
        mcnemar_holm=exact.p,
        sign_flip=flips.p,
        sign_flip_holm=flips.p,
    )


def _corrected(family: Mapping[_Key, Paired]) -> dict[_Key, Paired]:
    """The members of one family with their p-values corrected."""
    exact = holm([found.mcnemar for found in family.values()])
    flips = holm([found.sign_flip for found in family.values()])
    return {
        key: msgspec.structs.replace(found, mcnemar_holm=first, sign_flip_holm=second)
        for (key, found), first, second in zip(family.items(), exact, flips, strict=True)
    }


def _bounds(found: Paired, first: Judged, second: Judged) -> tuple[float, float]:
    one, two = (100 * sum(unanswered(run)) / found.n for run in (first, second))
    return found.difference - two, found.difference + one


def _could_show(found: Paired) -> CouldShow | None:
    n, discordant = found.n, found.only_first + found.only_second
    if found.standard_error is None or not discordant:
        return None
    squares = discordant - (found.only_first - found.only_second) ** 2 / n
    independent = 100 * math.sqrt(squares / (n * (n - 1)))
    # Items that share a video count for less where they agree; never for more.
    effect = max(1.0, (found.standard_error / independent) ** 2) if independent else 1.0
    least = detectable(n / effect, discordant / n)
    return CouldShow(least.points, least.possible, 100 * discordant / n, n / effect)


def _by_itself(
    runs: Sequence[Judged], place: int, score: NDArray[np.bool_], clusters: NDArray[np.intp], rank: Rank
) -> ComparedRun:
    run, found = runs[place], accuracy(score, clusters)
    return ComparedRun(
        label=run.label,
        path=str(run.path),
        model=run.parts.get("model", "?"),
        correct=int(score.sum()),
        accuracy=found.accuracy,
        interval=(found.interval.low, found.interval.high),
        states=run.states,
        rank=rank.rank,
        worst=rank.worst,
        tied_with=tuple(runs[other].label for other in rank.tied_with),
        signature=run.signature,
    )


def _ids(run: Judged, which: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(run.rows[at].id for at in np.flatnonzero(which))


def _notes(runs: Sequence[Judged], draws: int, family: int) -> Iterator[str]:
    for run in runs:
        if failed := run.states["failed"]:
            yield f"{run.label}: {failed:,} items failed (no answer came) and count as wrong"
    some, never = only_some(runs)
    if some:
        yield f"{some:,} items were asked in some of the runs only and count as wrong in the others"
    if never:
        yield f"{never:,} items were asked in none of the runs and count as wrong in all; differences are of all items"
    if family / (draws + 1) > _LEVEL:
        yield (
            f"with {draws:,} draws no p-value is below {1 / (draws + 1):.2g}, too coarse to correct for "
            f"{family} groups; raise --draws"
        )
