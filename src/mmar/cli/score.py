"""`mmar score`."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from mmar.api import score_path, task_for
from mmar.cli.terminal import refuse_over_inputs
from mmar.errors import UsageError

if TYPE_CHECKING:
    from mmar.scoring.score import Scored, Task

__all__ = ["score"]


@click.command()
@click.argument("path", metavar="RUN-OR-FILE", type=click.Path(path_type=Path))
@click.option(
    "--benchmark",
    "-b",
    metavar="NAME-OR-PATH",
    help="The questions; needed where the file holds answers only.",
)
@click.option("--key", metavar="FIELD", help="The field that holds the prediction.")
@click.option("--protocol", "-p", metavar="NAME-OR-FILE", help="Read the answers as this protocol says.")
@click.option("--lenient", is_flag=True, help="List bad records, count them as missing, and go on.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--items", type=click.Path(path_type=Path), metavar="FILE", help="Write a line per item, JSONL or .csv."
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["official"]),
    help="Print what the published script prints, byte for byte.",
)
def score(
    path: Path,
    benchmark: str | None,
    key: str | None,
    protocol: str | None,
    lenient: bool,
    as_json: bool,
    items: Path | None,
    output_format: str | None,
) -> None:
    """Score a run or a predictions file, as published and honestly.

    Two numbers stand side by side: official is the published rule, faults included, to stand beside published
    numbers; choice says which choice was really named. Items without an answer count in both.

    \b
    Example:
      mmar score predictions.jsonl --benchmark mmar
      mmar score runs/demo/baseline-listener --items items.csv
    """
    refuse_over_inputs("--items", items, path, benchmark)
    gc.disable()  # the process lives for one score, which makes no cycles worth looking for
    task = task_for(
        path,
        benchmark,
        key=key,
        protocol=protocol,
        lenient=lenient,
        keep="differing" if as_json else "none",
    )
    task = msgspec.structs.replace(task, spawn=True)
    if output_format == "official":
        if as_json or items is not None:
            raise UsageError(
                "--format official prints what the published script prints and nothing else; leave out --json and --items"
            )
        from mmar.scoring.layout import layout_of

        found = layout_of(task)
        click.echo(found.text, nl=False)
        for note in found.notes:
            click.echo(f"note: {note}", err=True)
        return
    scored = score_path(task) if items is None else _with_items(task, items)
    for error in scored.errors:
        click.echo(f"left out: {error.summary}", err=True)
    if as_json:
        import json

        click.echo(json.dumps(scored.score.to_json(), ensure_ascii=False, indent=2))
    else:
        from mmar.reports import score_table

        click.echo(score_table(scored.score, colour=sys.stdout.isatty()), nl=False)


def _with_items(task: Task, path: Path) -> Scored:
    """Score, and write a line of each item on the way."""
    from mmar.files.atomic import AtomicFile
    from mmar.reports.records_file import RecordForm
    from mmar.scoring.result import RowFile

    form = RecordForm.of(path, _FIELDS)
    with AtomicFile(path) as file:
        rows = RowFile(file, form.head(), form.lines_of)
        return score_path(msgspec.structs.replace(task, rows=rows))


_FIELDS = ("id", "official", "choice", "state", "named", "answer", "reason", "official_reason", "prediction")
