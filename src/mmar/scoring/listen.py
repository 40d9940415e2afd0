"""Does it listen? One model with the real clips and under control conditions, item by item.

    none, silence, noise, shuffled     hide the clip: what is right under them was solved without hearing
    spectrum, reversed, mono           change it: they tell what the model needs of it

The fall from the real run to a condition comes with an interval clustered by source video and McNemar's exact
test, corrected by Holm over the conditions, and in groups within modality, within category and within sub-category.
Reliance is the share of what is failed without the clip that the clip turns right. The sources stand in
`mmar.scoring.listening.METHODS` and under every table.
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
from mmar.scoring.listening import HIDING, Effect, Listening, Solved, UnderCondition
from mmar.scoring.verdicts import Differing, Judged, Scorer, Verdicts, differing, only_some, right, unanswered
from mmar.stats import listening, paired
from mmar.stats.chance import guessing
from mmar.stats.cluster import accuracy
from mmar.stats.inputs import cluster_index
from mmar.stats.multiple import holm

__all__ = ["listen", "solved_items"]

_REAL = "full"


def listen(verdicts: Verdicts, *, scorer: Scorer = "choice") -> Listening:
    """Set a model's run with the real clips beside its runs under control conditions.

    Args:
        verdicts: what `mmar.scoring.verdicts.judge` found; one of the runs heard the real clips.
        scorer: whose verdicts count.

    Raises:
        UsageError: there is no real run or more than one, two runs are under one condition, an input is no run,
            or more than the audio differs between them.
    """
    real, others = _real_and_others(verdicts.runs)
    clusters = cluster_index(verdicts.clusters, len(verdicts.benchmark))
    heard = np.array(right(real, scorer), dtype=np.bool_)
    under = {run.label: np.array(right(run, scorer), dtype=np.bool_) for run in others}
    hidden = [under[run.label] for run in others if run.parts["condition"] in HIDING]
    members = {
        dimension: {name: np.array(places) for name, places in groups.items()}
        for dimension, groups in verdicts.groups.items()
    }

    def beside(run: Judged, items: Any) -> Effect:
        hides = run.parts["condition"] in HIDING
        return _effect(heard[items], under[run.label][items], clusters[items], hides=hides)

    overall = _corrected({run.label: beside(run, slice(None)) for run in others})
    items = verdicts.benchmark.items
    alone = accuracy(heard, clusters)
    return Listening(
        benchmark=verdicts.benchmark.name,
        digest=verdicts.benchmark.digest,
        n=len(items),
        clusters=alone.clusters,
        scorer=scorer,
        model=real.parts["model"],
        path=str(real.path),
        signature=real.signature,
        accuracy=alone.accuracy,
        interval=(alone.interval.low, alone.interval.high),
        states=real.states,
        conditions=tuple(
            UnderCondition(
                audio=run.parts["condition"],
                hides=run.parts["condition"] in HIDING,
                path=str(run.path),
                states=run.states,
                all=overall[run.label],
                falls=_falls(heard, under[run.label], run, clusters),
                groups={
                    dimension: _corrected({name: beside(run, places) for name, places in groups.items()})
                    for dimension, groups in members.items()
                },
                signature=run.signature,
            )
            for run in others
        ),
        solved=_solved(items, hidden, range(len(items))) if hidden else None,
        solved_groups={
            dimension: {name: _solved(items, hidden, places) for name, places in groups.items()}
            for dimension, groups in verdicts.groups.items()
            if hidden
        },
        notes=tuple(_notes(real, others)),
    )


def solved_items(verdicts: Verdicts, scorer: Scorer = "choice") -> Iterator[dict[str, Any]]:
    """The items that are right under a condition that hides the clip, one record each.

    Args:
        verdicts: of the runs.
        scorer: whose verdicts count.

    Yields:
        Id, groups, question and answer, under how many hiding conditions it is right, whether under all, and
        whether it is right in each run.
    """
    real, others = _real_and_others(verdicts.runs)
    hiding = [run for run in others if run.parts["condition"] in HIDING]
    verdict = {run.label: right(run, scorer) for run in verdicts.runs}
    for at, item in enumerate(verdicts.benchmark):
        count = sum(verdict[run.label][at] for run in hiding)
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
            "solved_under_all": count == len(hiding),
            **{f"{run.parts['condition']}_right": verdict[run.label][at] for run in (real, *others)},
        }


def _real_and_others(runs: Sequence[Judged]) -> tuple[Judged, list[Judged]]:
    for run in runs:
        if run.manifest is None:
            raise UsageError(
                f"{run.path} is a file and does not say what was heard; name the folders of runs made with mmar run --condition"
            )
    models = tuple(run.parts["model"] for run in runs)
    parts = [Differing("model", models)] if len(set(models)) > 1 else []
    parts += [part for part in differing(runs) if part.part != "condition"]
    if parts:
        lines = "".join(f"\n  {part.part}: {', '.join(part.values)}" for part in parts)
        raise UsageError(
            f"these runs differ in more than the audio, so a difference would not be the audio's:{lines}"
        )
    by_audio: dict[str, Judged] = {}
    for run in runs:
        audio = run.parts["condition"]
        if audio in by_audio:
            raise UsageError(
                f"{by_audio[audio].path} and {run.path} are both under “{audio}”; name one of them"
            )
        by_audio[audio] = run
    if _REAL not in by_audio:
        heard = ", ".join(by_audio)
        raise UsageError(
            f"none of the runs heard the real clips (audio: {heard})\n  → name the run made without --condition, too"
        )
    return by_audio[_REAL], [by_audio[audio] for audio in CONDITIONS if audio in by_audio and audio != _REAL]


def _effect(
    real: NDArray[np.bool_], under: NDArray[np.bool_], clusters: NDArray[np.intp], *, hides: bool
) -> Effect:
    gap, exact = paired.difference(real, under, clusters), paired.mcnemar(real, under)
    first, second = accuracy(real, clusters), accuracy(under, clusters)
    needed = listening.reliance(real, under, clusters) if hides else None
    between = needed.interval if needed is not None and needed.reliance is not None else None
    return Effect(
        n=gap.n,
        clusters=gap.clusters,
        real=first.accuracy,
        real_interval=(first.interval.low, first.interval.high),
        under=second.accuracy,
        under_interval=(second.interval.low, second.interval.high),
        difference=gap.points,
        interval=(gap.interval.low, gap.interval.high),
        only_real=exact.only_first,
        only_under=exact.only_second,
        mcnemar=exact.p,
        mcnemar_holm=exact.p,
        reliance=None if needed is None else needed.reliance,
        reliance_interval=None if between is None else (between.low, between.high),
    )


def _falls(
    real: NDArray[np.bool_], under: NDArray[np.bool_], run: Judged, clusters: NDArray[np.intp]
) -> bool | None:
    """Whether the accuracy falls; that a model gave no answer does not say that it needs the clip."""
    if paired.difference(real, under, clusters).interval.low <= 0:
        return False
    at_best = under | np.array(unanswered(run), dtype=np.bool_)
    return True if paired.difference(real, at_best, clusters).interval.low > 0 else None


def _corrected(family: Mapping[str, Effect]) -> dict[str, Effect]:
    values = holm([effect.mcnemar for effect in family.values()])
    return {
        name: msgspec.structs.replace(effect, mcnemar_holm=value)
        for (name, effect), value in zip(family.items(), values, strict=True)
    }


def _solved(items: Sequence[Item], hidden: Sequence[NDArray[np.bool_]], places: Sequence[int]) -> Solved:
    found = listening.solved_without([row[list(places)] for row in hidden])
    chance = guessing([len(items[at].choices) for at in places]).accuracy
    return Solved(found.n, found.any_condition, found.every_condition, chance)


def _notes(real: Judged, others: Sequence[Judged]) -> Iterator[str]:
    for run in (real, *others):
        if failed := run.states["failed"]:
            yield f"{run.parts['condition']}: {failed:,} items failed (no answer came) and count as wrong"
    some, never = only_some([real, *others])
    if some:
        yield f"{some:,} items were asked in some of the runs only and count as wrong in the others"
    if never:
        yield f"{never:,} items were asked in none of the runs and count as wrong in all; numbers are of all items"
    if not any(run.parts["condition"] in HIDING for run in others):
        yield f"no run hides the clips; make one with mmar run --condition {HIDING[1]}"
