"""`mmar score`."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mmar.errors import InputError
from mmar.items.benchmark import write_whole
from mmar.library import score_path, task_for

if TYPE_CHECKING:
    from mmar.scoring import ItemScore

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
    "--layout", type=click.Choice(["official"]), help="Print what the published script prints, byte for byte."
)
def score(
    path: Path,
    benchmark: str | None,
    key: str | None,
    protocol: str | None,
    lenient: bool,
    as_json: bool,
    items: Path | None,
    layout: str | None,
) -> None:
    """Score a run or a predictions file, as published and honestly.

    Two numbers stand side by side: official is the published rule, faults included, to stand beside published
    numbers; choice says which choice was really named. Items without an answer count in both.

    \b
    Example:
      mmar score predictions.jsonl --benchmark mmar
      mmar score runs/demo/baseline-listener --items items.csv
    """
    task = task_for(
        path,
        benchmark,
        key=key,
        protocol=protocol,
        lenient=lenient,
        keep="all" if items else "differing" if as_json else "none",
    )
    if layout == "official":
        from mmar.scoring.score import layout_of

        click.echo(layout_of(task), nl=False)
        return
    scored = score_path(task)
    for error in scored.errors:
        click.echo(f"left out: {error}", err=True)
    if items is not None:
        write_whole(items, _items(scored.rows, items))
    if as_json:
        click.echo(json.dumps(scored.score.to_json(), ensure_ascii=False, indent=2))
    else:
        from mmar.reports import score_table

        click.echo(score_table(scored.score, colour=sys.stdout.isatty()), nl=False)
    if scored.score.n == 0:
        raise InputError("holds nothing to score", file=str(path))


_FIELDS = ("id", "official", "choice", "state", "named", "answer", "reason", "official_reason", "prediction")


def _items(rows: Iterable[ItemScore], path: Path) -> bytes:
    """The lines of `--items`: CSV for a file that is called so, else JSONL."""
    if path.suffix.lower() != ".csv":
        records = ({field: getattr(row, field) for field in _FIELDS} for row in rows)
        return "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records).encode()
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_FIELDS)
    for row in rows:
        writer.writerow(_cell(getattr(row, field)) for field in _FIELDS)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    # A spreadsheet would run a model's text that looks like a formula.
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
