"""`mmar compare` and `mmar reliance`: runs on the same items."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mmar.cli import shared
from mmar.cli.output import print_result, print_written, write_items

if TYPE_CHECKING:
    from mmar.scoring.align_runs import AlignedRuns


@click.command()
@shared.runs("Write the items on which the runs differ.")
@shared.key
@click.option(
    "--margin",
    type=click.FloatRange(0, 100, min_open=True, max_open=True),
    metavar="POINTS",
    help="Equivalence margin in points (two one-sided tests).",
)
def compare(
    aligned: AlignedRuns,
    *,
    items: Path | None,
    as_json: bool,
    scorer: Any,
    **others: Any,
) -> None:
    """Compare runs on the same items, with intervals and paired tests.

    Takes run folders and predictions files. Differences come with an interval and a permutation test clustered by
    source video, Holm's correction over groups, ranges of ranks and the minimum detectable difference.

    \b
    Example:
      mmar compare runs/demo/baseline-listener runs/demo/baseline-random
      mmar compare runs/demo/baseline-listener runs/demo/baseline-longest --items differing.csv
    """
    from mmar.reports.compare_table import compare_table
    from mmar.scoring.compare import compare as compare_runs
    from mmar.scoring.compare import disagreements

    result = compare_runs(aligned, scorer=scorer, **others)
    if items is not None:
        fields = ["id", "modality", "category", "sub_category", "question", "answer"]
        fields += [f"{run.label}_{what}" for run in result.runs for what in ("right", "state", "named")]
        write_items(items, disagreements(aligned, scorer), fields)
    print_result(result, compare_table, as_json=as_json, items=items)


@click.command()
@shared.runs("Write the items that are solved without the audio.")
@shared.figures(help="Draw the accuracies under each condition as SVG, PDF and PNG, too.")
def reliance(
    aligned: AlignedRuns,
    *,
    items: Path | None,
    as_json: bool,
    scorer: Any,
    figures: Path | None,
    **others: Any,
) -> None:
    """Measure how much of a model's accuracy needs the audio.

    Takes runs of one model that differ only in their condition: one with the real clips, and one or more made
    with mmar run --condition none, silence, noise, shuffled, spectrum, reversed or mono.

    \b
    Example:
      mmar run baseline/listener --benchmark demo --condition silence
      mmar reliance runs/demo/baseline-listener runs/demo/baseline-listener-silence
    """
    from mmar.reports.reliance_tables import reliance_table
    from mmar.scoring.measure_reliance import measure_reliance, solved_items

    result = measure_reliance(aligned, scorer=scorer, **others)
    if figures is not None:
        from mmar.reports.systems_figures import write_reliance_figure

        print_written(write_reliance_figure(result, figures))
    if items is not None:
        fields = ["id", "modality", "category", "sub_category", "question", "choices", "answer"]
        fields += ["solved_under", "solved_under_all", "full_right"]
        fields += [f"{one.condition}_right" for one in result.conditions]
        write_items(items, solved_items(aligned, scorer), fields)
    print_result(result, reliance_table, as_json=as_json, items=items)
