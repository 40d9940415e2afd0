"""The other models of `mmar score`: one that reads unresolved answers (`--reader`), one that grades open ones (`--judge`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from mmar.errors import UsageError

if TYPE_CHECKING:
    from mmar.cli.progress import RunProgress
    from mmar.items import Benchmark
    from mmar.models import Model
    from mmar.protocols import Request
    from mmar.runs.spec import RunSpec
    from mmar.scoring.score import Scored
    from mmar.scoring.sources import Task

T = TypeVar("T")


def read_with_model(
    scored: Scored,
    task: Task,
    reader: str,
    *,
    sample: int,
    seed: int,
    dry_run: bool,
    **others: Any,
) -> Scored:
    """Add the number `choice+reader` to a score.

    Args:
        scored: with the score of every item.
        task: what was scored.
        reader: name of the model.
        sample: answers that the cascade did read and the reader reads too.
        seed: of the order of choices and of the sample.
        dry_run: print what would be asked, and send nothing.
        others: options of `RunSpec.create`.
    """
    from mmar.scoring.reader import REPLY_TOKENS, apply_reader, plan_reader
    from mmar.scoring.sources import questions_of
    from mmar.scoring.text_model import replies_folder

    benchmark = questions_of(task)
    plan = plan_reader(benchmark, scored.rows, sample=sample, seed=seed)
    spec = _spec(reader, benchmark, replies_folder(task.path, reader, "reader"), others)
    what = f"reads {len(plan.unresolved):,} unresolved answers and {len(plan.sample):,} others as a check"
    _print_cost(spec, what, plan.requests, REPLY_TOKENS, others["prices"])
    if dry_run or not plan.requests:
        return scored
    result = _ask(
        spec,
        "reads",
        lambda model, progress: apply_reader(scored.score, plan, spec, model, progress=progress),
    )
    return msgspec.structs.replace(scored, score=msgspec.structs.replace(scored.score, reader=result))


def judge_with_model(
    scored: Scored,
    task: Task,
    judge: str,
    *,
    seed: int,
    dry_run: bool,
    **others: Any,
) -> Scored:
    """Add a judge's score of the open questions.

    Args:
        scored: with the answers to open questions.
        task: what was scored.
        judge: name of the model.
        seed: sent with every request.
        dry_run: print what would be asked, and send nothing.
        others: options of `RunSpec.create`.

    Raises:
        UsageError: there are no open questions (code `no-open-questions`).
    """
    from mmar.scoring.kinds import with_open_score
    from mmar.scoring.open_judge import REPLY_TOKENS, OpenPlan, apply_judge
    from mmar.scoring.sources import questions_of
    from mmar.scoring.text_model import replies_folder

    score = scored.score
    if score.kinds is None or score.kinds.open is None:
        raise UsageError(
            "--judge scores open questions, and there are none",
            code="no-open-questions",
            hint="mmar judge scores reasoning by rubrics, and --reader reads unresolved answers",
        )
    plan = OpenPlan(scored.open_answers, seed)
    spec = _spec(judge, questions_of(task), replies_folder(task.path, judge, "open-judge"), others)
    what = f"grades {len(plan.requests):,} answers to open questions"
    _print_cost(spec, what, plan.requests, REPLY_TOKENS, others["prices"])
    if dry_run:
        return scored
    judged = _ask(
        spec,
        "grades",
        lambda model, progress: apply_judge(plan, spec, model, score.signature, progress=progress),
    )
    kinds = with_open_score(score.kinds, judged, score.choice.correct)
    return msgspec.structs.replace(scored, score=msgspec.structs.replace(score, kinds=kinds))


def _spec(model: str, benchmark: Benchmark, out: Path, others: dict[str, Any]) -> RunSpec:
    from mmar.runs.spec import RunSpec

    return RunSpec.create(model, benchmark, out=out, temperature=0.0, **others)


def _ask(spec: RunSpec, verb: str, ask: Callable[[Model, RunProgress], T]) -> T:
    """Open the model and let it answer; an external error ends the command, and the same command goes on."""
    from mmar.cli.progress import model_progress
    from mmar.inputs import open_for

    model = open_for(spec)
    with model_progress(f"{spec.model} {verb}") as progress:
        return ask(model, progress)


def _print_cost(
    spec: RunSpec, what: str, requests: Sequence[Request], reply_tokens: int, prices: Path | None
) -> None:
    """What the model is asked and about what it costs, on standard error, before anything is sent."""
    from mmar.runs.budget import price_of
    from mmar.scoring.text_model import estimate_usage

    usage = estimate_usage(requests, reply_tokens)
    price = price_of(spec.model, prices)
    cost = "" if price is None else f", about {price.cost(usage):.2f} by the price table"
    click.echo(
        f"{spec.model} {what}: about {usage.input_tokens:,} input tokens{cost}; replies are saved in {spec.out}",
        err=True,
    )
