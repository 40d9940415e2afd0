"""`mmar demo`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mmar.api import load, score_path, task_for
from mmar.cli.run import default_folder, run_and_report
from mmar.protocols import DEFAULT

__all__ = ["demo"]

_MODELS = ("baseline/random", "baseline/longest", "baseline/listener")


@click.command()
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    default="demo-runs",
    show_default=True,
    metavar="DIR",
    help="Where the runs go.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of what the baselines draw.")
def demo(out: Path, seed: int) -> None:
    """Run the baselines on a small benchmark made here, and score them.

    Makes a benchmark of real audio (nothing is downloaded), asks three models that need no network, prints the
    table of the one that listens, and one line for each.

    \b
    Example:
      mmar demo
    """
    from mmar.reports import models_table, score_table

    benchmark = load("demo")
    click.echo(f"The demonstration set: {len(benchmark)} questions, clips in {benchmark.audio_dir}\n")
    summary = {}
    for model in _MODELS:
        folder = out / default_folder(benchmark.name, model, DEFAULT, seed=seed).name
        click.echo(f"$ mmar run {model} --benchmark demo{f' --seed {seed}' if seed else ''} --out {folder}")
        run_and_report(model, benchmark, folder, protocol=DEFAULT, seed=seed)
        click.echo()
        summary[model] = score_path(task_for(folder, benchmark)).score
    click.echo(f"$ mmar score {folder}")
    click.echo(score_table(summary[model], colour=sys.stdout.isatty()))
    click.echo(models_table(summary), nl=False)
