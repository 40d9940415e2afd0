"""`mmar reliance`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from mmar.cli.several_runs import judged, judging_options
from mmar.cli.terminal import refuse_over_inputs, say

__all__ = ["reliance"]


@click.command()
@judging_options
@click.option(
    "--items",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the items solved without hearing, JSONL or .csv.",
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
) -> None:
    """Say how much of a model's accuracy needs the audio.

    Takes runs of one model that differ in nothing but what was heard: the one with the real clips, and those
    made with mmar run --condition none, silence, noise, shuffled, reversed or mono.

    \b
    Example:
      mmar run baseline/listener --benchmark demo --condition silence
      mmar reliance runs/demo/baseline-listener runs/demo/baseline-listener-silence
    """
    from mmar.scoring.listen import listen as listen_to
    from mmar.scoring.listen import solved_items

    refuse_over_inputs("--items", items, *paths, benchmark)
    verdicts = judged(paths, benchmark, protocol, partial=partial, lenient=lenient)
    found = listen_to(verdicts, scorer=scorer)
    if items is not None:
        from mmar.files.atomic import write_atomic
        from mmar.reports.records_file import records_file

        fields = ["id", "modality", "category", "sub_category", "question", "choices", "answer"]
        fields += ["solved_under", "solved_under_all", "full_right"]
        fields += [f"{one.audio}_right" for one in found.conditions]
        write_atomic(items, records_file(solved_items(verdicts, scorer), items, fields))
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
        return
    from mmar.reports.reliance_table import reliance_table

    say(reliance_table(found, colour=sys.stdout.isatty()), nl=False)
