"""`mmar score`."""

from __future__ import annotations

import gc
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mmar.cli import shared
from mmar.cli.terminal import (
    check_items_option,
    output_file,
    print_json,
    print_report,
    print_skipped,
)
from mmar.errors import UsageError
from mmar.inputs import score_path, task_for
from mmar.scoring.result import ItemScore

if TYPE_CHECKING:
    from mmar.scoring.score import Scored
    from mmar.scoring.sources import Task

_LINES = 1000  # written at a time


@click.command()
@click.argument("path", metavar="RUN-OR-FILE", type=click.Path(path_type=Path))
@shared.benchmark("The questions, for a file that holds answers only.")
@shared.key
@shared.id_field
@click.option("--as", "model", metavar="NAME", help="Name of the model, for a file that does not say it.")
@shared.protocol("Read the answers by this protocol.")
@shared.reading
@shared.lenient
@shared.json
@shared.items("Write a line for each item.")
@shared.path_option(
    "--earlier",
    multiple=True,
    metavar="RUN",
    help="Earlier run of all items, to sharpen the estimate of a sample. Repeatable.",
)
@click.option(
    "--reader",
    metavar="MODEL",
    help="Let this text model read the unresolved answers: a third number, choice+reader.",
)
@click.option(
    "--reader-sample",
    type=click.IntRange(0),
    default=50,
    show_default=True,
    metavar="N",
    help="Answers that the cascade did read and the reader reads too, to measure their agreement.",
)
@click.option(
    "--judge",
    metavar="MODEL",
    help="Let this text model grade the answers to open questions (MMAU-Pro).",
)
@shared.seed
@shared.base_url("Address of the reader's or judge's server.")
@shared.adapter("Option of the reader's or judge's adapter. Repeatable.")
@shared.budget
@shared.prices
@click.option(
    "--dry-run", is_flag=True, help="Show what the reader or judge would be asked and cost; send nothing."
)
@click.option(
    "--errata", is_flag=True, help="Also show the score without disputed items (docs/benchmarks.md)."
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["official"]),
    help="Print exactly what the published script prints.",
)
def score(
    path: Path,
    benchmark: str | None,
    key: str | None,
    id_field: str | None,
    model: str | None,
    protocol: str | None,
    reading: str | None,
    lenient: bool,
    as_json: bool,
    items: Path | None,
    output_format: str | None,
    earlier: tuple[Path, ...],
    reader: str | None,
    reader_sample: int,
    judge: str | None,
    errata: bool,
    **others: Any,
) -> None:
    """Score a run or a predictions file.

    Prints two accuracies: "official" is the published rule, for comparison with published numbers; "choice" is
    the choice that each answer names. Items without an answer count as wrong in both.

    \b
    Example:
      mmar score runs/demo/baseline-listener
      mmar score runs/demo/baseline-listener --items items.csv
    """
    check_items_option(items, as_json, path, benchmark)
    if reader is not None and judge is not None:
        raise UsageError(
            "--reader and --judge share the options of their server",
            code="incompatible-options",
            hint="use one at a time",
        )
    gc.disable()  # the process ends after one score, which makes few cycles
    task = task_for(
        path,
        benchmark,
        key=key,
        id_field=id_field,
        protocol=protocol,
        reading=reading,
        lenient=lenient,
        keep="differing" if as_json else "none",
    )
    task = msgspec.structs.replace(task, earlier=earlier, model=model)
    if output_format == "official":
        if as_json or items is not None:
            raise UsageError(
                "--format official cannot be combined with --json or --items", code="incompatible-options"
            )
        from mmar.scoring.layout import layout_of

        layout = layout_of(task)
        click.echo(layout.text, nl=False)
        for note in layout.notes:
            click.echo(f"note: {note}", err=True)
        return
    if reader is not None or errata:
        task = msgspec.structs.replace(task, keep="all")
    scored = score_path(task) if items is None else _write_items(task, items)
    print_skipped(scored.errors)
    if reader is not None:
        from mmar.cli.reading_model import read_with_model

        scored = read_with_model(scored, task, reader, sample=reader_sample, **others)
    if judge is not None:
        from mmar.cli.reading_model import judge_with_model

        scored = judge_with_model(scored, task, judge, **others)
    if errata:
        from mmar.scoring.edition_notes import with_errata_note

        scored = msgspec.structs.replace(scored, score=with_errata_note(scored.score, scored.parts["bench"]))
    if as_json:
        print_json(scored.score.to_dict())
        return
    from mmar.reports.score_table import score_table

    print_report(partial(score_table, scored.score), items)


def _write_items(task: Task, items: Path) -> Scored:
    """Score, and write a line for each item meanwhile."""
    from mmar.files.atomic import AtomicFile
    from mmar.reports.records_file import RecordFormat

    waiting: list[ItemScore] = []
    with output_file(items) as path:
        form = RecordFormat.of(path, ItemScore.__struct_fields__)
        with AtomicFile(path) as file:

            def flush() -> None:
                file.write(form.lines_of(waiting))
                waiting.clear()

            def on_item(item: ItemScore) -> None:
                waiting.append(item)
                if len(waiting) >= _LINES:
                    flush()

            def restart() -> None:
                waiting.clear()
                file.restart()
                file.write(form.header())

            file.write(form.header())
            scored = score_path(msgspec.structs.replace(task, on_item=on_item, restart=restart))
            flush()
            return scored
