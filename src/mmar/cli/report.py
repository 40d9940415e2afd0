"""`mmar report`, `mmar browse` and `mmar leaderboard`: pages."""

from __future__ import annotations

from inspect import unwrap  # the errors of the unwrapped functions name options
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mmar.cli import shared
from mmar.cli.output import file_progress, parse_pairs, print_skipped, print_written, refuse_over_inputs
from mmar.errors import UsageError

if TYPE_CHECKING:
    from mmar.reports.report_page import WrittenPage

_page_options = shared.together(
    shared.path_option(
        "--out", "-o", required=True, metavar="DIR", help="Folder of the page, new or of an earlier page."
    ),
    shared.choice(
        "--audio",
        of=["copy", "link", "none"],
        help="Copy the clips beside the page, link to their sources, or neither.",
    ),
    shared.audio_dir,
    shared.language(help="Language in which the page opens; it has both."),
    shared.flag("--open", "opened", help="Open the page in the browser."),
)


@click.command()
@click.argument("paths", metavar="RUN-OR-FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@shared.benchmark(help="The questions, for files that hold answers only.")
@shared.key
@shared.protocol(help="Read all answers by this protocol.")
@_page_options
@shared.choice(
    "--texts",
    of=["auto", "inline", "files", "none"],
    help="Where the answers are: in the page, in files beside it, nowhere; auto: in the page up to 5 MB.",
)
@shared.prices
@shared.lenient
def report(
    paths: tuple[Path, ...],
    benchmark: str | None,
    out: Path,
    opened: bool,
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
    from mmar import publishing

    refuse_over_inputs("--out", out, *paths, benchmark)
    write = unwrap(publishing.report)
    written = write(
        paths, out=out, benchmark=benchmark, on_skipped=print_skipped, progress=file_progress(), **others
    )
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
    from mmar import publishing

    written = unwrap(publishing.browse)(benchmark, out=out, progress=file_progress(), **others)
    _finish(written, opened=opened)


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


@click.command()
@click.argument("paths", metavar="[RUN]...", nargs=-1, type=click.Path(path_type=Path))
@shared.folder_option("--out", "-o", metavar="DIR", required=True, help="Folder to write.")
@click.option("--title", metavar="TEXT", help="Title of the page. [default: the benchmark's name]")
@click.option("--published/--no-published", default=True, help="Show the published results of MMAR.")
@shared.benchmark(help="The questions, for files that hold answers only.")
@click.option(
    "--earlier-edition",
    "earlier",
    metavar="NAME-OR-PATH",
    help="Earlier edition, to count answers to keys that were corrected.",
)
@shared.prices
@shared.repeatable("--name", "names", metavar="MODEL=ID", help="Canonical id of a model.")
@click.option(
    "--report/--no-report",
    default=True,
    help="Write a report of all runs into DIR/report, to which rows and items link.",
)
@shared.choice(
    "--audio",
    of=["none", "copy", "link"],
    help="Clips of that report: copied beside it, linked to their sources, or neither.",
)
@shared.repeatable(
    "--report-url",
    "reports",
    metavar="RUN=ADDRESS",
    help="Address of a run's report that lies elsewhere.",
)
@shared.flag("--partial", help="Rank runs by the items that all have in common.")
@shared.language(help="Language of the page.")
@shared.lenient
def leaderboard(
    paths: tuple[Path, ...],
    title: str | None,
    names: tuple[str, ...],
    reports: tuple[str, ...],
    **others: Any,
) -> None:
    """Write a leaderboard: a page with a row for each system, and exports beside it.

    A row shows what was measured here beside what the benchmark, the system's authors and others published. Runs are
    ranked by ranges; published numbers are not ranked, since they cannot be repeated. Runs under control conditions (mmar run
    --condition) give the reliance on the audio, rotations (--rotate) the order agreement, and judgements beside a run
    (mmar judge) the rubric score.

    \b
    Example:
      mmar leaderboard --out board
      mmar leaderboard runs/demo/baseline-listener runs/demo/baseline-random --out board
    """
    from mmar import publishing

    page = unwrap(publishing.leaderboard)(
        *paths,
        title=title or "",
        names=_pairs("--name", names, "hf/my/model=my-model"),
        reports=_pairs("--report-url", reports, "runs/a=reports/a/index.html"),
        on_skipped=print_skipped,
        progress=file_progress(),
        **others,
    )
    print_written([page])


def _pairs(option: str, texts: tuple[str, ...], example: str) -> dict[str, str]:
    pairs = parse_pairs(option, texts, example)
    for name, values in pairs.items():
        if len(values) > 1:
            raise UsageError(f"{option}: {name} is named twice", code="invalid-value", argument=option)
    return {name: values[0] for name, values in pairs.items()}
