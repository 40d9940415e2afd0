"""`mmar report` and `mmar browse`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mmar.cli.options import (
    audio_dir_option,
    benchmark_option,
    key_option,
    language_option,
    lenient_option,
    path_option,
    prices_option,
    protocol_option,
)
from mmar.cli.terminal import refuse_over_inputs
from mmar.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mmar.reports.report_page import WrittenPage

__all__ = ["browse", "report"]

F = TypeVar("F", bound="Callable[..., Any]")


def _page_options(command: F) -> F:
    """The options of both commands."""
    for option in reversed(
        (
            path_option(
                "--out",
                "-o",
                required=True,
                metavar="DIR",
                help="Folder of the page, new or of an earlier page.",
            ),
            click.option(
                "--audio",
                type=click.Choice(["copy", "link", "none"]),
                default="copy",
                show_default=True,
                help="Copy the clips beside the page, link to their sources, or neither.",
            ),
            audio_dir_option,
            language_option("Language in which the page opens; it has both."),
            click.option("--open", "opened", is_flag=True, help="Open the page in the browser."),
        )
    ):
        command = option(command)
    return command


@click.command()
@click.argument("paths", metavar="RUN-OR-FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@benchmark_option("The questions, for files that hold answers only.")
@key_option
@protocol_option("Read all answers by this protocol.")
@_page_options
@click.option(
    "--texts",
    type=click.Choice(["auto", "inline", "files", "none"]),
    default="auto",
    show_default=True,
    help="Where the answers are: in the page, in files beside it, nowhere; auto: in the page up to 5 MB.",
)
@prices_option
@lenient_option
def report(
    paths: tuple[Path, ...],
    benchmark: str | None,
    key: str | None,
    protocol: str | None,
    out: Path,
    opened: bool,
    lenient: bool,
    prices: Path | None,
    **others: Any,
) -> None:
    """Write a page with the scores, items and comparison of runs.

    The page is one file that opens from disk: overview, items with their clips and all answers, comparison. Takes run
    folders and predictions files of one benchmark.

    \b
    Example:
      mmar report runs/demo/baseline-listener --out report
      mmar report runs/demo/baseline-listener runs/demo/baseline-random --out report
    """
    from mmar.files.progress import progress_for
    from mmar.inputs import find_benchmark
    from mmar.publishing import report_tasks
    from mmar.reports.report_page import PageOptions, write_report

    refuse_over_inputs("--out", out, *paths, benchmark)
    tasks = report_tasks(paths, benchmark, key=key, protocol=protocol, lenient=lenient)
    options = PageOptions(**_checked(others), prices=prices, progress=progress_for(sys.stderr))
    written = write_report(tasks, out, lambda name: find_benchmark(name, lenient=lenient), options)
    _finish(written, opened=opened)


@click.command()
@click.argument("benchmark", metavar="BENCHMARK")
@_page_options
def browse(benchmark: str, out: Path, opened: bool, **others: Any) -> None:
    """Write a page to look at and listen to a benchmark.

    The page is one file that opens from disk: the benchmark's groups as two rings, whose parts open their items with
    their clips.

    \b
    Example:
      mmar browse demo --out demo-page
    """
    from mmar.files.progress import progress_for
    from mmar.inputs import find_benchmark
    from mmar.reports.report_page import PageOptions, write_browser

    options = PageOptions(**_checked(others), progress=progress_for(sys.stderr))
    written = write_browser(find_benchmark(benchmark), out, options)
    _finish(written, opened=opened)


def _checked(others: dict[str, Any]) -> dict[str, Any]:
    folder = others["audio_dir"]
    if folder is not None and not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", code="no-such-folder", argument="audio_dir")
    return others


def _finish(written: WrittenPage, *, opened: bool) -> None:
    beside = [f"{written.clips:,} clips"] if written.clips else []
    beside += [f"{written.text_files:,} files with answers"] if written.text_files else []
    also = f", beside it {' and '.join(beside)}" if beside else ""
    click.echo(f"wrote {written.path} ({written.size / 1e6:.1f} MB){also}")
    if written.missing:
        click.echo(f"note: {written.missing:,} clips are missing or cannot be read", err=True)
    for note in written.notes:
        click.echo(f"note: {note}", err=True)
    if opened:
        click.launch(str(written.path))
