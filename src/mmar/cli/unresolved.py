"""`mmar unresolved`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mmar.cli.options import (
    benchmark_option,
    items_option,
    json_option,
    lenient_option,
    protocol_option,
    reading_option,
)
from mmar.cli.terminal import STDOUT, check_items_option, display, output_file, print_json, print_table

__all__ = ["unresolved"]

_FIELDS = ("id", "state", "shape", "reason", "answer", "prediction")


@click.command()
@click.argument("path", metavar="RUN-OR-FILE", type=click.Path(path_type=Path))
@benchmark_option("The questions, for a file that holds answers only.")
@click.option("--key", metavar="FIELD", help="Field that holds the prediction.")
@protocol_option("Read the answers by this protocol.")
@reading_option
@lenient_option
@json_option
@items_option("Write a line for each answer that names no choice.")
def unresolved(
    path: Path,
    benchmark: str | None,
    key: str | None,
    protocol: str | None,
    reading: str | None,
    lenient: bool,
    as_json: bool,
    items: Path | None,
) -> None:
    """Group the answers that name no choice, with a count and an example each.

    \b
    Example:
      mmar unresolved runs/demo/baseline-listener
    """
    from mmar.api import task_for
    from mmar.scoring.unresolved import find_unresolved

    check_items_option(items, as_json, path, benchmark)
    result = find_unresolved(
        task_for(path, benchmark, key=key, protocol=protocol, reading=reading, lenient=lenient)
    )
    if items is not None:
        from mmar.files.atomic import write_atomic
        from mmar.reports.records_file import RecordFormat

        with output_file(items) as target:
            form = RecordFormat.of(target, _FIELDS)
            write_atomic(target, form.header() + form.lines_of(result.items))
    if as_json:
        print_json(result.to_dict())
        return
    from mmar.reports.unresolved_table import unresolved_table

    to_stderr = items == STDOUT
    stream = sys.stderr if to_stderr else sys.stdout
    print_table(unresolved_table(result, display(stream)), err=to_stderr)
