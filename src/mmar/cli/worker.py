"""`mmar worker`."""

from __future__ import annotations

import click

__all__ = ["worker"]


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="--model NAME [OPTIONS]")
def worker(arguments: tuple[str, ...]) -> int:
    """Answer requests with local weights, for mmar run hf/NAME --worker on another host.

    The model and its options are added by "mmar run": name only how to reach the host. The worker reads requests from
    standard input until it closes.

    \b
    Example:
      mmar worker --help
    """
    from mmar.models.local.weights.__main__ import main

    return main(list(arguments))
