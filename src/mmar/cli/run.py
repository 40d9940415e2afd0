"""`mmar run` and `mmar worker`."""

from __future__ import annotations

import gc
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mmar.cli import shared
from mmar.cli.output import external_errors, parse_pairs, print_lines, report_skipped
from mmar.cli.progress import run_progress
from mmar.inputs import cache_dir, find_benchmark, open_run_model
from mmar.protocols import DEFAULT
from mmar.runs.spec import RunSpec

if TYPE_CHECKING:
    from mmar.runs.engine import Counts

_CONDITIONS = ("full", "none", "silence", "noise", "shuffled", "spectrum", "reversed", "mono")


def _rotations(context: click.Context, parameter: click.Parameter, value: str) -> int | str:
    """A number from 1, or `all`."""
    if value == "all":
        return value
    if not (value.isdecimal() and int(value) >= 1):
        raise click.BadParameter(f'expected a number from 1, or "all", got "{value}"', context, parameter)
    return int(value)


@click.command()
@click.argument("model", metavar="MODEL", shell_complete=shared.complete_model)
@shared.benchmark(help="mmar, demo, or a metadata file.", required=True)
@shared.audio_dir
@shared.protocol(help=f"Prompt and answer-extraction rules. [default: {DEFAULT}]")
@shared.path_option("--out", "-o", metavar="DIR", help="Folder of the run. [default: runs/BENCHMARK/MODEL]")
@shared.number("--limit", help="Run at most N items.")
@shared.number("--sample", help="Run a stratified random sample; mmar score estimates the whole.")
@shared.gpus
@shared.worker
@click.option("--shard", metavar="I/N", help="One of N parts of the items, 0/N to N-1/N; see mmar merge.")
@shared.repeatable("--filter", "filters", metavar="KEY=VALUE", help="Only items whose field KEY is VALUE.")
@click.option(
    "--retry", type=click.Choice(["failed", "unresolved"]), help="Send only requests with this result again."
)
@shared.choice(
    "--condition",
    of=_CONDITIONS,
    help="Control condition; full has the real clips, none no audio.",
)
@click.option(
    "--rotate",
    "rotations",
    default="1",
    callback=_rotations,
    metavar="K|all",
    help="Send each item under K rotations of its choices.",
)
@shared.number("--repeats", most=1000, default=1, metavar="K", help="Send each item K times.")
@click.option("--seed", type=int, default=0, show_default=True, help="Random seed.")
@shared.temperature
@shared.top_p
@shared.max_tokens
@shared.base_url(help="Address of a server. Several share the load.")
@shared.adapter(help="Option of the adapter.")
@shared.via
@shared.concurrency
@shared.rate
@click.option("--token-rate", type=shared.ABOVE_ZERO, metavar="T", help="Maximum tokens per minute.")
@shared.attempts(help="Maximum requests for one answer.")
@shared.timeout(help="Seconds to wait for one answer.")
@click.option("--deadline", type=shared.ABOVE_ZERO, metavar="S", help="Seconds for the whole session.")
@shared.budget
@shared.prices
@click.option(
    "--until-decided",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="RUN",
    help="Stop when a sequential test (alpha 0.05) finds this run better or worse than RUN.",
)
@click.option(
    "--log-to",
    type=click.Choice(["wandb", "trackio"]),
    help="Log the scored run to Weights & Biases or trackio when it ends.",
)
@click.option("--cache/--no-cache", default=False, help="Reuse answers of other runs to the same requests.")
@shared.flag("--dry-run", help="Show the number of requests and their cost; send nothing.")
@shared.flag("--lenient", help="Skip bad records of the benchmark.")
def run(
    model: str,
    benchmark: str,
    audio_dir: Path | None,
    out: Path | None,
    filters: tuple[str, ...],
    until_decided: Path | None,
    log_to: Any,
    cache: bool,
    dry_run: bool,
    lenient: bool,
    **others: Any,
) -> None:
    """Run a model on a benchmark, or continue a run.

    MODEL is a baseline (baseline/listener), ADAPTER/NAME (openai/gpt-4o-audio-preview, with --base-url for other
    servers), or a preset that "mmar models" lists. Each answer is written to disk at once; the same command
    continues a run that was interrupted. Exit status 1: some items have no answer.

    \b
    Example:
      mmar run baseline/listener --benchmark demo
      mmar run baseline/listener --benchmark demo --condition silence
      mmar run baseline/random --benchmark demo --limit 10 --out runs/ten
    """
    if log_to is not None:
        from mmar.reports.exchange.item_tables import check_tracker

        check_tracker(log_to)
    with report_skipped() as report:
        loaded = find_benchmark(benchmark, audio_dir=audio_dir, lenient=lenient, report=report)
    folder = out or _default_folder(
        loaded.name, model, others["protocol"] or DEFAULT, others["condition"], others["seed"]
    )
    spec = RunSpec.create(
        model,
        loaded,
        out=folder,
        filter=parse_pairs("--filter", filters, "modality=speech"),
        cache=cache_dir() / "answers.sqlite" if cache else None,
        captions=cache_dir() / "captions.sqlite",  # shared by the cascades of all runs
        **others,
    )
    if dry_run:
        from mmar.reports.run_lines import dry_run_lines
        from mmar.runs.dry_run import dry_run as estimate

        print_lines(dry_run_lines(estimate(spec), spec.model, folder))
        return
    _execute(spec, model, folder, until_decided, log_to)


def _execute(spec: RunSpec, title: str, folder: Path, until_decided: Path | None, log_to: Any) -> None:
    """Run, with a progress bar on a terminal, print a summary, and exit with the run's status."""
    from mmar.reports.run_lines import run_plan_lines, run_summary
    from mmar.runs.run import execute
    from mmar.scoring.live_score import LiveComparison, LiveScore

    live = LiveScore(folder, spec.benchmark, spec.protocol.reading)
    comparison = None
    if until_decided is not None:
        comparison = LiveComparison(live, until_decided, spec.benchmark, spec.protocol.reading)
    model = open_run_model(spec)
    print_lines(run_plan_lines(spec))
    gc.freeze()  # what is loaded by now stays, and collecting it again would delay the requests
    title = f"{title} on {spec.benchmark.name}"
    with external_errors(), run_progress(title, sys.stderr, live) as progress:

        def show(total: int, counts: Counts) -> str | None:
            progress(total, counts)
            return comparison.reason_to_stop() if comparison is not None else None

        result = execute(spec, model, show)
    withheld = any(item.answer is None for item in spec.benchmark.closed)
    n, unreadable = len(spec.benchmark), spec.benchmark.unreadable
    print_lines(run_summary(result, folder, n, unreadable, withheld=withheld))
    if result.counts.stopped == "interrupted":
        sys.exit(130)
    if log_to is not None:
        from mmar.publishing import find_source
        from mmar.reports.exchange.item_tables import log_run

        with external_errors():  # the run is complete whether or not it can be logged
            log_run(find_source(folder, spec.benchmark), log_to)
    decided = comparison is not None and result.counts.stopped.startswith("decided")
    if (result.stopped and not decided) or result.selected_failed:
        sys.exit(1)


def _default_folder(benchmark: str, model: str, protocol: str, condition: str, seed: int) -> Path:
    """`runs/BENCHMARK/MODEL`, with what differs from the defaults appended."""
    parts = [model]
    parts += [] if protocol == DEFAULT else [Path(protocol).stem]
    parts += [] if condition == "full" else [condition]
    parts += [f"seed{seed}"] if seed else []
    return Path("runs") / _file_name(benchmark) / _file_name("-".join(parts))


def _file_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.+_-]+", "-", text).strip("-.") or "run"


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="--model NAME [OPTIONS]")
def worker(arguments: tuple[str, ...]) -> int:
    """Answer requests with local weights, for mmar run hf/NAME --worker on another host.

    "mmar run" adds the model and its options; --worker names only the command that reaches the host. The worker reads
    requests from standard input until it closes.

    \b
    Example:
      mmar worker --help
    """
    from mmar.models.local.weights.__main__ import main

    return main(list(arguments))
