"""`mmar merge`."""

from __future__ import annotations

from pathlib import Path

import click

from mmar.api import find_benchmark
from mmar.cli.options import audio_dir_option, benchmark_option

__all__ = ["merge"]


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("runs", type=click.Path(path_type=Path), nargs=-1, required=True)
@benchmark_option("The questions, where the runs' own cannot be found.")
@audio_dir_option
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
    from mmar.runs.merge import merge_runs, parts_of_one_run

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
    click.echo(f"signature   {manifest.signature_of().with_asked(merged.asked, n).long}")
