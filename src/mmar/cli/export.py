"""`mmar export`, `mmar convert` and `mmar submit`: files for other programs and for evaluations."""

from __future__ import annotations

import sys
from inspect import unwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mmar.cli import shared
from mmar.cli.output import (
    output_file,
    print_json,
    print_skipped,
    print_written,
    refuse_over_inputs,
    report_skipped,
)
from mmar.errors import UsageError
from mmar.inputs import find_benchmark, run_benchmark
from mmar.reports.exchange.formats import BENCHMARK_FORMATS, FORMATS

if TYPE_CHECKING:
    from mmar.scoring.submission import SubmissionReport


@click.command()
@click.argument("path", metavar="RUN-OR-BENCHMARK")
@click.option("--to", "target", type=click.Choice(FORMATS), required=True, help="Format to write.")
@shared.path_option("--out", "-o", metavar="PATH", help="File or folder to write. [default: beside the run]")
@shared.benchmark(help="The questions, for files that hold answers only.")
@shared.protocol(help="Read all answers by this protocol.")
@click.option("--dataset", metavar="OWNER/NAME", help="hf-eval-results: the benchmark's data set on the Hub.")
@click.option(
    "--organization", metavar="NAME", default="unknown", help="every-eval-ever: who made the evaluation."
)
@shared.choice(
    "--relationship",
    of=["other", "first_party", "third_party", "collaborative"],
    help="every-eval-ever: of the evaluator to the model's developer.",
)
@click.option(
    "--project", metavar="NAME", default="mmar", show_default=True, help="wandb, trackio: the project."
)
@shared.lenient
def export(
    path: str, target: str, out: Path | None, benchmark: str | None, lenient: bool, **others: Any
) -> None:
    """Write a run or a benchmark in the format of another program or registry.

    \b
    every-eval-ever  aggregate and samples of a run (schema 0.3.0), in the folder --out
    hf-eval-results  .eval_results/BENCHMARK.yaml of a run, in the model's repository --out
    hf-eval-yaml     a draft of eval.yaml of a benchmark, in the data set's repository --out
    inspect          a .eval log of a run, for inspect view; clips are named, not copied
    parquet          a row for each item of a run
    croissant        metadata of a benchmark or of a studio release (Croissant 1.1 with RAI fields)
    wandb, trackio   a run of Weights & Biases or trackio, by their own clients

    \b
    Example:
      mmar export runs/demo/baseline-listener --to inspect
      mmar export runs/demo/baseline-listener --to every-eval-ever --out evals
      mmar export demo --to croissant --out croissant.json
    """
    from mmar import publishing

    refuse_over_inputs("--out", out, path, benchmark)
    if target in BENCHMARK_FORMATS:
        written = (unwrap(publishing.export_benchmark)(path, to=target, out=out, lenient=lenient),)
    else:
        # The function without the library's words for arguments: errors name options.
        export_run = unwrap(publishing.export_run)
        others |= {"out": out, "benchmark": benchmark, "lenient": lenient, "on_skipped": print_skipped}
        written = export_run(path, to=target, **others)
    print_written(written)


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@shared.benchmark(help="The questions that the log answers.", required=True)
@shared.path_option("--out", "-o", required=True, metavar="FILE", help="File to write.")
@shared.choice(
    "--to",
    "layout",
    of=["publisher", "jsonl", "csv"],
    help="Whole records as the publisher's script reads them, or ids and answers.",
)
@shared.key
@shared.id_field
@shared.flag("--lenient", help="Leave out records that do not belong to the benchmark.")
def convert(path: Path, benchmark: str, out: Path, layout: Any, lenient: bool, **fields: str | None) -> None:
    """Convert a log of another program to a predictions file.

    The log is recognised by its content: lmms-eval, evalscope, Inspect, ms-swift, UltraEval-Audio, VLMEvalKit, batch
    output of OpenAI and Gemini, CSV, TSV, XLSX and JSON with usual field names.

    \b
    Example:
      mmar convert runs/demo/baseline-listener/predictions.jsonl --benchmark demo --to csv --out answers.csv
    """
    from mmar.logs import join_log, open_log, write_log

    log = open_log(path, **fields)
    questions = find_benchmark(benchmark)
    with report_skipped() as report, output_file(out) as target:
        joined = join_log(log, questions, report if lenient else None)
        number = write_log(joined, questions, target, layout)
    answers = "1 answer" if number == 1 else f"{number:,} answers"
    click.echo(f"wrote {answers} of a log of {joined.program} to {out}", err=True)
    for note in joined.notes:
        click.echo(f"note: {note}", err=True)


@click.command()
@click.argument("path", metavar="[RUN-OR-FILE]", required=False, type=click.Path(path_type=Path))
@shared.benchmark(help="The questions; a run knows its own.")
@shared.path_option("--out", "-o", metavar="FILE", help="Submission to write.")
@shared.flag("--raw", help="Write answers as they came, not the choice that each names.")
@shared.flag("--check", help="Check a submission instead of writing one.")
@shared.path_option("--codabench", metavar="ZIP", help="Write a Codabench bundle for the benchmark.")
@shared.flag(
    "--hide-answers",
    help="Codabench shows participants the table of scores, and not the report with the right answers.",
)
@shared.json
def submit(
    path: Path | None,
    benchmark: str | None,
    out: Path | None,
    raw: bool,
    check: bool,
    codabench: Path | None,
    hide_answers: bool,
    as_json: bool,
) -> None:
    """Write or check a submission to the Audio Reasoning Challenge or to MMAU's evaluation.

    A submission has every item once, without nulls: for the challenge with answer and reasoning below 10,000
    characters, for MMAU as the publisher's records with the prediction added. Prints the scores to expect, unless the
    answers are withheld. Exit status 1: --check found something that a scorer refuses.

    \b
    Example:
      mmar submit runs/demo/baseline-listener --out submission.jsonl
      mmar submit submission.jsonl --check --benchmark demo
    """
    from mmar.scoring.rubric.submissions import load_answers
    from mmar.scoring.submission import check_submission, write_submission

    loaded = find_benchmark(benchmark) if benchmark is not None else None
    if codabench is not None:
        from mmar.reports.codabench import write_bundle

        with output_file(codabench) as target:
            write_bundle(loaded or find_benchmark("mmar"), target, hide_answers=hide_answers)
        print_written([codabench])
        return
    if hide_answers:
        raise UsageError("--hide-answers belongs to --codabench", code="incompatible-options")
    if path is None:
        raise UsageError("name a run or a file", code="missing-argument")
    if check:
        report = check_submission(loaded or find_benchmark("mmar"), path)
        cut = 0
    else:
        if out is None:
            raise UsageError("name the file to write", code="missing-argument", hint="--out submission.jsonl")
        answers = load_answers(path, loaded or run_benchmark(path))
        with output_file(out) as target:
            report, cut = write_submission(
                answers.benchmark, answers.texts, target, raw=raw, rule=answers.rule
            )
    if as_json:
        print_json(msgspec.to_builtins(report))
    else:
        _print_report(report, cut)
    if report.problems:
        sys.exit(1)


def _print_report(report: SubmissionReport, cut: int) -> None:
    if report.official is None or report.choice is None:
        click.echo(f"{report.n:,} items, whose answers the publisher withholds")
    else:
        click.echo(f"{report.n:,} items: official {report.official:.1f}, choice {report.choice:.1f}")
    click.echo(
        f"{report.unresolved:,} name no choice, {report.empty_answers:,} have an empty answer, "
        f"{report.empty_reasoning:,} empty reasoning, {report.long_reasoning:,} too long reasoning"
    )
    if cut:
        click.echo(f"the reasoning of {cut:,} was cut to 9,999 characters")
    for problem in report.problems[:20]:
        click.echo(f"problem: {problem}")
    if len(report.problems) > 20:
        click.echo(f"and {len(report.problems) - 20:,} more problems")
