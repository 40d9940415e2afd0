"""Comparison of runs on the same items, two by two.

Every question has one test: the runs are swapped by source video (`mmar.stats.paired.sign_flip`). In groups
its p-values are corrected by Holm within modality, within category and within sub-category, three families
that are declared here and not chosen after looking. With more than two runs the pairs are one family,
adjusted together, and the ranges of ranks follow from it (`mmar.stats.ranks`).

A difference is decided only if it would stay significant had every item without an answer been right in the
run that is behind; else it cannot be told. Nothing can be told of fewer than ten source videos either.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from mmar.scoring.align_runs import AlignedRuns, Scorer
from mmar.scoring.comparison import (
    ComparedRun,
    Comparison,
    DetectableDifference,
    Pair,
    PairedScores,
    Verdict,
    differing_parts,
)
from mmar.scoring.result import Bounds
from mmar.stats import paired
from mmar.stats.cluster import MIN_CLUSTERS, accuracy
from mmar.stats.inputs import cluster_index
from mmar.stats.paired import minimum_detectable_difference
from mmar.stats.ranks import Rank, pairwise, rank_ranges
from mmar.stats.sequences import SequentialComparison, compare_sequence

_ALPHA = 0.05


class _Run(msgspec.Struct, frozen=True):
    """A run's numbers on the items asked in all runs."""

    scores: NDArray[np.float64]
    unanswered: NDArray[np.float64]
    repeats: NDArray[np.int64]


def compare(
    aligned: AlignedRuns,
    *,
    scorer: Scorer = "choice",
    draws: int = 10_000,
    seed: int = 0,
    margin: float | None = None,
) -> Comparison:
    """Compare every two of some runs.

    At most `draws` swaps (at least 1) of each permutation test, drawn by `seed` (0 or more). `margin` is in
    points: runs that differ by less count as equivalent.
    """
    items = np.array(aligned.common)
    runs = [
        _Run(
            np.array(run.scores(scorer))[items],
            np.array(run.unanswered())[items],
            np.array(run.answer_counts())[items],
        )
        for run in aligned.runs
    ]
    clusters = cluster_index([aligned.clusters[position] for position in aligned.common], len(items))
    members = aligned.asked_groups()
    orders = pairwise(
        [run.scores for run in runs],
        clusters,
        unanswered=[run.unanswered for run in runs],
        draws=draws,
        seed=seed,
    )
    ranks = rank_ranges([float(run.scores.mean()) for run in runs], orders)

    def test(which: Any, one: int, two: int) -> tuple[PairedScores, float]:
        return _test(runs[one], runs[two], which, clusters, draws, seed)

    pairs = []
    for (one, two), order in orders.items():
        whole, _ = test(slice(None), one, two)
        verdict: Verdict = "not shown"
        if whole.clusters < MIN_CLUSTERS or order.depends:
            verdict = "cannot be told"
        elif order.better is not None:
            verdict = "first" if order.better == one else "second"
        adjusted = None if whole.clusters < MIN_CLUSTERS else max(order.p, whole.p)
        whole = msgspec.structs.replace(whole, p_adjusted=adjusted, verdict=verdict)
        pairs.append(
            Pair(
                first=aligned.runs[one].label,
                second=aligned.runs[two].label,
                all=whole,
                bounds=Bounds(
                    whole.difference - 100 * float(runs[two].unanswered.mean()),
                    whole.difference + 100 * float(runs[one].unanswered.mean()),
                ),
                minimum_detectable=_minimum_detectable(whole, runs[one].scores - runs[two].scores),
                noise=paired.split_error(
                    runs[one].scores,
                    runs[two].scores,
                    (runs[one].repeats, runs[two].repeats),
                    whole.standard_error,
                ),
                monitored=_sequential_test(aligned, one, two, scorer),
                equivalence=None if margin is None else _equivalence(runs[one], runs[two], clusters, margin),
                groups={
                    dimension: _adjust_family({name: test(which, one, two) for name, which in groups.items()})
                    for dimension, groups in members.items()
                },
                only_first=_ids(aligned, runs[one].scores > runs[two].scores),
                only_second=_ids(aligned, runs[two].scores > runs[one].scores),
            )
        )
    family = max(len(pairs), *(len(groups) for groups in members.values()))
    return Comparison(
        benchmark=aligned.benchmark.name,
        digest=aligned.digest,
        n=len(aligned.benchmark),
        asked=len(items),
        clusters=int(clusters.max()) + 1,
        scorer=scorer,
        draws=draws,
        seed=seed,
        runs=tuple(
            _compared_run(aligned, position, run, clusters, rank, scorer)
            for position, (run, rank) in enumerate(zip(runs, ranks, strict=True))
        ),
        pairs=tuple(pairs),
        differing=differing_parts(aligned.runs),
        notes=tuple(_notes(aligned, runs, draws, family)),
        parents=aligned.parents,
    )


def disagreements(aligned: AlignedRuns, scorer: Scorer = "choice") -> Iterator[dict[str, Any]]:
    """The items that not all runs have right or wrong alike in their first answer.

    Yields id, groups and answer; and for each run by its label whether it is right, and the choice it named.
    """
    scores = [run.first_scores(scorer) for run in aligned.runs]
    for position in aligned.common:
        item = aligned.benchmark.items[position]
        hits = [right[position] for right in scores]
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
        for run, hit in zip(aligned.runs, hits, strict=True):
            row = run.rows[position]
            record |= {
                f"{run.label}_right": hit,
                f"{run.label}_state": row.state,
                f"{run.label}_named": row.named,
            }
        yield record


def _test(
    first: _Run, second: _Run, which: Any, clusters: NDArray[np.intp], draws: int, seed: int
) -> tuple[PairedScores, float]:
    """Two runs on some items before correction, with the p-value of the worst case for the run ahead."""
    one, two, labels = first.scores[which], second.scores[which], clusters[which]
    gap = paired.difference(one, two, labels)
    p = worst_p = paired.sign_flip(one, two, labels, draws=draws, seed=seed)
    worst = _worst_case(first, second, which, ahead=gap.points > 0)
    if worst is not None:
        still_ahead = (float(worst[0].sum()) > float(worst[1].sum())) == (gap.points > 0)
        worst_p = max(p, paired.sign_flip(*worst, labels, draws=draws, seed=seed)) if still_ahead else 1.0
    scores = PairedScores(
        n=gap.n,
        clusters=gap.clusters,
        first=100 * float(one.sum()) / gap.n,
        second=100 * float(two.sum()) / gap.n,
        difference=gap.points,
        standard_error=gap.standard_error,
        interval=gap.interval,
        only_first=int((one > two).sum()),
        only_second=int((two > one).sum()),
        p=p,
        p_adjusted=p,
        verdict="not shown",
    )
    return scores, worst_p


def _worst_case(
    first: _Run, second: _Run, which: Any, *, ahead: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Both scores with the run behind right wherever it has no answer; `None` where that changes nothing."""
    behind = second if ahead else first
    no_answer = behind.unanswered[which]
    if not no_answer.any():
        return None
    one, two = first.scores[which], second.scores[which]
    return (one, np.minimum(two + no_answer, 1.0)) if ahead else (np.minimum(one + no_answer, 1.0), two)


def _adjust_family(family: Mapping[str, tuple[PairedScores, float]]) -> dict[str, PairedScores]:
    """The members of one family with their p-values corrected and their verdicts."""
    decisions = paired.decide(
        {name: (scores.clusters, scores.p, worst_p) for name, (scores, worst_p) in family.items()}
    )
    corrected = {}
    for name, (scores, _) in family.items():
        p, significant = decisions[name]
        verdict: Verdict = "cannot be told" if significant is None else "not shown"
        if significant:
            verdict = "first" if scores.difference > 0 else "second"
        corrected[name] = msgspec.structs.replace(scores, p_adjusted=p, verdict=verdict)
    return corrected


def _minimum_detectable(scores: PairedScores, gap: NDArray[np.float64]) -> DetectableDifference | None:
    n, squares = scores.n, float((gap**2).sum())
    if scores.standard_error is None or not squares:
        return None
    spread = squares - float(gap.sum()) ** 2 / n
    independent = 100 * math.sqrt(max(0.0, spread) / (n * (n - 1)))
    # Items that share a video count for less where they agree; never for more.
    effect = max(1.0, (scores.standard_error / independent) ** 2) if independent > 1e-9 else 1.0
    points = minimum_detectable_difference(n / effect, squares / n)
    possible = points <= 100 * float(np.abs(gap).mean())
    return DetectableDifference(points, possible, 100 * squares / n, n / effect)


def _sequential_test(aligned: AlignedRuns, one: int, two: int, scorer: Scorer) -> SequentialComparison | None:
    """The test of two runs on their first answers, where one of them is not finished."""
    runs = aligned.runs[one], aligned.runs[two]
    if all(run.finished for run in runs):
        return None
    first, second = (np.array(run.first_scores(scorer))[list(aligned.common)].tolist() for run in runs)
    return compare_sequence(first, second, [aligned.clusters[position] for position in aligned.common])


def _equivalence(first: _Run, second: _Run, clusters: NDArray[np.intp], margin: float) -> paired.Equivalence:
    observed = paired.equivalence(first.scores, second.scores, clusters, margin)
    every = slice(None)
    cases = [_worst_case(first, second, every, ahead=ahead) for ahead in (True, False)]
    results = {paired.equivalence(*case, clusters, margin).equivalent for case in cases if case is not None}
    results.add(observed.equivalent)
    enough = int(clusters.max()) + 1 >= MIN_CLUSTERS
    decided = enough and len(results) == 1
    return paired.Equivalence(margin, observed.interval, observed.equivalent if decided else None)


def _compared_run(
    aligned: AlignedRuns, index: int, numbers: _Run, clusters: NDArray[np.intp], rank: Rank, scorer: Scorer
) -> ComparedRun:
    run = aligned.runs[index]
    alone = accuracy(numbers.scores, clusters, answers=int(numbers.repeats.sum()))
    of_all = [score for score, counts in zip(run.scores(scorer), run.requested(), strict=True) if counts]
    return ComparedRun(
        label=run.label,
        path=str(run.path),
        model=run.parts.get("model", "?"),
        correct=float(numbers.scores.sum()),
        accuracy=alone.accuracy,
        interval=alone.interval,
        of_all=100 * math.fsum(of_all) / len(aligned.benchmark),
        states=run.states,
        repeats=int(numbers.repeats.max()),
        finished=run.finished,
        rank=rank.rank,
        worst=rank.worst,
        tied_with=tuple(aligned.runs[other].label for other in rank.tied_with),
        signature=run.signature,
    )


def _ids(aligned: AlignedRuns, which: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(aligned.benchmark.items[aligned.common[position]].id for position in np.flatnonzero(which))


def _notes(aligned: AlignedRuns, runs: Sequence[_Run], draws: int, family: int) -> Iterator[str]:
    for run, numbers in zip(aligned.runs, runs, strict=True):
        if failed := int((numbers.unanswered > 0).sum()):
            yield f"{run.label}: {failed:,} item{'s' if failed > 1 else ''} failed (no answer came), counted as wrong"
        if numbers.repeats.min() != numbers.repeats.max():
            yield (
                f"{run.label}: items were asked {numbers.repeats.min()} to {numbers.repeats.max()} times; "
                "each item's score is its mean"
            )
        if run.manifest is not None and any(session.rotations != 1 for session in run.manifest.sessions):
            yield f"{run.label}: only the answers to the choices in their published order are compared"
        if not run.finished:
            yield (
                f"{run.label} is not finished: its numbers will change, and p-values and intervals hold only for "
                "one look at the end"
            )
    yield from aligned.left_out()
    if family / (draws + 1) > _ALPHA:
        yield (
            f"with {draws:,} draws no p-value is below {1 / (draws + 1):.2g}, too coarse to correct for "
            f"{family} groups; raise --draws"
        )
