"""`mmar run`."""

from __future__ import annotations

import gc
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mmar.api import cache_dir, load
from mmar.errors import UsageError
from mmar.protocols import DEFAULT

if TYPE_CHECKING:
    from mmar.items import Benchmark
    from mmar.runs.run import RunResult
    from mmar.runs.spec import RunSpec

__all__ = ["default_folder", "run", "run_and_report"]

_CONDITIONS = ("full", "none", "silence", "noise", "shuffled", "spectrum", "reversed", "mono")
_SECONDS = click.FloatRange(0, min_open=True)


@click.command()
@click.argument("model", metavar="MODEL")
@click.option(
    "--benchmark", "-b", metavar="NAME-OR-PATH", required=True, help="mmar, demo, or a metadata file."
)
@click.option("--audio-dir", type=click.Path(path_type=Path), metavar="DIR", help="Where the clips are.")
@click.option("--protocol", "-p", metavar="NAME-OR-FILE", help=f"How to put the questions.  [{DEFAULT}]")
@click.option(
    "--out", "-o", type=click.Path(path_type=Path), metavar="DIR", help="The run's folder.  [runs/…]"
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Ask at most so many items.")
@click.option("--filter", multiple=True, metavar="KEY=VALUE", help="Only items with this value. Repeatable.")
@click.option("--retry", type=click.Choice(["failed", "unresolved"]), help="Ask only these items again.")
@click.option(
    "--condition",
    type=click.Choice(_CONDITIONS),
    default="full",
    help="Control condition in place of the clip.",
)
@click.option("--rotate", metavar="K|all", help="Ask each item under K rotations of its choices.")
@click.option("--repeats", type=click.IntRange(1, 1000), default=1, metavar="K", help="Ask each K times.")
@click.option("--seed", type=int, default=0, show_default=True, help="Random seed.")
@click.option("--temperature", type=click.FloatRange(0), metavar="T", help="Sampling temperature.")
@click.option("--top-p", type=click.FloatRange(0, 1), metavar="P", help="Nucleus mass.")
@click.option("--max-tokens", type=click.IntRange(1), metavar="N", help="Most tokens of an answer.")
@click.option("--base-url", multiple=True, metavar="URL", help="A server; several share the load.")
@click.option(
    "--option", "options", multiple=True, metavar="KEY=VALUE", help="An option of the adapter; repeatable."
)
@click.option(
    "--concurrency", "-c", type=click.IntRange(1, 4096), metavar="N", help="Requests in flight.  [found]"
)
@click.option("--rate", type=_SECONDS, metavar="R", help="Most requests a second.")
@click.option("--token-rate", type=_SECONDS, metavar="T", help="Most tokens a minute.")
@click.option(
    "--max-attempts",
    type=click.IntRange(1, 100),
    default=5,
    show_default=True,
    help="Most requests for one item.",
)
@click.option(
    "--timeout", type=_SECONDS, default=300.0, show_default=True, metavar="S", help="Longest wait for one."
)
@click.option("--deadline", type=_SECONDS, metavar="S", help="Longest time for all; then go on later.")
@click.option("--budget", metavar="TOKENS|MONEY", help="500000tokens, 2Mtokens, or an amount such as 3.50.")
@click.option(
    "--prices", type=click.Path(path_type=Path), metavar="FILE", help="Your price table (docs/models.md)."
)
@click.option("--cache/--no-cache", default=False, help="Take answers that were paid for in another run.")
@click.option("--dry-run", is_flag=True, help="Say what would be asked and what it would cost; send nothing.")
@click.option("--lenient", is_flag=True, help="Leave bad records of the benchmark out.")
def run(model: str, benchmark: str, **given: Any) -> None:
    """Run a model on a benchmark, or continue a run.

    MODEL is a baseline (baseline/listener), ADAPTER/NAME (openai/gpt-4o-audio-preview, with --base-url for other
    servers), or a system that "mmar models" lists. Each answer is written to disk at once; the same command
    continues a run that was interrupted. Exit status 1: some items have no answer.

    \b
    Example:
      mmar run baseline/listener --benchmark demo
      mmar run baseline/listener --benchmark demo --condition silence
      mmar run baseline/random --benchmark demo --limit 10 --out runs/ten
    """
    loaded = load(
        benchmark,
        audio_dir=given["audio_dir"],
        lenient=given["lenient"],
        report=lambda error: click.echo(f"left out: {error.summary}", err=True),
        stored=True,
    )
    folder = given["out"] or default_folder(
        loaded.name, model, given["protocol"] or DEFAULT, given["condition"], given["seed"]
    )
    arguments = {
        "protocol": given["protocol"],
        "seed": given["seed"],
        "limit": given["limit"],
        "filter": _pairs(given["filter"], "--filter modality=speech"),
        "retry": given["retry"],
        "condition": given["condition"],
        "rotations": _rotations(given["rotate"]),
        "repeats": given["repeats"],
        "temperature": given["temperature"],
        "top_p": given["top_p"],
        "max_tokens": given["max_tokens"],
        "concurrency": given["concurrency"],
        "max_attempts": given["max_attempts"],
        "timeout": given["timeout"],
        "deadline": given["deadline"],
        "rate": given["rate"],
        "token_rate": given["token_rate"],
        "budget": given["budget"],
        "prices": given["prices"],
        "cache": cache_dir() / "answers.sqlite" if given["cache"] else None,
        "base_urls": given["base_url"],
        "options": {
            name: values[-1] for name, values in _pairs(given["options"], "--option audio_rate=16000").items()
        },
    }
    if given["dry_run"]:
        _dry_run(model, loaded, folder, arguments)
        return
    result = run_and_report(model, loaded, folder, **arguments)
    if result.counts.stopped == "interrupted":
        sys.exit(130)
    if result.stopped or result.selected_failed:
        sys.exit(1)


def run_and_report(model: str, benchmark: Benchmark, folder: Path, **arguments: Any) -> RunResult:
    """Run, with a progress bar on a terminal, and print a summary."""
    from mmar.api import open_for
    from mmar.cli.progress import RunProgress
    from mmar.reports.run_summary import run_plan_lines, run_summary
    from mmar.runs.run import execute

    spec = _spec(model, benchmark, folder, arguments)
    opened = open_for(spec)
    for line in run_plan_lines(spec):
        click.echo(line)
    gc.freeze()  # what is loaded by now stays; looking through it again and again would hold up the requests
    with RunProgress(f"{model} on {benchmark.name}", sys.stderr) as progress:
        result = execute(spec, opened, progress)
    for line in run_summary(result, folder, len(benchmark), benchmark.lost):
        click.echo(line)
    return result


def _spec(model: str, benchmark: Benchmark, folder: Path, arguments: dict[str, Any]) -> RunSpec:
    from mmar.runs.spec import RunSpec

    # Captions are shared by every reasoner, so they lie where every run finds them.
    captions = cache_dir() / "captions.sqlite"
    return RunSpec.create(model, benchmark, out=folder, captions=captions, **arguments)


def default_folder(benchmark: str, model: str, protocol: str, condition: str = "full", seed: int = 0) -> Path:
    """Where a run goes when nothing is said: `runs/BENCHMARK/MODEL`, with what is unusual of it behind."""
    unusual = [] if protocol == DEFAULT else [Path(protocol).stem]
    unusual += [] if condition == "full" else [condition]
    unusual += [f"seed{seed}"] if seed else []
    return Path("runs") / _plain(benchmark) / _plain("-".join([model, *unusual]))


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.+_-]+", "-", name).strip("-.") or "run"


def _pairs(pairs: tuple[str, ...], example: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"“{pair}”: expected KEY=VALUE, such as {example}")
        found.setdefault(name, []).append(value)
    return found


def _rotations(text: str | None) -> int:
    """How many rotations; 0 for all."""
    if text is None:
        return 1
    if text == "all":
        return 0
    if text.isdigit() and int(text) >= 1:
        return int(text)
    raise UsageError(f"--rotate {text}: expected a number from 1, or all")


def _dry_run(model: str, benchmark: Benchmark, folder: Path, arguments: dict[str, Any]) -> None:
    from mmar.reports.run_summary import dry_run_lines
    from mmar.runs.dry_run import dry_run

    spec = _spec(model, benchmark, folder, arguments)
    for line in dry_run_lines(dry_run(spec), spec.model, folder):
        click.echo(line)
