"""`mmar check`: a model on generated clips, before a run."""

from __future__ import annotations

import sys
from typing import Any

import click

from mmar.cli.options import (
    adapter_option,
    base_url_option,
    complete_model,
    concurrency_option,
    gpus_option,
    max_tokens_option,
    protocol_option,
    temperature_option,
    timeout_option,
    top_p_option,
    via_option,
    worker_option,
)
from mmar.cli.terminal import display, print_json, print_table
from mmar.protocols import DEFAULT

__all__ = ["check"]


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
@temperature_option
@top_p_option
@max_tokens_option
@base_url_option("Address of a server.")
@adapter_option("Option of the adapter. Repeatable.")
@via_option
@gpus_option
@worker_option
@concurrency_option
@timeout_option("Seconds to wait for one answer.", 300.0)
def check(model: str, quick: bool, output_format: str, **others: Any) -> None:
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

    with RunProgress(f"checking {model}", sys.stderr) as progress:
        report = mmar.check(model, quick=quick, progress=progress, **others)
    if output_format == "json":
        print_json({"passed": report.passed, **msgspec.to_builtins(report)})
    else:
        print_table("\n".join(check_lines(report, display())))
    if not report.passed:
        sys.exit(1)
