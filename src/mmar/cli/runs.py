"""`mmar runs` and `mmar merge`: the runs in a folder, and parts of one run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mmar.api import score
from mmar.cli import shared
from mmar.cli.output import display, print_json, print_table
from mmar.errors import MmarError, UsageError
from mmar.inputs import find_benchmark
from mmar.reports.run_list import find_runs
from mmar.reports.tables import count, draw, join_blocks
from mmar.runs.merge import merge_runs, parts_of_one_run

if TYPE_CHECKING:
    from mmar.reports.run_list import RunInfo
    from mmar.scoring import Score


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default="runs")
@click.option("--score/--no-score", "scored", default=True, help="Score the runs, too.", show_default=True)
@shared.json
def runs(folder: Path, scored: bool, as_json: bool) -> None:
    """List the runs in a folder: state, answered items, accuracies.

    FOLDER is searched with the folders below it; the default is runs.

    \b
    Example:
      mmar runs
      mmar runs runs/demo --no-score
    """
    if not folder.is_dir():
        raise UsageError(
            f"there is no folder {folder}", code="no-such-folder", hint="mmar run makes runs in runs/"
        )
    rows = [(info, _score(info) if scored else None) for info in find_runs(folder)]
    if as_json:
        print_json([_record(info, score) for info, score in rows])
        return
    if not rows:
        click.echo(f"no runs in {folder}")
        return
    columns = ("RUN", "STATE", ">ANSWERED", *([">OFFICIAL", ">CHOICE"] if scored else []))
    cells = [_cells(info, score, folder)[: len(columns)] for info, score in rows]
    problems = [f"{info.path}: {info.problem}" for info, _ in rows if info.problem]
    total = f"{count(len(rows), 'run')} in {folder}"
    print_table(join_blocks([*draw(columns, cells, display()), *problems], [total]))


def _score(info: RunInfo) -> Score | None:
    """The score of a run, where it has answers and its benchmark is available."""
    if info.manifest is None or not info.answered:
        return None
    try:
        return score(info.path)
    except MmarError:
        return None


def _cells(info: RunInfo, score: Score | None, folder: Path) -> tuple[str, ...]:
    numbers = ("–", "–")
    if score is not None:
        numbers = (f"{score.official.accuracy:.1f}", f"{score.choice.accuracy:.1f}")
    name = str(info.path.relative_to(folder)) if info.path != folder else info.path.name
    return (name, info.state, f"{info.answered:,}/{info.n:,}", *numbers)


def _record(info: RunInfo, score: Score | None) -> dict[str, Any]:
    record: dict[str, Any] = {
        "path": str(info.path),
        "state": info.state,
        "answered": info.answered,
        "n": info.n,
        "problem": info.problem,
    }
    if info.manifest is not None:
        record |= {
            "model": info.manifest.model,
            "benchmark": info.manifest.benchmark.name,
            "protocol": info.manifest.protocol.label,
            "condition": info.manifest.condition,
            "seed": info.manifest.seed,
        }
    if score is not None:
        record |= {
            "official": score.official.accuracy,
            "choice": score.choice.accuracy,
            "signature": str(score.signature),
        }
    return record


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("runs", type=click.Path(path_type=Path), nargs=-1, required=True)
@shared.benchmark(help="The questions, where the runs' own cannot be found.")
@shared.audio_dir
def merge(out: Path, runs: tuple[Path, ...], benchmark: str | None, audio_dir: Path | None) -> None:
    """Merge parts of one run, such as shards, into one folder.

    OUT is a new folder, or an earlier merge to which parts are added. The parts must be of one run: the same
    model, protocol, condition, settings, seed and benchmark. Nothing is changed in RUNS.

    \b
    Example:
      mmar run baseline/random --benchmark demo --shard 0/2 --out runs/shard-0
      mmar run baseline/random --benchmark demo --shard 1/2 --out runs/shard-1
      mmar merge runs/merged runs/shard-0 runs/shard-1
    """
    manifest = parts_of_one_run(runs)
    loaded = find_benchmark(benchmark or manifest.benchmark.origin, audio_dir=audio_dir)
    merged = merge_runs(out, runs, loaded)
    n = manifest.benchmark.n
    click.echo(f"merged      {len(runs):,} runs, {merged.lines:,} lines of the ledger")
    click.echo(f"answered    {merged.answered:,} of {n:,} items")
    if merged.failures:
        click.echo(
            f"to do       {merged.failures:,} requests failed; the mmar run command with --out {out} asks again"
        )
    click.echo(f"run         {out}")
    click.echo(f"signature   {manifest.signature_of().for_part(merged.requested, n).long}")
