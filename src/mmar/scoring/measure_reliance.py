"""Audio ablation: one model with the real clips and under control conditions, item by item.

    none, silence, noise, shuffled     hide the clip: what is right under them was solved without the audio
    spectrum, reversed, mono           change it: they show what the model needs of it

The fall from the real run to a condition has an interval clustered by source video, and one test: the two
runs swapped by source video, corrected by Holm over the conditions, and in groups within modality, within
category and within sub-category. Reliance is the share of what is failed without the clip that the clip turns
right.

Where the fall would not stay significant had every item without a choice under the condition been right, the
verdict is "cannot be told", and reliance and its p-value are left out. The first answer to each item counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from mmar.errors import UsageError
from mmar.items import Item
from mmar.runs.conditions import CONDITIONS
from mmar.scoring.align_runs import AlignedRuns, ScoredRun, Scorer
from mmar.scoring.comparison import DifferingPart, differing_parts
from mmar.scoring.reliance import HIDING, ConditionResult, Effect, Fall, Reliance
from mmar.stats import paired
from mmar.stats.cluster import accuracy
from mmar.stats.inputs import cluster_index
from mmar.stats.reliance import SolvedWithoutAudio, count_solved_without_audio, reliance_ratio

_REAL = "full"


class _Run(msgspec.Struct, frozen=True):
    """A run's first answers to the items asked in all runs."""

    right: NDArray[np.bool_]
    abstained: NDArray[np.bool_]


def measure_reliance(
    aligned: AlignedRuns, *, scorer: Scorer = "choice", draws: int = 10_000, seed: int = 0
) -> Reliance:
    """Set a model's run with the real clips beside its runs under control conditions; `draws` and `seed` as `compare`.

    Raises:
        UsageError: there is no real run or more than one, two runs are under one condition, an input is no run,
            or more than the condition differs between them.
    """
    real, others = _real_and_others(aligned.runs)
    positions = np.array(aligned.common)
    clusters = cluster_index([aligned.clusters[position] for position in aligned.common], len(positions))
    numbers = {
        run.label: _Run(
            np.array(run.first_scores(scorer))[positions],
            np.array(run.without_choice())[positions],
        )
        for run in aligned.runs
    }
    members = aligned.asked_groups()

    def test(run: ScoredRun, which: Any) -> tuple[Effect, float]:
        first, second = numbers[real.label], numbers[run.label]
        return _test(first, second, which, clusters, draws, seed, hides=run.condition in HIDING)

    overall = _adjust_family({run.label: test(run, slice(None)) for run in others})
    hidden = [numbers[run.label] for run in others if run.condition in HIDING]
    items = [aligned.benchmark.items[position] for position in aligned.common]
    alone = accuracy(numbers[real.label].right, clusters)
    return Reliance(
        benchmark=aligned.benchmark.name,
        digest=aligned.digest,
        n=len(aligned.benchmark),
        asked=len(items),
        clusters=alone.clusters,
        scorer=scorer,
        draws=draws,
        seed=seed,
        model=real.parts["model"],
        path=str(real.path),
        signature=real.signature,
        accuracy=alone.accuracy,
        interval=alone.interval,
        states=real.states,
        conditions=tuple(
            ConditionResult(
                condition=run.condition,
                hides=run.condition in HIDING,
                path=str(run.path),
                states=run.states,
                all=overall[run.label],
                groups={
                    dimension: _adjust_family({name: test(run, which) for name, which in groups.items()})
                    for dimension, groups in members.items()
                },
                signature=run.signature,
            )
            for run in others
        ),
        solved=_solved(items, hidden, range(len(items))) if hidden else None,
        solved_groups={
            dimension: {name: _solved(items, hidden, which) for name, which in groups.items()}
            for dimension, groups in members.items()
            if hidden
        },
        notes=tuple(_notes(aligned, real, others)),
        parents=aligned.parents,
    )


def solved_items(aligned: AlignedRuns, scorer: Scorer = "choice") -> Iterator[dict[str, Any]]:
    """The items that are right under a condition that hides the clip.

    Yields id, groups, question and answer; under how many hiding conditions it is right, whether under all
    that answered it, and whether it is right in each run.
    """
    real, others = _real_and_others(aligned.runs)
    hiding = [run for run in others if run.condition in HIDING]
    scores = {run.label: run.first_scores(scorer) for run in aligned.runs}
    for position in aligned.common:
        item = aligned.benchmark.items[position]
        right = {label: row[position] for label, row in scores.items()}
        count = sum(right[run.label] for run in hiding)
        if not count:
            continue
        yield {
            "id": item.id,
            "modality": item.modality,
            "category": item.category,
            "sub_category": item.sub_category,
            "question": item.question,
            "choices": len(item.choices),
            "answer": item.answer,
            "solved_under": count,
            "solved_under_all": count == sum(run.rows[position].state == "choice" for run in hiding),
            **{f"{run.condition}_right": right[run.label] for run in (real, *others)},
        }


def _real_and_others(runs: Sequence[ScoredRun]) -> tuple[ScoredRun, list[ScoredRun]]:
    for run in runs:
        if run.manifest is None:
            raise UsageError(
                f"{run.path} is a file, which does not name its condition",
                code="not-a-run",
                hint="name the folders of runs made with mmar run --condition",
            )
    models = tuple(run.parts["model"] for run in runs)
    parts = [DifferingPart("model", models)] if len(set(models)) > 1 else []
    parts += [part for part in differing_parts(runs) if part.part != "condition"]
    if parts:
        lines = "".join(f"\n  {part.part}: {', '.join(part.values)}" for part in parts)
        raise UsageError(
            f"these runs differ in more than the condition, so a difference would not be the audio's:{lines}",
            code="more-differs",
        )
    by_condition: dict[str, ScoredRun] = {}
    for run in runs:
        if run.condition in by_condition:
            raise UsageError(
                f'{by_condition[run.condition].path} and {run.path} are both under "{run.condition}"',
                code="same-condition",
                hint="name one of them",
            )
        by_condition[run.condition] = run
    if _REAL not in by_condition:
        raise UsageError(
            f"none of the runs had the real clips (conditions: {', '.join(by_condition)})",
            code="no-real-run",
            hint="name the run made without --condition, too",
        )
    others = [by_condition[name] for name in CONDITIONS if name in by_condition and name != _REAL]
    return by_condition[_REAL], others


def _test(
    real: _Run,
    under: _Run,
    which: Any,
    clusters: NDArray[np.intp],
    draws: int,
    seed: int,
    *,
    hides: bool,
) -> tuple[Effect, float]:
    """An effect before correction, with the p-value had every abstention been right."""
    one, two, labels = real.right[which], under.right[which], clusters[which]
    gap = paired.difference(one, two, labels)
    p = worst_p = paired.sign_flip(one, two, labels, draws=draws, seed=seed)
    abstained = under.abstained[which]
    best = two | abstained
    if gap.points > 0 and (best != two).any():
        still_ahead = int(one.sum()) > int(best.sum())
        worst_p = max(p, paired.sign_flip(one, best, labels, draws=draws, seed=seed)) if still_ahead else 1.0
    first, second = accuracy(one, labels), accuracy(two, labels)
    ratio = reliance_ratio(one, two, labels) if hides else None
    effect = Effect(
        n=gap.n,
        clusters=gap.clusters,
        real=first.accuracy,
        real_interval=first.interval,
        under=second.accuracy,
        under_interval=second.interval,
        abstained=int(abstained.sum()),
        difference=gap.points,
        interval=gap.interval,
        only_real=int((one & ~two).sum()),
        only_under=int((two & ~one).sum()),
        fall="not shown",
        decided_by_abstentions=False,
        p=p,
        p_adjusted=p,
        reliance=None if ratio is None else ratio.reliance,
        reliance_interval=None if ratio is None else ratio.interval,
    )
    return effect, worst_p


def _adjust_family(family: Mapping[str, tuple[Effect, float]]) -> dict[str, Effect]:
    """The members of one family with their p-values corrected and what they show."""
    decisions = paired.decide(
        {name: (effect.clusters, effect.p or 0.0, worst_p) for name, (effect, worst_p) in family.items()}
    )
    corrected = {}
    for name, (effect, _) in family.items():
        p, significant = decisions[name]
        if significant is None:
            corrected[name] = msgspec.structs.replace(
                effect,
                fall="cannot be told",
                decided_by_abstentions=p is not None,
                p=None,
                p_adjusted=None,
                reliance=None,
                reliance_interval=None,
            )
        else:
            fall: Fall = "not shown" if not significant else "falls" if effect.difference > 0 else "rises"
            corrected[name] = msgspec.structs.replace(effect, fall=fall, p_adjusted=p)
    return corrected


def _solved(items: Sequence[Item], hidden: Sequence[_Run], which: Sequence[int]) -> SolvedWithoutAudio:
    return count_solved_without_audio(
        [run.right[which] for run in hidden],
        [~run.abstained[which] for run in hidden],
        [len(items[position].choices) for position in which],
    )


def _notes(aligned: AlignedRuns, real: ScoredRun, others: Sequence[ScoredRun]) -> Iterator[str]:
    for run in (real, *others):
        if failed := run.states["failed"]:
            yield f"{run.condition}: {failed:,} item{'s' if failed > 1 else ''} failed (no answer came), counted as wrong"
        if run.repeats:
            yield f"{run.condition}: items were asked several times; the first answer counts"
        if not run.finished:
            yield f"{run.condition} is not finished: its numbers will change"
    yield from aligned.left_out()
    if not any(run.condition in HIDING for run in others):
        yield f"no run hides the clips; make one with mmar run --condition {HIDING[1]}"
