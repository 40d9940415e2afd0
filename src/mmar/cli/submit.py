"""`mmar submit`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from mmar.api import find_benchmark, task_for
from mmar.cli.options import benchmark_option, json_option
from mmar.cli.terminal import output_file, print_json
from mmar.errors import UsageError

if TYPE_CHECKING:
    from mmar.scoring.submission import SubmissionReport

__all__ = ["submit"]


@click.command()
@click.argument("path", metavar="RUN-OR-FILE", required=False, type=click.Path(path_type=Path))
@benchmark_option("The questions; a run knows its own.")
@click.option("--out", "-o", type=click.Path(path_type=Path), metavar="FILE", help="Submission to write.")
@click.option("--raw", is_flag=True, help="Write answers as they came, not the choice that each names.")
@click.option("--check", is_flag=True, help="Check a submission instead of writing one.")
@click.option(
    "--codabench",
    type=click.Path(path_type=Path),
    metavar="ZIP",
    help="Write a Codabench bundle for the benchmark.",
)
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
