"""`mmar leaderboard`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mmar.cli.options import benchmark_option, folder_option, language_option, lenient_option, path_option
from mmar.cli.terminal import parse_pairs, print_skipped
from mmar.errors import UsageError

__all__ = ["leaderboard"]


@click.command()
@click.argument("paths", metavar="[RUN]...", nargs=-1, type=click.Path(path_type=Path))
@folder_option("--out", "-o", metavar="DIR", required=True, help="Folder to write.")
@click.option("--title", metavar="TEXT", help="Title of the page. [default: the benchmark's name]")
@click.option("--published/--no-published", default=True, help="Show the published results of MMAR.")
@benchmark_option("The questions, for files that hold answers only.")
@click.option(
    "--earlier", metavar="NAME-OR-PATH", help="An earlier edition: who answers the keys that were corrected?"
)
@path_option("--prices", metavar="FILE", help="Price table, for the cost.")
@click.option(
    "--name", "names", multiple=True, metavar="MODEL=ID", help="Canonical id of a model. Repeatable."
)
@click.option(
    "--report", "reports", multiple=True, metavar="RUN=ADDRESS", help="Address of a run's report. Repeatable."
)
@click.option("--partial", is_flag=True, help="Rank runs by the items that every run was asked.")
@language_option("Language of the page.")
@lenient_option
def leaderboard(
    paths: tuple[Path, ...],
    out: Path,
    title: str | None,
    published: bool,
    benchmark: str | None,
    earlier: str | None,
    prices: Path | None,
    names: tuple[str, ...],
    reports: tuple[str, ...],
    partial: bool,
    language: Any,
    lenient: bool,
) -> None:
    """Write a leaderboard: a page with a row for each system, and exports beside it.

    A row tells what was reproduced here from what the benchmark, the system's authors and others published. Runs are
    ranked by ranges; published numbers, which nobody can repeat, are not. Runs under control conditions (mmar run
    --condition) give the reliance on the audio, rotations (--rotate) the order agreement, and judgements beside a run
    (mmar judge) the rubric score.

    \b
    Example:
      mmar leaderboard --out board
      mmar leaderboard runs/demo/baseline-listener runs/demo/baseline-random --out board
    """
    from mmar.publishing import write_board

    result = write_board(
        paths,
        out,
        title=title or "",
        published=published,
        benchmark=benchmark,
        earlier=earlier,
        prices=prices,
        names=_pairs("--name", names, "hf/my/model=my-model"),
        reports=_pairs("--report", reports, "runs/a=reports/a/index.html"),
        partial=partial,
        language=language,
        lenient=lenient,
        report=print_skipped,
    )
    click.echo(f"wrote {result}", err=True)


def _pairs(option: str, texts: tuple[str, ...], example: str) -> dict[str, str]:
    pairs = parse_pairs(option, texts, example)
    for name, values in pairs.items():
        if len(values) > 1:
            raise UsageError(f"{option}: {name} is named twice", code="invalid-value", argument=option)
    return {name: values[0] for name, values in pairs.items()}
