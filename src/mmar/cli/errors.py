"""`mmar errors`."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mmar.cli import shared
from mmar.cli.output import display, print_json, print_skipped, print_table, print_written
from mmar.cli.progress import opened_model
from mmar.runs.spec import RunSpec

if TYPE_CHECKING:
    from mmar.reports.scored_source import ScoredSource
    from mmar.scoring.error_labels import WrongItem


@click.command()
@click.argument("path", metavar="RUN-OR-FILE", type=click.Path(path_type=Path))
@shared.benchmark(help="The questions, for files that hold answers only.")
@shared.audio_dir
@click.option("--labeller", metavar="NAME", default="", help="Your name; the page asks for it otherwise.")
@shared.number("--sample", help="Only N of the wrong answers, drawn by --seed.")
@shared.seed
@shared.flag("--summary", help="Print the errors by kind and serve no page.")
@shared.json
@shared.figures(help="Draw the errors by kind as SVG, PDF and PNG, and serve no page.")
@click.option("--propose", metavar="MODEL", help="Let this text model propose kinds, and serve no page.")
@shared.base_url(help="Address of the model's server.")
@shared.adapter(help="Option of the model's adapter.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port of the page. [default: a free one]"
)
@click.option("--open/--no-open", "open_page", default=True, help="Open the page in a browser.")
@shared.language(help="Language of the page.")
@shared.lenient
def errors(
    path: Path,
    benchmark: str | None,
    audio_dir: Path | None,
    sample: int | None,
    seed: int,
    summary: bool,
    as_json: bool,
    figures: Path | None,
    propose: str | None,
    base_urls: tuple[str, ...],
    options: dict[str, str],
    open_page: bool,
    lenient: bool,
    **page: Any,
) -> None:
    """Label the wrong answers of a run by kind: perception, reasoning, knowledge, instruction, other.

    Serves a page on this machine at the printed address; Ctrl-C ends it. Labels are saved at once to errors.jsonl in the
    run's folder, under the labeller's name. With two labellers the summary shows their agreement. Proposals of a model
    are listed separately.

    \b
    Example:
      mmar errors runs/demo/baseline-longest --summary
    """
    from mmar.publishing import find_source
    from mmar.scoring.error_labels import analyze_errors, labels_path, read_labels

    source = find_source(path, benchmark, audio_dir=audio_dir, lenient=lenient)
    print_skipped(source.scored.errors)
    wrong = source.wrong_items(sample=sample, seed=seed)
    if propose is not None:
        _propose(source, wrong, propose, base_urls=base_urls, options=options)
    if not (summary or as_json or figures is not None or propose is not None):
        _serve(source, wrong, open_page=open_page, **page)
    result = analyze_errors(wrong, read_labels(labels_path(source.path)), signature=source.score.signature)
    if figures is not None:
        from mmar.reports.systems_figures import write_errors_figure

        print_written(write_errors_figure(result, figures))
    if as_json:
        print_json(msgspec.to_builtins(result))
        return
    from mmar.reports.errors_table import errors_table

    print_table(errors_table(result, display()))


def _serve(source: ScoredSource, wrong: tuple[WrongItem, ...], *, open_page: bool, **options: Any) -> None:
    from mmar.reports.errors_server import ErrorsServer

    with ErrorsServer(source, wrong, **options) as server:
        click.echo(f"{len(wrong):,} wrong answers to label, saved in {server.labels}")
        click.echo(f"{server.url}  (Ctrl-C ends)")
        sys.stdout.flush()
        if open_page and sys.stdout.isatty():
            webbrowser.open(server.url)
        try:
            server.serve()
        except KeyboardInterrupt:
            click.echo("", err=True)


def _propose(source: ScoredSource, wrong: tuple[WrongItem, ...], name: str, **options: Any) -> None:
    from mmar.scoring.error_labels import labels_path, propose_labels
    from mmar.scoring.text_model import replies_folder

    folder = replies_folder(source.path, name, "errors")
    spec = RunSpec.create(name, source.benchmark, out=folder, temperature=0.0, **options)
    with opened_model(spec, "proposes") as (model, progress):
        added = propose_labels(wrong, labels_path(source.path), spec, model, progress=progress)
    click.echo(f"{added:,} proposals added", err=True)
