"""`mmar diff`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mmar.api import find_benchmark, score
from mmar.cli.options import complete_benchmark, json_option
from mmar.cli.terminal import print_json
from mmar.items.diff import BenchmarkDiff, diff_benchmarks

if TYPE_CHECKING:
    from mmar.items import Benchmark

__all__ = ["diff"]

_SHOWN = 20
_WIDTH = 60


@click.command()
@click.argument("first", metavar="A", shell_complete=complete_benchmark)
@click.argument("second", metavar="B", shell_complete=complete_benchmark)
@click.option(
    "--predictions",
    type=click.Path(exists=True, path_type=Path),
    metavar="FILE",
    help="A run or predictions file, to be scored on both.",
)
@json_option
def diff(first: str, second: str, predictions: Path | None, as_json: bool) -> None:
    """Compare two benchmarks or editions: items added, removed and changed, by field.

    A and B are names (mmar@2025-05), files or folders.

    \b
    Example:
      mmar diff demo demo
    """
    one, other = find_benchmark(first), find_benchmark(second)
    found = diff_benchmarks(one, other)
    scores = None if predictions is None else _scores(predictions, one, other)
    if as_json:
        about = {
            "first": first,
            "second": second,
            "digests": [one.digest, other.digest],
            "by_field": found.by_field,
        }
        lists = {
            "added": found.added,
            "removed": found.removed,
            "changes": msgspec.to_builtins(found.changes),
        }
        print_json({**about, **lists, "scores": scores})
        return
    for line in _lines(found, one, other, first, second):
        click.echo(line)
    if scores is not None:
        for label, values in zip((first, second), scores["percent"], strict=True):
            click.echo(f"score on {label}: official {values['official']:.1f}, choice {values['choice']:.1f}")
        for item in scores["items"]:
            click.echo(f"  {item['id']}: {', '.join(item['changes'])}")


def _lines(found: BenchmarkDiff, one: Benchmark, other: Benchmark, first: str, second: str) -> list[str]:
    lines = [f"A {first}: {len(one):,} items, digest {one.digest[:8]}"]
    lines.append(f"B {second}: {len(other):,} items, digest {other.digest[:8]}")
    if found.same_score:
        lines.append("every run scores the same on both")
    for title, ids in (("only in B", found.added), ("only in A", found.removed)):
        if ids:
            more = f" and {len(ids) - _SHOWN:,} more" if len(ids) > _SHOWN else ""
            lines.append(f"{title}: {len(ids):,} ({', '.join(ids[:_SHOWN])}{more})")
    lines += [f"{name} differs: {count:,} item{'s' * (count != 1)}" for name, count in found.by_field.items()]
    for change in found.scored_changes[:_SHOWN]:
        lines += [
            f"  {change.id} {change.field}",
            f"    A {_short(change.before)}",
            f"    B {_short(change.after)}",
        ]
    if len(found.scored_changes) > _SHOWN:
        lines.append(f"  and {len(found.scored_changes) - _SHOWN:,} more; --json lists all")
    return lines


def _scores(predictions: Path, one: Benchmark, other: Benchmark) -> dict[str, Any]:
    """The score on both benchmarks, and the items whose verdict differs."""
    results = [score(predictions, benchmark) for benchmark in (one, other)]
    verdicts = [{item.id: item for item in result.items} for result in results]
    items = []
    for item_id in verdicts[1]:
        if item_id in verdicts[0]:
            before, after = verdicts[0][item_id], verdicts[1][item_id]
            pairs = (("official", before.official, after.official), ("choice", before.choice, after.choice))
            changes = [f"{name} {_verdict(a)} on A, {_verdict(b)} on B" for name, a, b in pairs if a != b]
            if changes:
                items.append({"id": item_id, "changes": changes})
    percent = [{"official": each.official.accuracy, "choice": each.choice.accuracy} for each in results]
    return {"percent": percent, "items": items}


def _verdict(right: bool) -> str:
    return "right" if right else "wrong"


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"
