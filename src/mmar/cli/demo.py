"""`mmar demo`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from mmar.api import score
from mmar.cli import application
from mmar.cli.output import display, print_table
from mmar.cli.shared import path_option
from mmar.reports.score_table import models_table

_FOLDER = Path("runs/demo")
_LETTERS = "baseline/listener-letters"
_MODELS = ("baseline/random", "baseline/longest", "baseline/listener", _LETTERS)
_TWO_NUMBERS = """
baseline/listener-letters gives the answers of baseline/listener as letters:
"B" for the second choice. The published rule looks for the words of the right
choice, finds none, and scores 0.0. The choice scorer reads which choice was
named.
"""
_NEXT = """\
Next:
  mmar score {listener}
      the whole table of one run, with intervals by group
  mmar compare {listener} {random}
      whether a difference is more than chance
  mmar preview 1 --benchmark demo
      the exact request for one question
  mmar score FILE --benchmark mmar
      score answers that you have already
  mmar get mmar
      download MMAR (3 GB); then mmar run MODEL --benchmark mmar
"""


@click.command()
@path_option("--out", "-o", default=_FOLDER, show_default=True, metavar="DIR", help="Folder of the runs.")
def demo(out: Path) -> None:
    """Run and score the baselines on a small generated benchmark.

    Generates questions with real audio (nothing is downloaded) and runs four models that need no network. Each
    command is printed before it runs.

    \b
    Example:
      mmar demo
    """
    folders = {model: out / model.replace("/", "-") for model in _MODELS}
    for model, folder in folders.items():
        _run(model, folder, out)
    print_table(models_table({model: score(folder) for model, folder in folders.items()}, display()))
    click.echo(_TWO_NUMBERS)
    folder = folders[_LETTERS]
    silence = folder.with_name(f"{folder.name}-silence")
    _run(_LETTERS, silence, out, "--condition", "silence")
    _command("reliance", str(folder), str(silence))
    click.echo()
    click.echo(
        _NEXT.format(listener=folders["baseline/listener"], random=folders["baseline/random"]), nl=False
    )


def _run(model: str, folder: Path, out: Path, *options: str) -> None:
    out_option = [] if out == _FOLDER else ["--out", str(folder)]
    _command("run", model, "--benchmark", "demo", *options, *out_option)
    click.echo()


def _command(*arguments: str) -> None:
    """Print a command and run it."""
    click.echo(f"$ mmar {shlex.join(arguments)}")
    application.main(list(arguments), prog_name="mmar", standalone_mode=False)
