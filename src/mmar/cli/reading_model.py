"""The reader of `mmar score --reader`: a text model that reads unresolved answers."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mmar.cli.terminal import parse_pairs
from mmar.errors import ExternalError

if TYPE_CHECKING:
    from mmar.items import Benchmark, Item
    from mmar.runs.spec import RunSpec
    from mmar.scoring.reader import ReaderPlan
    from mmar.scoring.result import ItemScore
    from mmar.scoring.score import Scored
    from mmar.scoring.sources import Task

__all__ = ["read_with_model"]


def read_with_model(
    scored: Scored,
    task: Task,
    reader: str,
    *,
    sample: int,
    seed: int,
    dry_run: bool,
    options: tuple[str, ...],
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
        options: of the reader's adapter, KEY=VALUE.
        others: options of `RunSpec.create`.
    """
    from mmar.api import open_for
    from mmar.cli.progress import RunProgress
    from mmar.runs.spec import RunSpec
    from mmar.scoring.reader import apply_reader, plan_reader, reader_folder

    benchmark = _benchmark(task)
    plan = plan_reader(list(_pairs(benchmark, scored.rows)), sample=sample, seed=seed)
    adapter_options = {
        name: values[-1] for name, values in parse_pairs("--option", options, "api_key_file=key").items()
    }
    spec = RunSpec.create(
        reader,
        benchmark,
        out=reader_folder(task.path, reader),
        options=adapter_options,
        temperature=0.0,
        **others,
    )
    _print_cost(spec, plan, others["prices"])
    if dry_run or not plan.requests:
        return scored
    model = open_for(spec)
    gc.freeze()
    try:
        with RunProgress(f"{spec.model} reads", sys.stderr) as progress:
            result = apply_reader(scored.score, plan, spec, model, progress=progress)
    except ExternalError as error:
        click.echo(f"mmar: {error}", err=True)
        sys.exit(1)
    return msgspec.structs.replace(scored, score=msgspec.structs.replace(scored.score, reader=result))


def _benchmark(task: Task) -> Benchmark:
    """The questions: those of the task, or the file's own."""
    from mmar.items import load_benchmark

    return task.benchmark if task.benchmark is not None else load_benchmark(task.path)


def _pairs(benchmark: Benchmark, rows: tuple[ItemScore, ...]) -> Iterator[tuple[Item, ItemScore]]:
    by_id = {row.id: row for row in rows}
    for item in benchmark:
        if item.id in by_id:
            yield item, by_id[item.id]


def _print_cost(spec: RunSpec, plan: ReaderPlan, prices: Path | None) -> None:
    """What the reader is asked and about what it costs, on standard error, before anything is sent."""
    from mmar.runs.budget import price_of

    usage = plan.usage()
    price = price_of(spec.model, prices)
    cost = "" if price is None else f", about {price.cost(usage):.2f} by the price table"
    click.echo(
        f"{spec.model} reads {len(plan.unresolved):,} unresolved answers and {len(plan.sample):,} others as a check: "
        f"about {usage.input_tokens:,} input tokens{cost}; replies are kept in {spec.out}",
        err=True,
    )
