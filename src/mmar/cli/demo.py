"""`mmar demo`."""

from __future__ import annotations

from pathlib import Path

import click

from mmar.api import load, score_path, task_for
from mmar.cli.run import default_folder, run_and_report
from mmar.cli.terminal import display, print_table
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
    help="Folder of the runs.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Random seed.")
def demo(out: Path, seed: int) -> None:
    """Run and score the baselines on a small generated benchmark.

    Generates questions with real audio (nothing is downloaded), runs three models that need no network, and
    prints their scores.

    \b
    Example:
      mmar demo
    """
    from mmar.reports.score_table import models_table, score_table

    benchmark = load("demo")
    click.echo(f"Demonstration set: {len(benchmark)} questions, clips in {benchmark.audio_dir}\n")
    scores = {}
    for model in _MODELS:
        folder = out / default_folder(benchmark.name, model, DEFAULT, seed=seed).name
        click.echo(f"$ mmar run {model} --benchmark demo{f' --seed {seed}' if seed else ''} --out {folder}")
        run_and_report(model, benchmark, folder, protocol=DEFAULT, seed=seed)
        click.echo()
        scores[model] = score_path(task_for(folder, benchmark)).score
    click.echo(f"$ mmar score {folder}")
    print_table(score_table(scores[model], display()))
    click.echo()
    print_table(models_table(scores, display()))
