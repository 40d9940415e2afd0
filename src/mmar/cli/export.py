"""`mmar export`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mmar.cli.options import benchmark_option, lenient_option, protocol_option
from mmar.cli.terminal import print_skipped, refuse_over_inputs

__all__ = ["FORMATS", "export"]

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
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="File or folder to write. [default: beside the run]",
)
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
    from mmar.publishing import describe_to_registry, export_source
    from mmar.reports.exchange.every_eval_ever import Evaluator
    from mmar.reports.exchange.formats import BENCHMARK_FORMATS, FORMATS, check_format, write_run_format

    refuse_over_inputs("--out", out, path, benchmark)
    if target in BENCHMARK_FORMATS:
        written: tuple[Path, ...] = (describe_to_registry(path, to=target, out=out, lenient=lenient),)
    else:
        check_format(target, FORMATS)
        source = export_source(Path(path), benchmark, protocol=protocol, lenient=lenient)
        print_skipped(source.scored.errors)
        evaluator = Evaluator(organization or "unknown", relationship or "other")
        written = write_run_format(
            source, target, out, dataset=dataset, evaluator=evaluator, project=project or "mmar"
        )
    for file in written:
        click.echo(f"wrote {file}", err=True)
