"""`mmar table`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mmar.cli import shared
from mmar.cli.output import display, print_skipped, print_table, print_written, refuse_over_inputs
from mmar.errors import UsageError
from mmar.files.atomic import write_atomic
from mmar.inputs import scoring_task
from mmar.reports.published import GROUP_SIZES, published_results

if TYPE_CHECKING:
    from mmar.reports.systems_table import RunRow

_FORMATS = ("text", "markdown", "latex", "csv", "html", "json")


@click.command()
@click.argument("paths", metavar="[RUN-OR-FILE]...", nargs=-1, type=click.Path(path_type=Path))
@shared.choice("--format", "output_format", of=_FORMATS, help="Output format.")
@shared.flag("--published", help="Add the results that MMAR's own table has.")
@shared.flag("--reported", help="Add the results on MMAR that authors and others report, too.")
@shared.repeatable(
    "--class",
    "classes",
    type=click.Choice(["LALM", "LARM", "OLM", "LLM", "LRM", "agent", "baseline"], case_sensitive=False),
    help="Only published results of this class.",
)
@shared.choice("--groups", of=["modality", "category", "sub-category", "none"], help="Columns of groups.")
@shared.choice("--scorer", of=["official", "choice"], help="Scorer of the runs' averages, groups and ranks.")
@shared.repeatable(
    "--as",
    "models",
    metavar="NAME",
    help="Name of the model, for files that do not say it: one for all, or one for each in order.",
)
@shared.benchmark(
    help="The questions, for files of answers: one for all, or one for each in order.", multiple=True
)
@shared.protocol(help="Read all answers by this protocol.")
@shared.lenient
@shared.path_option("--out", "-o", metavar="FILE", help="Write to this file instead.")
@shared.figures(help="Draw averages, groups and sizes as SVG, PDF and PNG, too.")
def table(
    paths: tuple[Path, ...],
    output_format: str,
    published: bool,
    reported: bool,
    classes: tuple[str, ...],
    groups: str,
    scorer: Any,
    models: tuple[str, ...],
    benchmark: tuple[str, ...],
    out: Path | None,
    figures: Path | None,
    **reading: Any,
) -> None:
    """Print a table of runs and published results, for a paper or a page.

    Runs of several benchmarks give one row for each model and one column for each benchmark and edition; --as names the
    model of files that do not say it. For one benchmark, each row has the average with its interval and a range of
    ranks; in each column the best value, and those not shown to differ from it, are marked. LaTeX output needs the
    package booktabs.

    \b
    Example:
      mmar table --published
      mmar table runs/demo/baseline-listener runs/demo/baseline-random
      mmar table runs/demo/baseline-listener runs/demo/baseline-random --format latex
      mmar table runs/demo/baseline-listener/predictions.jsonl --benchmark demo --as listener
    """
    from mmar.reports.benchmarks_table import benchmarks_table, has_several_benchmarks
    from mmar.reports.systems_table import systems_table
    from mmar.reports.table_formats import render

    results = [
        result
        for result in published_results()
        if reported or (published and result.by == "benchmark")
        if not classes or result.model_class in classes
    ]
    if not paths and not results:
        raise UsageError(
            "nothing to show",
            code="missing-argument",
            hint="name runs, or show published results with --published or --reported",
        )
    refuse_over_inputs("--out", out, *paths, *benchmark)
    runs, columns = _runs(paths, models, benchmark, groups, **reading)
    several = has_several_benchmarks(runs)
    if several:
        result = benchmarks_table(runs, results, scorer)
    else:
        result = systems_table(runs, results, scorer=scorer, columns=columns)
    if figures is not None:
        if several:
            raise UsageError(
                "--figures draws runs of one benchmark", code="different-benchmarks", argument="figures"
            )
        from mmar.reports.systems_figures import write_table_figures

        print_written(write_table_figures(result, figures))
    text = render(result, output_format, display())
    if out is not None:
        write_atomic(out, text)
    elif output_format == "text":
        print_table(text)
    else:
        click.echo(text, nl=False)


def _runs(
    paths: tuple[Path, ...],
    models: tuple[str, ...],
    benchmarks: tuple[str, ...],
    groups: str,
    **reading: Any,
) -> tuple[list[RunRow], tuple[str, ...]]:
    """The runs, scored, and the columns of groups."""
    from mmar.reports.systems_table import run_row
    from mmar.scoring.score import score_task

    names = _for_each(paths, models, "--as", "model")
    results = []
    for path, name, benchmark in zip(paths, names, _for_each(paths, benchmarks, "--benchmark"), strict=True):
        task = scoring_task(path, benchmark, keep="all", **reading)
        task = msgspec.structs.replace(task, model=None if task.manifest is not None else name)
        scored = score_task(task)
        print_skipped(scored.errors)
        results.append(run_row(path, scored, task.benchmark))
    if groups == "none":
        return results, ()
    named = dict.fromkeys(name for result in results for name in result.groups.get(groups, ()))
    return results, tuple(named) or (tuple(GROUP_SIZES) if groups == "modality" else ())


def _for_each(
    paths: tuple[Path, ...], values: tuple[str, ...], option: str, noun: str = "benchmark"
) -> tuple[str | None, ...]:
    """The value of a repeatable option for each file: the same for all, or its own."""
    if len(values) not in (0, 1, len(paths)):
        raise UsageError(
            f"{option} names {len(values)} {noun}s for {len(paths)} files",
            code="wrong-number",
            argument=option.lstrip("-"),
            hint="give one for all, or one for each",
        )
    return values if len(values) == len(paths) else (values or (None,)) * len(paths)
