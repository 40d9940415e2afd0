"""`mmar describe`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from mmar.api import load
from mmar.cli.terminal import say

__all__ = ["describe"]


@click.command()
@click.argument("benchmark", metavar="BENCHMARK")
@click.option("--audio-dir", type=click.Path(path_type=Path), metavar="DIR", help="Where the clips are.")
@click.option(
    "--figures",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Draw modalities and categories there, as SVG, PDF and PNG.",
)
@click.option("--lenient", is_flag=True, help="Leave bad records out.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def describe(
    benchmark: str, audio_dir: Path | None, figures: Path | None, lenient: bool, as_json: bool
) -> None:
    """Say what is in a benchmark: groups, languages, sources, choices, durations.

    \b
    Example:
      mmar describe mmar
      mmar describe my-set.jsonl --figures figures
    """
    from mmar.reports.describe import describe_benchmark

    loaded = load(
        benchmark,
        audio_dir=audio_dir,
        lenient=lenient,
        report=lambda error: click.echo(f"left out: {error.summary}", err=True),
    )
    found = describe_benchmark(loaded)
    if figures is not None:
        from mmar.reports.figures import write_figures

        for path in write_figures(found, figures):
            click.echo(f"wrote {path}", err=True)
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
    else:
        from mmar.reports.describe_table import describe_table

        say(describe_table(found, colour=sys.stdout.isatty()), nl=False)
