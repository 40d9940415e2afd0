"""`mmar convert`."""

from __future__ import annotations

from pathlib import Path

import click

from mmar.api import find_benchmark
from mmar.cli.options import benchmark_option
from mmar.cli.terminal import output_file, report_skipped

__all__ = ["convert"]


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@benchmark_option("The questions that the log answers.", required=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help="File to write.")
@click.option(
    "--to",
    "layout",
    type=click.Choice(["publisher", "jsonl", "csv"]),
    default="publisher",
    show_default=True,
    help="Whole records as the publisher's script reads them, or ids and answers.",
)
@click.option("--key", metavar="FIELD", help="Field that holds the answer, such as resps.0.")
@click.option("--id", "id_field", metavar="FIELD", help="Field that holds the item's id, such as doc.id.")
@click.option("--lenient", is_flag=True, help="Leave out records that do not belong to the benchmark.")
def convert(
    path: Path,
    benchmark: str,
    out: Path,
    layout: str,
    key: str | None,
    id_field: str | None,
    lenient: bool,
) -> None:
    """Convert a log of another program to a predictions file.

    The log is recognised by its content: lmms-eval, evalscope, Inspect, ms-swift, UltraEval-Audio, VLMEvalKit, batch
    output of OpenAI and Gemini, CSV, TSV, XLSX and JSON with usual field names.

    \b
    Example:
      mmar convert runs/demo/baseline-listener/predictions.jsonl --benchmark demo --to csv --out answers.csv
    """
    from mmar.logs import FORMATS, join_log, open_log, write_log

    log = open_log(path, key=key, id_field=id_field)
    questions = find_benchmark(benchmark)
    with report_skipped() as report, output_file(out) as target:
        joined = join_log(log, questions, report if lenient else None)
        form = next(name for name in FORMATS if name == layout)
        number = write_log(joined, questions, target, form)
    answers = "1 answer" if number == 1 else f"{number:,} answers"
    click.echo(f"wrote {answers} of a log of {joined.program} to {out}", err=True)
    for note in joined.notes:
        click.echo(f"note: {note}", err=True)
