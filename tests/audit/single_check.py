"""Runs of single checks on small benchmarks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mmar.audit import CHECKS, Outcome, Subject, run_checks
from mmar.items import Item

Maker = Callable[..., Item]
CLEAN = 12


def run_check(code: str, items: list[Item] | tuple[Item, ...], **more: Any) -> Outcome:
    subject = Subject(tuple(items), **more)
    (result,), _ = run_checks(subject, [check for check in CHECKS if check.code == code], subject.has)
    return result


def spoiled(item: Maker, *changes: dict[str, Any]) -> list[Item]:
    """A clean benchmark of which the first items are changed."""
    return [item(index, **(changes[index] if index < len(changes) else {})) for index in range(CLEAN)]


def many(item: Maker, count: int, **fields: Callable[[int], Any]) -> list[Item]:
    return [item(index, **{name: value(index) for name, value in fields.items()}) for index in range(count)]
