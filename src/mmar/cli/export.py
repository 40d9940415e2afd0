"""`mmar export`, `mmar convert` and `mmar submit`: files for other programs and for evaluations."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mmar.cli.options import (
    benchmark_option,
    json_option,
    key_option,
    lenient_option,
    path_option,
    protocol_option,
)
from mmar.cli.terminal import output_file, print_json, print_skipped, refuse_over_inputs, report_skipped
from mmar.errors import UsageError
from mmar.inputs import find_benchmark, task_for

if TYPE_CHECKING:
    from mmar.scoring.submission import SubmissionReport

__all__ = ["FORMATS", "convert", "export", "submit"]

# Named here, so that help does not import the formats; a test compares.
FORMATS = (
    "every-eval-ever",
    "hf-eval-results",
    "inspect",
    "parquet",
    "wandb",
    "trackio",
    "croissant",
    "hf-eval-yaml",
)


@click.command()
@click.argument("path", metavar="RUN-OR-BENCHMARK")
@click.option("--to", "target", type=click.Choice(FORMATS), required=True, help="Format to write.")
@path_option("--out", "-o", metavar="PATH", help="File or folder to write. [default: beside the run]")
@benchmark_option("The questions, for files that hold answers only.")
@protocol_option("Read all answers by this protocol.")
@click.option("--dataset", metavar="OWNER/NAME", help="hf-eval-results: the benchmark's data set on the Hub.")
@click.option("--organization", metavar="NAME", help="every-eval-ever: who made the evaluation.")
@click.option(
    "--relationship",
    type=click.Choice(["first_party", "third_party", "collaborative", "other"]),
    help="every-eval-ever: of the evaluator to the model's developer.",
)
@click.option("--project", metavar="NAME", help="wandb, trackio: the project. [default: mmar]")
@lenient_option
def export(
    path: str,
    target: Any,
    out: Path | None,
    benchmark: str | None,
    protocol: str | None,
    dataset: str | None,
    organization: str | None,
    relationship: Any,
    project: str | None,
    lenient: bool,
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
    from mmar.publishing import describe_to_registry, find_source
    from mmar.reports.exchange.every_eval_ever import Evaluator
    from mmar.reports.exchange.formats import BENCHMARK_FORMATS, FORMATS, check_format, write_run_format

    refuse_over_inputs("--out", out, path, benchmark)
    if target in BENCHMARK_FORMATS:
        written: tuple[Path, ...] = (describe_to_registry(path, to=target, out=out, lenient=lenient),)
    else:
        check_format(target, FORMATS)
        source = find_source(Path(path), benchmark, protocol=protocol, lenient=lenient)
        print_skipped(source.scored.errors)
        evaluator = Evaluator(organization or "unknown", relationship or "other")
        written = write_run_format(
            source, target, out, dataset=dataset, evaluator=evaluator, project=project or "mmar"
        )
    for file in written:
        click.echo(f"wrote {file}", err=True)


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@benchmark_option("The questions that the log answers.", required=True)
@path_option("--out", required=True, metavar="FILE", help="File to write.")
@click.option(
    "--to",
    "layout",
    type=click.Choice(["publisher", "jsonl", "csv"]),
    default="publisher",
    show_default=True,
    help="Whole records as the publisher's script reads them, or ids and answers.",
)
@key_option
@click.option("--id", "id_field", metavar="FIELD", help="Field that holds the item's id, such as doc.id.")
@click.option("--lenient", is_flag=True, help="Leave out records that do not belong to the benchmark.")
def convert(
    path: Path,
    benchmark: str,
    out: Path,
    layout: str,
    key: str | None,
    id_field: str | None,
    lenient: bool,
) -> None:
    """Convert a log of another program to a predictions file.

    The log is recognised by its content: lmms-eval, evalscope, Inspect, ms-swift, UltraEval-Audio, VLMEvalKit, batch
    output of OpenAI and Gemini, CSV, TSV, XLSX and JSON with usual field names.

    \b
    Example:
      mmar convert runs/demo/baseline-listener/predictions.jsonl --benchmark demo --to csv --out answers.csv
    """
    from mmar.logs import FORMATS, join_log, open_log, write_log

    log = open_log(path, key=key, id_field=id_field)
    questions = find_benchmark(benchmark)
    with report_skipped() as report, output_file(out) as target:
        joined = join_log(log, questions, report if lenient else None)
        form = next(name for name in FORMATS if name == layout)
        number = write_log(joined, questions, target, form)
    answers = "1 answer" if number == 1 else f"{number:,} answers"
    click.echo(f"wrote {answers} of a log of {joined.program} to {out}", err=True)
    for note in joined.notes:
        click.echo(f"note: {note}", err=True)


@click.command()
@click.argument("path", metavar="RUN-OR-FILE", required=False, type=click.Path(path_type=Path))
@benchmark_option("The questions; a run knows its own.")
@path_option("--out", "-o", metavar="FILE", help="Submission to write.")
@click.option("--raw", is_flag=True, help="Write answers as they came, not the choice that each names.")
@click.option("--check", is_flag=True, help="Check a submission instead of writing one.")
@path_option("--codabench", metavar="ZIP", help="Write a Codabench bundle for the benchmark.")
@click.option(
    "--hide-answers",
    is_flag=True,
    help="Codabench shows participants the table of scores, and not the report with the right answers.",
)
@json_option
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

    Every item once, without nulls; for the challenge with answer and reasoning below 10,000 characters, for MMAU the
    publisher's records with the prediction added. Prints what a scorer will make of it, as far as the answers are not
    withheld. Exit status 1: --check found something that a scorer refuses.

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
        click.echo(f"wrote {codabench}", err=True)
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
        if loaded is None and (path.is_dir() or path.name == "answers.jsonl"):
            loaded = task_for(path).benchmark
        answers = load_answers(path, loaded)
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
