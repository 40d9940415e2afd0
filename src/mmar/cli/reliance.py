"""`mmar reliance`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from mmar.cli.options import align, draws_option, items_option, runs_options, seed_option
from mmar.cli.terminal import STDOUT, check_items_option, display, output_file, print_json, print_table

__all__ = ["reliance"]


@click.command()
@runs_options
@items_option("Write the items that are solved without the audio.")
@draws_option
@seed_option
@click.option(
    "--figures",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Draw the accuracies under each condition as SVG, PDF and PNG, too.",
)
def reliance(
    paths: tuple[Path, ...],
    benchmark: str | None,
    scorer: Any,
    protocol: str | None,
    partial: bool,
    lenient: bool,
    as_json: bool,
    items: Path | None,
    draws: int,
    seed: int,
    figures: Path | None,
) -> None:
    """Measure how much of a model's accuracy needs the audio.

    Takes runs of one model that differ only in their condition: one with the real clips, and one or more made
    with mmar run --condition none, silence, noise, shuffled, spectrum, reversed or mono.

    \b
    Example:
      mmar run baseline/listener --benchmark demo --condition silence
      mmar reliance runs/demo/baseline-listener runs/demo/baseline-listener-silence
    """
    from mmar.scoring.measure_reliance import measure_reliance, solved_items

    check_items_option(items, as_json, *paths, benchmark)
    aligned = align(paths, benchmark, protocol, partial=partial, lenient=lenient)
    result = measure_reliance(aligned, scorer=scorer, draws=draws, seed=seed)
    if figures is not None:
        from mmar.reports.systems_figures import write_reliance_figure

        for file in write_reliance_figure(result, figures):
            click.echo(f"wrote {file}", err=True)
    if items is not None:
        from mmar.files.atomic import write_atomic
        from mmar.reports.records_file import records_file

        fields = ["id", "modality", "category", "sub_category", "question", "choices", "answer"]
        fields += ["solved_under", "solved_under_all", "full_right"]
        fields += [f"{one.condition}_right" for one in result.conditions]
        with output_file(items) as path:
            write_atomic(path, records_file(solved_items(aligned, scorer), path, fields))
    if as_json:
        print_json(result.to_dict())
        return
    from mmar.reports.reliance_table import reliance_table

    to_stderr = items == STDOUT
    stream = sys.stderr if to_stderr else sys.stdout
    print_table(reliance_table(result, display(stream)), err=to_stderr)
