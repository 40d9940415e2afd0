"""Outcomes of single checks on small benchmarks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mmar.audit import CHECKS, Outcome, Subject, run_checks
from mmar.items import Item

Maker = Callable[..., Item]
CLEAN = 12


def outcome(code: str, items: list[Item] | tuple[Item, ...], **more: Any) -> Outcome:
    subject = Subject(tuple(items), **more)
    (found,), _ = run_checks(subject, [check for check in CHECKS if check.code == code], subject.has)
    return found


def spoiled(item: Maker, *changes: dict[str, Any]) -> list[Item]:
    """A clean benchmark of which the first items are changed."""
    return [item(at, **(changes[at] if at < len(changes) else {})) for at in range(CLEAN)]


def many(item: Maker, count: int, **fields: Callable[[int], Any]) -> list[Item]:
    return [item(at, **{name: value(at) for name, value in fields.items()}) for at in range(count)]
