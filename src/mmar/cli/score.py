"""`mmar score`."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mmar.cli import shared
from mmar.cli.output import check_items_option, output_file, print_result, print_skipped
from mmar.errors import UsageError
from mmar.files.atomic import AtomicFile
from mmar.inputs import scoring_task
from mmar.scoring.inputs import load_questions
from mmar.scoring.result import ItemScore
from mmar.scoring.score import score_task

if TYPE_CHECKING:
    from mmar.items import Benchmark
    from mmar.protocols import Request
    from mmar.runs.spec import RunSpec
    from mmar.scoring.inputs import Task
    from mmar.scoring.score import ScoringResult

_LINES = 1000  # written at a time


@click.command()
@click.argument("path", metavar="RUN-OR-FILE", type=click.Path(path_type=Path))
@shared.benchmark(help="The questions, for a file that holds answers only.")
@shared.key
@shared.id_field
@click.option("--as", "model", metavar="NAME", help="Name of the model, for a file that does not say it.")
@shared.protocol(help="Read the answers by this protocol.")
@shared.reading
@shared.lenient
@shared.json
@shared.items("Write a line for each item.")
@shared.run_option("--earlier", help="Run of all items, as a control variate for a run of a sample.")
@click.option(
    "--reader",
    metavar="MODEL",
    help="Let this text model extract the choice from unresolved answers, for a third number.",
)
@shared.number(
    "--reader-sample",
    least=0,
    default=50,
    help="Resolved answers that it reads too, to measure agreement.",
)
@click.option(
    "--judge",
    metavar="MODEL",
    help="Let this text model grade answers to open questions (MMAU-Pro).",
)
@shared.seed
@shared.base_url(help="Address of the reader's or judge's server.")
@shared.adapter(help="Option of the reader's or judge's adapter.")
@shared.budget
@shared.prices
@shared.flag("--dry-run", help="Show the number of requests to the reader or judge, and their cost.")
@shared.flag("--errata", help="Also show the score without disputed items (docs/benchmarks.md).")
@shared.official_format(help="Print exactly what the published script prints.")
def score(
    path: Path,
    benchmark: str | None,
    model: str | None,
    as_json: bool,
    items: Path | None,
    output_format: str | None,
    earlier: tuple[Path, ...],
    reader: str | None,
    reader_sample: int,
    judge: str | None,
    errata: bool,
    **others: Any,
) -> None:
    """Score a run or a predictions file.

    Prints two accuracies: "official" is the published rule, for comparison with published numbers; "choice" is
    the choice that each answer names. Items without an answer count as wrong in both.

    \b
    Example:
      mmar score runs/demo/baseline-listener
      mmar score runs/demo/baseline-listener --items items.csv
    """
    check_items_option(items, as_json, path, benchmark)
    if reader is not None and judge is not None:
        raise UsageError(
            "--reader and --judge share the options of their server",
            code="incompatible-options",
            hint="use one at a time",
        )
    gc.disable()  # the process ends after one score, which makes few cycles
    reading = {name: others.pop(name) for name in ("key", "id_field", "protocol", "reading", "lenient")}
    task = scoring_task(path, benchmark, keep="differing" if as_json else "none", **reading)
    task = msgspec.structs.replace(task, earlier=earlier, model=model)
    if output_format == "official":
        if as_json or items is not None:
            raise UsageError(
                "--format official cannot be combined with --json or --items", code="incompatible-options"
            )
        from mmar.scoring.layout import official_output

        text, notes = official_output(task)
        click.echo(text, nl=False)
        for note in notes:
            click.echo(f"note: {note}", err=True)
        return
    if reader is not None or errata:
        task = msgspec.structs.replace(task, keep="all")
    scored = score_task(task) if items is None else _write_items(task, items)
    print_skipped(scored.errors)
    if reader is not None:
        scored = _with_reader(scored, task, reader, sample=reader_sample, **others)
    if judge is not None:
        scored = _with_judge(scored, task, judge, **others)
    if errata:
        from mmar.scoring.editions import with_errata_note

        scored = msgspec.structs.replace(scored, score=with_errata_note(scored.score, scored.parts["bench"]))
    from mmar.reports.score_table import score_table

    print_result(scored.score, score_table, as_json=as_json, items=items)


def _write_items(task: Task, items: Path) -> ScoringResult:
    """Score, and write a line for each item meanwhile."""
    from mmar.reports.records_file import RecordFormat

    waiting: list[ItemScore] = []
    with output_file(items) as path:
        form = RecordFormat.of(path, ItemScore.__struct_fields__)
        with AtomicFile(path) as file:

            def flush() -> None:
                file.write(form.lines_of(waiting))
                waiting.clear()

            def on_item(item: ItemScore) -> None:
                waiting.append(item)
                if len(waiting) >= _LINES:
                    flush()

            def restart() -> None:
                waiting.clear()
                file.restart()
                file.write(form.header())

            file.write(form.header())
            scored = score_task(msgspec.structs.replace(task, on_item=on_item, restart=restart))
            flush()
            return scored


def _with_reader(
    scored: ScoringResult, task: Task, reader: str, *, sample: int, seed: int, dry_run: bool, **others: Any
) -> ScoringResult:
    """Add the number `choice+reader` to a score that has the score of every item."""
    from mmar.cli.progress import opened_model
    from mmar.scoring.reader import REPLY_TOKENS, apply_reader, plan_reader

    benchmark = load_questions(task)
    plan = plan_reader(benchmark, scored.rows, sample=sample, seed=seed)
    spec = _spec(task, reader, "reader", benchmark, others)
    what = f"reads {len(plan.unresolved):,} unresolved answers and {len(plan.sample):,} others as a check"
    _print_cost(spec, what, plan.requests, REPLY_TOKENS)
    if dry_run or not plan.requests:
        return scored
    with opened_model(spec, "reads") as (model, progress):
        result = apply_reader(scored.score, plan, spec, model, progress=progress)
    return msgspec.structs.replace(scored, score=msgspec.structs.replace(scored.score, reader=result))


def _with_judge(
    scored: ScoringResult, task: Task, judge: str, *, seed: int, dry_run: bool, **others: Any
) -> ScoringResult:
    """Add a judge's score of the open questions.

    Raises:
        UsageError: there are no open questions (code `no-open-questions`).
    """
    from mmar.cli.progress import opened_model
    from mmar.scoring.kinds import add_open_score
    from mmar.scoring.open_judge import REPLY_TOKENS, OpenPlan, apply_judge

    score = scored.score
    if score.kinds is None or score.kinds.open is None:
        raise UsageError(
            "--judge scores open questions, and there are none",
            code="no-open-questions",
            hint="mmar judge scores reasoning by rubrics, and --reader reads unresolved answers",
        )
    plan = OpenPlan(scored.open_answers, seed)
    spec = _spec(task, judge, "open-judge", load_questions(task), others)
    _print_cost(spec, f"grades {len(plan.requests):,} answers to open questions", plan.requests, REPLY_TOKENS)
    if dry_run:
        return scored
    with opened_model(spec, "grades") as (model, progress):
        judged = apply_judge(plan, spec, model, score.signature, progress=progress)
    kinds = add_open_score(score.kinds, judged, score.choice.correct)
    return msgspec.structs.replace(scored, score=msgspec.structs.replace(score, kinds=kinds))


def _spec(task: Task, model: str, purpose: str, benchmark: Benchmark, others: dict[str, Any]) -> RunSpec:
    from mmar.runs.spec import RunSpec
    from mmar.scoring.text_model import replies_folder

    return RunSpec.create(
        model, benchmark, out=replies_folder(task.path, model, purpose), temperature=0.0, **others
    )


def _print_cost(spec: RunSpec, what: str, requests: Sequence[Request], reply_tokens: int) -> None:
    """Print what the model is asked and about what it costs, before anything is sent."""
    from mmar.scoring.text_model import estimate_usage

    usage = estimate_usage(requests, reply_tokens)
    price = spec.budget.price
    cost = "" if price is None else f", about {price.cost(usage):.2f} by the price table"
    click.echo(
        f"{spec.model} {what}: about {usage.input_tokens:,} input tokens{cost}; replies are saved in {spec.out}",
        err=True,
    )
