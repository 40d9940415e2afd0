"""`mmar read`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mmar.cli.options import json_option, protocol_option, reading_option
from mmar.cli.terminal import display, print_json, print_table

if TYPE_CHECKING:
    from mmar.protocols.reading import Reading

__all__ = ["read"]


@click.command()
@click.argument("answer", metavar="ANSWER")
@click.option(
    "--choices",
    "-c",
    "choices",
    metavar="TEXT",
    multiple=True,
    required=True,
    help="A choice; repeat for each.",
)
@protocol_option("Read the answer by this protocol.")
@reading_option
@click.option("--finish-reason", metavar="WORD", help="How the answer ended, such as length.")
@json_option
def read(
    answer: str,
    choices: tuple[str, ...],
    protocol: str | None,
    reading: str | None,
    finish_reason: str | None,
    as_json: bool,
) -> None:
    """Read which choice an answer names, with the reason.

    ANSWER is the model's text, or - to read it from standard input.

    \b
    Example:
      mmar read "It is not wind. Answer: A" --choices Rain --choices Wind
    """
    from mmar.api import read_choice

    text = sys.stdin.read() if answer == "-" else answer
    result = read_choice(text, choices, protocol=protocol, reading=reading, finish_reason=finish_reason)
    if as_json:
        print_json(_to_dict(result, choices))
        return
    from mmar.reports.tables import facts

    pairs: list[tuple[str, str]] = [("state", result.state)]
    if result.index is not None:
        pairs.append(("choice", f"{chr(65 + result.index)}. {choices[result.index]}"))
    pairs += [("reason", result.reason), ("rule", result.rule)]
    print_table("".join(f"{line}\n" for line in facts(pairs, display())))


def _to_dict(result: Reading, choices: tuple[str, ...]) -> dict[str, object]:
    return {
        "state": result.state,
        "index": result.index,
        "choice": None if result.index is None else choices[result.index],
        "rule": result.rule,
        "reason": result.reason,
        "start": result.start,
        "end": result.end,
    }
