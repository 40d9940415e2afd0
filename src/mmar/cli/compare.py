"""`mmar compare` and `mmar reliance`: runs on the same items."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import click

from mmar.cli.options import (
    align,
    draws_option,
    figures_option,
    items_option,
    key_option,
    runs_options,
    seed_option,
)
from mmar.cli.terminal import check_items_option, print_json, print_report, print_written, write_items


@click.command()
@runs_options
@key_option
@items_option("Write the items on which the runs differ.")
@draws_option
@seed_option
@click.option(
    "--margin",
    type=click.FloatRange(0, 100, min_open=True, max_open=True),
    metavar="POINTS",
    help="Test whether the runs differ by less than this.",
)
def compare(
    paths: tuple[Path, ...],
    benchmark: str | None,
    scorer: Any,
    key: str | None,
    protocol: str | None,
    partial: bool,
    lenient: bool,
    as_json: bool,
    items: Path | None,
    draws: int,
    seed: int,
    margin: float | None,
) -> None:
    """Compare runs on the same items, with intervals and paired tests.

    Takes run folders and predictions files. Differences come with an interval and a permutation test clustered by
    source video, Holm's correction over groups, ranges of ranks and the minimum detectable difference.

    \b
    Example:
      mmar compare runs/demo/baseline-listener runs/demo/baseline-random
      mmar compare runs/demo/baseline-listener runs/demo/baseline-longest --items differing.csv
    """
    from mmar.scoring.compare import compare as compare_runs
    from mmar.scoring.compare import disagreements

    check_items_option(items, as_json, *paths, benchmark)
    aligned = align(paths, benchmark, protocol, partial=partial, key=key, lenient=lenient)
    result = compare_runs(aligned, scorer=scorer, draws=draws, seed=seed, margin=margin)
    if items is not None:
        fields = ["id", "modality", "category", "sub_category", "question", "answer"]
        fields += [f"{run.label}_{what}" for run in result.runs for what in ("right", "state", "named")]
        write_items(items, disagreements(aligned, scorer), fields)
    if as_json:
        print_json(result.to_dict())
        return
    from mmar.reports.compare_table import compare_table

    print_report(functools.partial(compare_table, result), items)


@click.command()
@runs_options
@items_option("Write the items that are solved without the audio.")
@draws_option
@seed_option
@figures_option(help="Draw the accuracies under each condition as SVG, PDF and PNG, too.")
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

        print_written(write_reliance_figure(result, figures))
    if items is not None:
        fields = ["id", "modality", "category", "sub_category", "question", "choices", "answer"]
        fields += ["solved_under", "solved_under_all", "full_right"]
        fields += [f"{one.condition}_right" for one in result.conditions]
        write_items(items, solved_items(aligned, scorer), fields)
    if as_json:
        print_json(result.to_dict())
        return
    from mmar.reports.reliance_tables import reliance_table

    print_report(functools.partial(reliance_table, result), items)
