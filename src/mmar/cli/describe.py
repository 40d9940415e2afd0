"""`mmar describe` and `mmar diff`: what one benchmark contains, and how two differ."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from mmar.cli import shared
from mmar.cli.output import display, print_json, print_lines, print_table, print_written, report_skipped
from mmar.inputs import find_benchmark
from mmar.items.diff import diff_benchmarks
from mmar.reports.benchmark_tables import describe_table, diff_lines, run_lines
from mmar.reports.describe import describe_benchmark
from mmar.reports.figures import write_figures
from mmar.scoring.both_editions import score_on_both
from mmar.scoring.editions import changed_keys


@click.command()
@click.argument("benchmark", metavar="BENCHMARK", shell_complete=shared.complete_benchmark)
@shared.audio_dir
@shared.figures(help="Draw modalities and categories as SVG, PDF and PNG.")
@shared.flag("--lenient", help="Skip bad records.")
@shared.json
def describe(
    benchmark: str, audio_dir: Path | None, figures: Path | None, lenient: bool, as_json: bool
) -> None:
    """Show what a benchmark contains: groups, languages, sources, choices, durations.

    \b
    Example:
      mmar describe demo
      mmar describe demo --figures figures
    """
    with report_skipped() as report:
        loaded = find_benchmark(benchmark, audio_dir=audio_dir, lenient=lenient, report=report)
    description = describe_benchmark(loaded)
    if figures is not None:
        print_written(write_figures(description, figures))
    if as_json:
        print_json(description.to_json())
        return
    print_table(describe_table(description, display()))


@click.command()
@click.argument("first", metavar="A", shell_complete=shared.complete_benchmark)
@click.argument("second", metavar="B", shell_complete=shared.complete_benchmark)
@shared.run_option("--runs", help="Score this run or file on both, and count answers with old keys.")
@shared.json
def diff(first: str, second: str, runs: tuple[Path, ...], as_json: bool) -> None:
    """Compare two benchmarks or editions: items added, removed and changed, by field.

    A and B are names (mmar@2025-05), files or folders, the earlier one first. With --runs also: the score on each, the
    items whose verdict differs, and how often the keys that B corrected are answered, against chance.

    \b
    Example:
      mmar diff demo demo
      mmar diff demo demo --runs runs/demo/baseline-listener
    """
    one, other = find_benchmark(first), find_benchmark(second)
    result = diff_benchmarks(one, other)
    changed = changed_keys(one, other)
    scored = [score_on_both(path, one, other, changed) for path in runs]
    if as_json:
        print_json(
            {
                "first": first,
                "second": second,
                "digests": [one.digest, other.digest],
                "by_field": result.by_field,
                "added": result.added,
                "removed": result.removed,
                "changes": msgspec.to_builtins(result.changes),
                "runs": msgspec.to_builtins(scored),
            }
        )
        return
    print_lines(diff_lines(result, one, other, (first, second)))
    print_lines(run_lines(scored, result, display()))
