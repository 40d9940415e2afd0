"""`mmar run`."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mmar.errors import UsageError
from mmar.library import load
from mmar.protocols import DEFAULT

if TYPE_CHECKING:
    from mmar.items import Benchmark
    from mmar.runs.run import Outcome

__all__ = ["default_folder", "run", "run_and_report"]


@click.command()
@click.argument("model", metavar="MODEL")
@click.option(
    "--benchmark", "-b", metavar="NAME-OR-PATH", required=True, help="mmar, demo, or a metadata file."
)
@click.option("--audio-dir", type=click.Path(path_type=Path), metavar="DIR", help="Where the clips are.")
@click.option(
    "--protocol",
    "-p",
    default=DEFAULT,
    show_default=True,
    metavar="NAME-OR-FILE",
    help="How to put the questions.",
)
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The run's folder.  [runs/BENCHMARK/MODEL]",
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Ask at most so many items.")
@click.option(
    "--only", multiple=True, metavar="KEY=VALUE", help="Ask only items with this value; may be given again."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything drawn at random.")
@click.option(
    "--concurrency",
    "-c",
    type=click.IntRange(1, 4096),
    default=8,
    show_default=True,
    help="Most requests in flight.",
)
@click.option(
    "--base-url", multiple=True, metavar="URL", help="An OpenAI-compatible server; several share the load."
)
@click.option(
    "--tries", type=click.IntRange(1, 100), default=5, show_default=True, help="Most requests for one item."
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=300.0,
    show_default=True,
    metavar="S",
    help="Longest wait for one answer.",
)
@click.option("--again", type=click.Choice(["failed"]), help="Ask only the items that failed.")
@click.option("--lenient", is_flag=True, help="Leave bad records of the benchmark out.")
def run(
    model: str,
    benchmark: str,
    audio_dir: Path | None,
    protocol: str,
    out: Path | None,
    limit: int | None,
    only: tuple[str, ...],
    seed: int,
    concurrency: int,
    base_url: tuple[str, ...],
    tries: int,
    timeout: float,
    again: str | None,
    lenient: bool,
) -> None:
    """Run a model on a benchmark, or go on with a run.

    MODEL is baseline/random, baseline/longest, baseline/listener, or openai/NAME for OpenAI and every
    compatible server. Each answer is on disk before it is counted; the same command after a crash asks only
    what has no answer.

    \b
    Example:
      mmar run baseline/listener --benchmark demo
      mmar run openai/gpt-4o-audio-preview --benchmark mmar --concurrency 16
      mmar run openai/Qwen/Qwen2.5-Omni-7B --benchmark mmar --base-url http://localhost:8000/v1
    """
    loaded = load(
        benchmark,
        audio_dir=audio_dir,
        lenient=lenient,
        report=lambda error: click.echo(f"left out: {error}", err=True),
    )
    folder = out or default_folder(loaded.name, model, protocol)
    from mmar.runs.engine import Limits

    outcome = run_and_report(
        model,
        loaded,
        folder,
        protocol=protocol,
        seed=seed,
        limit=limit,
        only=_only(only),
        again=again,
        limits=Limits(concurrency=concurrency, tries=tries, timeout_s=timeout),
        base_urls=base_url,
    )
    if outcome.stopped:
        sys.exit(130)


def run_and_report(model: str, benchmark: Benchmark, folder: Path, **options: Any) -> Outcome:
    """Run, with a progress bar on a terminal, and say what came of it."""
    from mmar.cli.progress import RunProgress
    from mmar.library import run as run_model

    with RunProgress(f"{model} on {benchmark.name}", sys.stderr) as progress:
        outcome = run_model(model, benchmark, out=folder, progress=progress, **options)
    for line in _report(outcome, folder, len(benchmark)):
        click.echo(line)
    return outcome


def default_folder(benchmark: str, model: str, protocol: str) -> Path:
    """Where a run goes when nothing is said: `runs/BENCHMARK/MODEL`, another protocol's name behind it."""
    name = model if protocol == DEFAULT else f"{model}-{Path(protocol).stem}"
    return Path("runs") / _plain(benchmark) / _plain(name)


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.+_-]+", "-", name).strip("-.") or "run"


def _only(pairs: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pair in pairs:
        field, equals, value = pair.partition("=")
        if not equals or not field:
            raise UsageError(f"--only {pair}: expected KEY=VALUE, such as modality=speech")
        found.setdefault(field, []).append(value)
    return found


def _report(outcome: Outcome, folder: Path, n: int) -> Iterator[str]:
    counts = outcome.counts
    if outcome.repaired:
        yield f"repaired    a torn last line ({outcome.repaired} bytes) was cut off; its item was asked again"
    if outcome.before:
        yield f"went on     {outcome.before:,} of {n:,} items had an answer already"
    failed = "".join(f", {count:,} failed ({kind})" for kind, count in sorted(counts.failed.items()))
    yield f"asked       {outcome.asked:,}: {counts.answered:,} answered{failed}"
    if outcome.stopped:
        yield f"stopped     {outcome.asked - counts.done:,} were not asked; the same command goes on"
    elif outcome.failed:
        yield f"to do       {outcome.failed:,} only failed so far; the same command asks them again"
    if outcome.answered < n:
        yield f"so far      {outcome.answered:,} of {n:,} items are answered"
    yield f"run         {folder}"
    yield f"signature   {outcome.manifest.line}"
    yield f"next        mmar score {shlex.quote(str(folder))}"
