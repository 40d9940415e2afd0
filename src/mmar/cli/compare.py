"""`mmar compare`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from mmar.cli.options import align, draws_option, items_option, runs_options, seed_option
from mmar.cli.terminal import STDOUT, check_items_option, display, output_file, print_json, print_table

__all__ = ["compare"]


@click.command()
@runs_options
@click.option("--key", metavar="FIELD", help="Field of a file that holds the prediction.")
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
        from mmar.files.atomic import write_atomic
        from mmar.reports.records_file import records_file

        fields = ["id", "modality", "category", "sub_category", "question", "answer"]
        fields += [f"{run.label}_{what}" for run in result.runs for what in ("right", "state", "named")]
        with output_file(items) as path:
            write_atomic(path, records_file(disagreements(aligned, scorer), path, fields))
    if as_json:
        print_json(result.to_dict())
        return
    from mmar.reports.compare_table import compare_table

    to_stderr = items == STDOUT
    stream = sys.stderr if to_stderr else sys.stdout
    print_table(compare_table(result, display(stream)), err=to_stderr)
