"""`mmar compare`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from mmar.cli.several_runs import judged, judging_options
from mmar.cli.terminal import refuse_over_inputs, say

__all__ = ["compare"]


@click.command()
@judging_options
@click.option("--key", metavar="FIELD", help="The field of a file that holds the prediction.")
@click.option(
    "--items",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the items they differ on, JSONL or .csv.",
)
@click.option(
    "--draws",
    type=click.IntRange(1),
    default=10_000,
    show_default=True,
    metavar="N",
    help="Of the permutation test.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the draws.")
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
) -> None:
    """Say whether runs on the same items really differ, and by how much.

    Takes runs' folders and predictions files. Differences come with an interval clustered by source video, an
    exact McNemar test and a permutation test, groups with Holm's correction, and what these items could show
    at all.

    \b
    Example:
      mmar compare runs/demo/baseline-listener runs/demo/baseline-random
      mmar compare a.jsonl b.jsonl c.jsonl --benchmark mmar --items differing.csv
    """
    from mmar.scoring.compare import compare as compare_runs
    from mmar.scoring.compare import disagreements

    refuse_over_inputs("--items", items, *paths, benchmark)
    verdicts = judged(paths, benchmark, protocol, partial=partial, key=key, lenient=lenient)
    found = compare_runs(verdicts, scorer=scorer, draws=draws, seed=seed)
    if items is not None:
        from mmar.files.atomic import write_atomic
        from mmar.reports.records_file import records_file

        fields = ["id", "modality", "category", "sub_category", "question", "answer"]
        fields += [f"{run.label}_{what}" for run in found.runs for what in ("right", "state", "named")]
        write_atomic(items, records_file(disagreements(verdicts, scorer), items, fields))
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
        return
    from mmar.reports.compare_table import compare_table

    say(compare_table(found, colour=sys.stdout.isatty()), nl=False)
