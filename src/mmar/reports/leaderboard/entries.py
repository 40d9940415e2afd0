"""A run on the leaderboard: its numbers, ranges of ranks, reliance, order agreement, rubric, cost and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, median

import msgspec
import numpy as np

from mmar.errors import InputError
from mmar.items import Benchmark
from mmar.reports.scored_source import ScoredSource, interval_of
from mmar.scoring.align_runs import AlignedRuns
from mmar.scoring.measure_reliance import measure_reliance
from mmar.scoring.reliance import HIDING
from mmar.scoring.result import Accuracy
from mmar.scoring.rubric.judge import stored_judgements
from mmar.stats.inputs import cluster_index
from mmar.stats.ranks import pairwise, rank_ranges


class Number(msgspec.Struct, frozen=True):
    """A value with the ends of its 95 % interval, percent; `None` where there is no interval."""

    value: float
    low: float | None = None
    high: float | None = None


class RubricEntry(msgspec.Struct, frozen=True):
    """The score of a judged run with its interval, percent, and Krippendorff's alpha of the raters."""

    score: float
    low: float
    high: float
    alpha: float | None
    signature: str


class RunEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A run on the leaderboard.

    Attributes:
        id: short digest of signature and verdicts, for addresses.
        date: when it ended, `YYYY-MM-DD`.
        n: number of items of the benchmark.
        asked: number of items asked, which the two accuracies are over.
        groups: official accuracy by modality: right, items.
        rank: first and last place among the runs here, by official; `None` for a single run.
        reliance: share of the accuracy that needs the audio, percent; `None` without a run that hides it.
        hidden_by: the condition that the reliance is measured under.
        order_agreement: percent of pairs of rotations that name the same choice; `None` without rotations.
        rubric: of its judged reasoning.
        cost: money for one answer to each item, in the price table's currency; `None` without prices or token counts.
        seconds: median of an answer.
        tokens: mean output tokens of an answer.
        report: address of its report, relative to the page.
    """

    id: str
    model: str
    protocol: str
    date: str
    n: int
    asked: int
    official: Number
    choice: Number
    unresolved: int
    failed: int
    groups: dict[str, tuple[int, int]]
    rank: tuple[int, int] | None = None
    reliance: Number | None = None
    hidden_by: str = ""
    order_agreement: float | None = None
    rubric: RubricEntry | None = None
    cost: float | None = None
    seconds: float | None = None
    tokens: float | None = None
    signature: str = ""
    report: str = ""


def run_entry(source: ScoredSource, prices: str | Path | None = None) -> RunEntry:
    """The numbers of one scored run, without those that need other runs; errors as `ScoredSource.cost`."""
    score = source.score
    part = score.asked or score
    answers = [answer for _, _, answer in source.rows() if answer.failure is None]
    latencies = [answer.latency_s for answer in answers if answer.latency_s is not None and not answer.cached]
    usages = [answer.usage for answer in answers if answer.usage is not None]
    outputs = [usage.output_tokens for usage in usages if usage.output_tokens is not None]
    return RunEntry(
        id=source.identifier("leaderboard")[:8],
        model=source.model,
        protocol=source.protocol,
        date=source.completed.date().isoformat(),
        n=score.n,
        asked=part.n,
        official=_number(part.official),
        choice=_number(part.choice),
        unresolved=score.states["unresolved"],
        failed=score.states["failed"],
        groups={
            name: (group.official.correct, group.n)
            for name, group in score.groups.get("modality", {}).items()
            if group.n
        },
        order_agreement=None if score.rotations is None else score.rotations.agreement,
        rubric=_rubric(source),
        cost=source.cost(prices, first_answers=True),
        seconds=median(latencies) if latencies else None,
        tokens=fmean(outputs) if outputs else None,
        signature=score.signature,
    )


def _number(accuracy: Accuracy) -> Number:
    interval = interval_of(accuracy)
    return Number(accuracy.accuracy, *(() if interval is None else interval[:2]))


def _rubric(source: ScoredSource) -> RubricEntry | None:
    """The first of the judgements that `mmar judge` left beside the run."""
    for _, result in stored_judgements(source.path, source.benchmark):
        return RubricEntry(result.score, *result.interval, result.alpha, result.signature)
    return None


def rank_ranges_of(aligned: AlignedRuns, draws: int = 10_000) -> list[tuple[int, int]]:
    """The first and last place of each run, by the official rule, as `mmar compare --scorer official` gives them."""
    positions = np.array(aligned.common)
    scores = [np.array(run.scores("official"))[positions] for run in aligned.runs]
    orders = pairwise(
        scores,
        cluster_index([aligned.clusters[position] for position in aligned.common], len(positions)),
        unanswered=[np.array(run.unanswered())[positions] for run in aligned.runs],
        draws=draws,
    )
    result = rank_ranges([float(score.mean()) for score in scores], orders)
    return [(rank.rank, rank.worst) for rank in result]


def measure_without_audio(
    aligned: AlignedRuns, draws: int = 10_000
) -> tuple[Number, str, tuple[bool, ...]] | None:
    """Measure the share of a model's accuracy that needs the audio, under the condition that hides it and falls least.

    Args:
        aligned: the real run and its runs under control conditions.
        draws: largest number of swaps of each test.

    Returns:
        The reliance, the condition, and for each item whether it is right there; `None` where it is not known.
    """
    result = measure_reliance(aligned, scorer="official", draws=draws)
    hiding = [one for one in result.conditions if one.hides and one.all.reliance is not None]
    if not hiding:
        return None
    least = min(hiding, key=lambda one: (one.all.reliance or 0.0, HIDING.index(one.condition)))
    run = next(run for run in aligned.runs if run.condition == least.condition)
    number = Number(least.all.reliance or 0.0, *(least.all.reliance_interval or ()))
    return number, least.condition, tuple(run.first_scores("official"))


def pair_with_control_runs(
    sources: Sequence[ScoredSource],
) -> tuple[list[ScoredSource], Mapping[int, list[ScoredSource]]]:
    """The runs with the real clips, and by their positions the control runs of the same model and prompt.

    Raises:
        InputError: a control run without its run with the clips (code `no-real-run`).
    """
    real = [source for source in sources if source.condition not in _CONTROLS]
    owners = {_pair(source): index for index, source in enumerate(real)}
    controls: dict[int, list[ScoredSource]] = {}
    for source in sources:
        if source.condition not in _CONTROLS:
            continue
        owner = owners.get(_pair(source))
        if owner is not None:
            controls.setdefault(owner, []).append(source)
        elif source.condition == "none":  # a model that takes no audio at all
            real.append(source)
        else:
            raise InputError(
                f'is a run of {source.model} under the condition "{source.condition}", which needs the run with audio',
                file=str(source.path),
                code="no-real-run",
                hint="add the run with audio to the command, or leave this one out",
            )
    return real, controls


_CONTROLS = (*HIDING, "spectrum", "reversed", "mono")


def _pair(source: ScoredSource) -> tuple[str, ...]:
    return tuple(source.scored.parts.get(name, "?") for name in ("model", "protocol", "settings", "seed"))


def check_one_benchmark(sources: Sequence[ScoredSource]) -> Benchmark | None:
    """The benchmark of all runs, the copy that names the most source videos; `None` without runs.

    Raises:
        InputError: two runs answer different questions (code `other-benchmark`).
    """
    if not sources:
        return None
    first, *others = sources
    for other in others:
        if other.benchmark.digest != first.benchmark.digest:
            raise InputError(
                f"answers {other.bench} with digest {other.benchmark.digest[:8]}; {first.path} answers {first.bench} "
                f"with {first.benchmark.digest[:8]}",
                file=str(other.path),
                code="other-benchmark",
                hint="put the runs of one edition on one leaderboard",
            )
    benchmarks = [source.benchmark for source in sources]
    return max(benchmarks, key=lambda benchmark: sum(item.url is not None for item in benchmark))
