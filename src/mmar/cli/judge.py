"""`mmar judge`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mmar.cli import shared
from mmar.cli.output import (
    check_items_option,
    display,
    external_errors,
    print_json,
    print_report,
    print_skipped,
    print_table,
    print_written,
    write_items,
)
from mmar.cli.progress import opened_model, run_progress
from mmar.errors import UsageError
from mmar.files.atomic import write_atomic
from mmar.inputs import cache_dir, find_benchmark, open_run_model, run_benchmark
from mmar.runs.spec import RunSpec

if TYPE_CHECKING:
    from mmar.scoring.rubric import JudgePlan, Submissions
    from mmar.scoring.rubric.result import RubricResult
    from mmar.scoring.rubric.submissions import Submission

_REPLY_TOKENS = 250  # of five scores with reasons, for the estimate


@click.command()
@click.argument("path", metavar="[RUN-OR-FILE]", required=False, type=click.Path(path_type=Path))
@shared.benchmark(help="The questions with their rubrics; a run knows its own.")
@shared.path_option("--meta", metavar="FILE", help="Metadata file with the rubrics, as the script takes it.")
@shared.repeatable(
    "--judge", "judges", metavar="MODEL", help="The judge, by default openai/gpt-4o-2024-11-20."
)
@shared.number("--raters", most=99, default=5, help="Judgements of each answer.")
@shared.choice("--seeds", of=["distinct", "same"], help="Seeds of the raters; the published script has one.")
@shared.choice("--gate", of=["official", "choice"], help="Judge only answers that this scorer marks correct.")
@shared.path_option("--template", metavar="FILE|script", help="Your own prompt (see docs/judging.md).")
@shared.flag("--batch", help="Use the judge's batch API: submit now, collect later with the same command.")
@shared.flag("--exam", help="Validate judges on reasoning whose score is known: --exam MODEL.")
@shared.number("--exam-items", least=2, default=40, help="Items of the exam.")
@shared.path_option("--humans", metavar="FILE", help="CSV with id, criterion, score to compare with.")
@shared.folder_option("--out", "-o", metavar="DIR", help="Folder of the replies. [default: beside the run]")
@shared.flag("--offline", help="Use only the judgements that are there.")
@shared.official_format(help="Prompt, file and table of the published script.")
@shared.base_url(help="Address of the judge's server.")
@shared.adapter(help="Option of the judge's adapter.")
@shared.concurrency
@shared.rate
@shared.attempts(help="Maximum requests for one judgement.")
@shared.timeout(help="Seconds to wait for a judgement.", default=120.0)
@shared.budget
@shared.prices
@click.option("--cache/--no-cache", default=False, help="Reuse replies of other runs to the same requests.")
@shared.flag("--dry-run", help="Show the number of requests and their cost; send nothing.")
@shared.lenient
@shared.json
@shared.items("Write every judgement with its reason.")
def judge(
    path: Path | None,
    benchmark: str | None,
    meta: Path | None,
    judges: tuple[str, ...],
    batch: bool,
    exam: bool,
    exam_items: int,
    humans: Path | None,
    out: Path | None,
    offline: bool,
    output_format: str | None,
    dry_run: bool,
    lenient: bool,
    as_json: bool,
    items: Path | None,
    **others: Any,
) -> None:
    """Score the reasoning of a run by its rubrics.

    Answers that --gate marks correct are judged on their five criteria by several raters (MMAR-Rubrics); all others
    score 0. Run the same command again to continue after an interruption; answers that changed are judged again. Exit
    status 1: some answers are unjudged.

    \b
    Example:
      mmar judge runs/demo/baseline-listener --judge openai/gpt-4o-2024-11-20 --dry-run
      mmar judge --exam openai/gpt-4o-2024-11-20 --benchmark demo --dry-run
    """
    from mmar.scoring import rubric
    from mmar.scoring.rubric import JUDGE, load_submissions
    from mmar.scoring.text_model import replies_folder

    check_items_option(items, as_json, path, benchmark)
    names = judges or (JUDGE,)
    plan = _plan(others, output_format)
    if benchmark is not None and meta is not None:
        raise UsageError(
            "--benchmark and --meta name the same thing", code="incompatible-options", hint="give one of them"
        )
    others["temperature"] = 0.0
    others["cache"] = cache_dir() / "answers.sqlite" if others["cache"] else None
    source = meta or benchmark
    loaded = find_benchmark(source) if source is not None else None
    if exam:
        ignored = {"--batch": batch, "--humans": humans, "--items": items, "--offline": offline}
        names = _exam_judges(path, judges, {**ignored, "--format": output_format}) or names
        for name in names:
            folder = (out or Path("runs") / "exam") / replies_folder(Path(name), name, "judge").name
            spec = RunSpec.create(name, loaded or find_benchmark("mmar"), out=folder, **others)
            _exam(spec, plan, exam_items, dry_run=dry_run, as_json=as_json)
        return
    if path is None:
        raise UsageError("name a run or a predictions file", code="missing-argument")
    submissions = load_submissions(path, loaded or run_benchmark(path), gate=plan.gate, lenient=lenient)
    print_skipped(submissions.errors)
    results: list[tuple[str, RubricResult]] = []
    for name in names:
        folder = out or replies_folder(path, name, "judge")
        spec = RunSpec.create(name, submissions.benchmark, out=folder, **others)
        if dry_run:
            _print_plan(spec, plan, submissions.items)
            continue
        result: RubricResult | None
        if batch:
            result = _collect(spec, plan, submissions)
        elif offline:
            result = rubric.judge(submissions, spec, None, plan)
        else:
            with opened_model(spec, "judges") as (model, progress):
                result = rubric.judge(submissions, spec, model, plan, progress=progress)
        if result is not None:
            results.append((spec.model, result))
    if not results:
        return
    _write(path, submissions, results, items, humans, output_format, as_json=as_json)
    if any(result.unjudged for _, result in results):
        sys.exit(1)


def _plan(others: dict[str, Any], output_format: str | None) -> JudgePlan:
    from mmar.scoring.rubric import FENCED, SCRIPT, JudgePlan, load_template

    path = others.pop("template")
    if path is None:
        template = SCRIPT if output_format == "official" else FENCED
    else:
        template = SCRIPT if str(path) == "script" else load_template(path)
    return JudgePlan(template, others.pop("raters"), others.pop("seeds"), others.pop("gate"))


def _collect(spec: RunSpec, plan: JudgePlan, submissions: Submissions) -> RubricResult | None:
    """Collect and submit batches; the result once none is waiting."""
    from mmar.models.batch import open_batch_service
    from mmar.scoring.rubric.judge import collect_batches, signature_parts
    from mmar.scoring.rubric.result import rubric_result

    service = open_batch_service(spec.model, spec.model_options(os.environ))
    with external_errors():
        items, batches = collect_batches(submissions, spec, service, plan)
    for detail in batches.details:
        click.echo(detail, err=True)
    if batches.waiting:
        few = "1 judgement waits" if batches.waiting == 1 else f"{batches.waiting:,} judgements wait"
        click.echo(f"{few} at {spec.model}; give the same command again to collect")
        return None
    return rubric_result(items, plan.raters, submissions, signature_parts(spec.model, plan), batches.run)


def _write(
    path: Path,
    submissions: Submissions,
    results: list[tuple[str, RubricResult]],
    items: Path | None,
    humans: Path | None,
    output_format: str | None,
    *,
    as_json: bool,
) -> None:
    from mmar.reports.rubric_table import agreement_lines, rubric_table
    from mmar.scoring.rubric.exam import agreement, agreement_with_people, majority_votes
    from mmar.scoring.rubric.result import vote_rows
    from mmar.scoring.rubric.submissions import evaluated_lines, official_table

    if items is not None:
        rows = [{"judge": name, **row} for name, result in results for row in vote_rows(result.items)]
        write_items(items, rows, ["judge", "id", "rater", "criterion", "score", "reason"])
    if output_format == "official":
        _, first = results[0]
        file = path / "evaluated.jsonl" if path.is_dir() else path.with_name(f"{path.name}.evaluated.jsonl")
        write_atomic(file, evaluated_lines(submissions, first.items, new=[item.id for item in first.items]))
        click.echo(official_table(submissions, first.items), nl=False)
        print_written([file])
        return
    if as_json:
        values = {name: result.to_dict() for name, result in results}
        print_json(next(iter(values.values())) if len(values) == 1 else values)
        return
    for _, result in results:
        print_report(partial(rubric_table, result), items)
    pairs = [
        agreement(first, majority_votes(one.items), second, majority_votes(other.items))
        for (first, one), (second, other) in combinations(results, 2)
    ]
    if humans is not None:
        pairs += [agreement_with_people(name, result.items, humans) for name, result in results]
    for pair in pairs:
        if pair is not None:
            print_report(partial(agreement_lines, pair), items)


def _print_plan(spec: RunSpec, plan: JudgePlan, items: Sequence[Submission]) -> None:
    from mmar.scoring.text_model import estimate_usage

    requests = plan.requests(items)
    passed = sum(each.passes for each in items)
    click.echo(
        f"{spec.model} would be asked {len(requests):,} times about {passed:,} of {len(items):,} answers"
    )
    usage = estimate_usage(requests, _REPLY_TOKENS)
    cost = "" if spec.budget.price is None else f", about {spec.budget.price.cost(usage):.2f}"
    click.echo(f"about {usage.input_tokens:,} input and {usage.output_tokens:,} output tokens{cost}")
    click.echo(f"judgements go to {spec.out}")


def _exam_judges(model: Path | None, judges: tuple[str, ...], ignored: dict[str, object]) -> tuple[str, ...]:
    """The judges to examine: the argument of the command and those of `--judge`."""
    for option, value in ignored.items():
        if value:
            raise UsageError(f"--exam does not take {option}", code="incompatible-options")
    if model is None:
        return judges
    if model.exists():
        raise UsageError(
            f"{model} is not a model: the exam judges the benchmark's own reasoning, not a run",
            code="incompatible-options",
            hint="mmar judge --exam openai/MODEL",
        )
    return (model.as_posix(), *judges)


def _exam(spec: RunSpec, plan: JudgePlan, n: int, *, dry_run: bool, as_json: bool) -> None:
    from mmar.reports.rubric_table import exam_table
    from mmar.scoring.rubric.exam import exam_submissions, take_exam

    if dry_run:
        kinds = exam_submissions(spec.benchmark, n, spec.seed).values()
        _print_plan(spec, plan, [each for submissions in kinds for each in submissions.items])
        return
    with run_progress(f"exam of {spec.model}", sys.stderr) as progress:
        result = take_exam(spec.benchmark, spec, partial(open_run_model, spec), plan, n=n, progress=progress)
    if as_json:
        print_json(msgspec.to_builtins(result))
    else:
        print_table(exam_table(result, display()))
