"""What the commands that judge several runs have in common: their options, and the judging."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mmar.api import load
from mmar.protocols import load_protocol

if TYPE_CHECKING:
    from mmar.items import Benchmark
    from mmar.scoring.verdicts import Verdicts

__all__ = ["judged", "judging_options"]


def judging_options(command: Any) -> Any:
    """The options of every command that judges several runs."""
    for option in reversed(
        (
            click.argument(
                "paths", metavar="RUN RUN…", nargs=-1, required=True, type=click.Path(path_type=Path)
            ),
            click.option(
                "--benchmark", "-b", metavar="NAME-OR-PATH", help="The questions.  [each run's own]"
            ),
            click.option(
                "--scorer",
                type=click.Choice(["choice", "official"]),
                default="choice",
                show_default=True,
                help="Whose verdicts count.",
            ),
            click.option(
                "--protocol", "-p", metavar="NAME-OR-FILE", help="Read all answers as this protocol says."
            ),
            click.option(
                "--partial",
                is_flag=True,
                help="Count items that only some runs were asked as wrong in the others.",
            ),
            click.option("--lenient", is_flag=True, help="List bad records, leave them out, and go on."),
            click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        )
    ):
        command = option(command)
    return command


def judged(
    paths: tuple[Path, ...],
    benchmark: str | None,
    protocol: str | None,
    *,
    partial: bool,
    key: str | None = None,
    lenient: bool = False,
) -> Verdicts:
    """Judge what the command line names; what is left out goes to standard error."""
    from mmar.scoring.verdicts import judge

    def find(name_or_path: str) -> Benchmark:
        return load(name_or_path, lenient=lenient)

    verdicts = judge(
        paths,
        find,
        benchmark=None if benchmark is None else find(benchmark),
        key=key,
        protocol=None if protocol is None else load_protocol(protocol),
        partial=partial,
        lenient=lenient,
    )
    for error in verdicts.errors:
        click.echo(f"left out: {error.summary}", err=True)
    if lost := verdicts.benchmark.lost:
        click.echo(
            f"left out: {lost:,} in all; mmar score counts them as missing in each run",
            err=True,
        )
    return verdicts
