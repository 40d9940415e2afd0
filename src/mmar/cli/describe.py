"""`mmar describe`."""

from __future__ import annotations

from pathlib import Path

import click

from mmar.api import find_benchmark
from mmar.cli.options import audio_dir_option, complete_benchmark, json_option
from mmar.cli.terminal import display, print_json, print_table, report_skipped

__all__ = ["describe"]


@click.command()
@click.argument("benchmark", metavar="BENCHMARK", shell_complete=complete_benchmark)
@audio_dir_option
@click.option(
    "--figures",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Draw modalities and categories as SVG, PDF and PNG.",
)
@click.option("--lenient", is_flag=True, help="Skip bad records.")
@json_option
def describe(
    benchmark: str, audio_dir: Path | None, figures: Path | None, lenient: bool, as_json: bool
) -> None:
    """Show what a benchmark contains: groups, languages, sources, choices, durations.

    \b
    Example:
      mmar describe demo
      mmar describe demo --figures figures
    """
    from mmar.reports.describe import describe_benchmark

    with report_skipped() as report:
        loaded = find_benchmark(benchmark, audio_dir=audio_dir, lenient=lenient, report=report)
    description = describe_benchmark(loaded)
    if figures is not None:
        from mmar.reports.figures import write_figures

        for path in write_figures(description, figures):
            click.echo(f"wrote {path}", err=True)
    if as_json:
        print_json(description.to_json())
        return
    from mmar.reports.describe_table import describe_table

    print_table(describe_table(description, display()))
