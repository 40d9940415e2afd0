"""`mmar read` and `mmar unresolved`: how answers are read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from mmar.api import read_choice
from mmar.cli import shared
from mmar.cli.output import check_items_option, display, print_json, print_result, print_table, write_items
from mmar.inputs import scoring_task
from mmar.reports.score_table import unresolved_table
from mmar.reports.tables import facts
from mmar.scoring.unresolved import find_unresolved


@click.command()
@click.argument("answer", metavar="ANSWER")
@shared.repeatable(
    "--choices", "-c", "choices", metavar="TEXT", required=True, help="A choice; repeat for each."
)
@shared.protocol(help="Read the answer by this protocol.")
@shared.reading
@click.option("--finish-reason", metavar="WORD", help="How the answer ended, such as length.")
@shared.json
def read(answer: str, choices: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Read which choice an answer names, with the reason.

    ANSWER is the model's text, or - to read it from standard input.

    \b
    Example:
      mmar read "It is not wind. Answer: A" --choices Rain --choices Wind
    """
    text = sys.stdin.read() if answer == "-" else answer
    result = read_choice(text, choices, **options)
    choice = None if result.index is None else choices[result.index]
    if as_json:
        print_json(
            {
                "state": result.state,
                "index": result.index,
                "choice": choice,
                "rule": result.rule,
                "reason": result.reason,
                "start": result.start,
                "end": result.end,
            }
        )
        return
    pairs: list[tuple[str, str]] = [("state", result.state)]
    if result.index is not None:
        pairs.append(("choice", f"{chr(65 + result.index)}. {choice}"))
    pairs += [("reason", result.reason), ("rule", result.rule)]
    print_table("".join(f"{line}\n" for line in facts(pairs, display())))


_FIELDS = ("id", "state", "shape", "reason", "answer", "prediction")


@click.command()
@click.argument("path", metavar="RUN-OR-FILE", type=click.Path(path_type=Path))
@shared.benchmark(help="The questions, for a file that holds answers only.")
@shared.key
@shared.protocol(help="Read the answers by this protocol.")
@shared.reading
@shared.lenient
@shared.json
@shared.items("Write a line for each answer that names no choice.")
def unresolved(path: Path, benchmark: str | None, as_json: bool, items: Path | None, **options: Any) -> None:
    """Group the answers that name no choice, with a count and an example each.

    \b
    Example:
      mmar unresolved runs/demo/baseline-listener
    """
    check_items_option(items, as_json, path, benchmark)
    result = find_unresolved(scoring_task(path, benchmark, **options))
    if items is not None:
        rows = ({field: getattr(item, field) for field in _FIELDS} for item in result.items)
        write_items(items, rows, _FIELDS)
    print_result(result, unresolved_table, as_json=as_json, items=items)
