"""`mmar check`: a model on generated clips, before a run."""

from __future__ import annotations

import sys
from typing import Any

import click

from mmar.cli.options import complete_model, protocol_option, via_option
from mmar.cli.terminal import display, parse_pairs, print_json, print_table
from mmar.protocols import DEFAULT

__all__ = ["check"]

_ABOVE_ZERO = click.FloatRange(0, min_open=True)


@click.command()
@click.argument("model", metavar="MODEL", shell_complete=complete_model)
@click.option("--quick", is_flag=True, help="Send only one request.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)
@protocol_option(f"How to put the questions. [default: {DEFAULT}]")
@click.option("--temperature", type=click.FloatRange(0), metavar="T", help="Sampling temperature.")
@click.option("--top-p", type=click.FloatRange(0, 1), metavar="P", help="Nucleus sampling mass.")
@click.option(
    "--max-tokens", type=click.IntRange(1), metavar="N", help="Maximum number of tokens of an answer."
)
@click.option("--base-url", "base_urls", multiple=True, metavar="URL", help="Address of a server.")
@click.option(
    "--option", "options", multiple=True, metavar="KEY=VALUE", help="Option of the adapter. Repeatable."
)
@via_option
@click.option("--gpus", metavar="0,1,...", help="Run a copy of the program on each GPU.")
@click.option("--worker", "workers", multiple=True, metavar="COMMAND", help="A worker. Repeatable.")
@click.option("--concurrency", "-c", type=click.IntRange(1, 4096), metavar="N", help="Requests in flight.")
@click.option(
    "--timeout",
    type=_ABOVE_ZERO,
    default=300.0,
    show_default=True,
    metavar="S",
    help="Seconds to wait for one answer.",
)
def check(model: str, quick: bool, output_format: str, options: tuple[str, ...], **others: Any) -> None:
    """Check a model with generated clips, before a run: whether it answers and what it hears.

    Sends 21 requests over clips of known content, with the same options as "mmar run", and shows a request, every
    reply with its reading, and a verdict for each property (see docs/check.md). Exit status 0: no check failed;
    1: a check failed.

    \b
    Example:
      mmar check baseline/listener --quick
      mmar check baseline/random --format json

    A server is checked by mmar check openai/NAME --base-url http://localhost:8000/v1.
    """
    import msgspec

    import mmar
    from mmar.cli.progress import RunProgress
    from mmar.reports.check_table import check_lines

    adapter_options = {
        name: values[-1] for name, values in parse_pairs("--option", options, "audio_rate=16000").items()
    }
    with RunProgress(f"checking {model}", sys.stderr) as progress:
        report = mmar.check(model, quick=quick, progress=progress, options=adapter_options, **others)
    if output_format == "json":
        print_json({"passed": report.passed, **msgspec.to_builtins(report)})
    else:
        print_table("\n".join(check_lines(report, display())))
    if not report.passed:
        sys.exit(1)
