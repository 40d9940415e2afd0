"""Comparison of two benchmarks, such as two editions of one: items added, removed and changed, by field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import msgspec

from mmar.items.benchmark import Benchmark
from mmar.items.item import FIELDS, Item

SCORED_FIELDS = ("question", "choices", "answer", "modality", "category", "sub-category")
"""The fields that a score depends on."""


class FieldChange(msgspec.Struct, frozen=True):
    """One field of one item that differs: the publisher's name, and both values; `None` where it is absent."""

    id: str
    field: str
    before: Any
    after: Any


class BenchmarkDiff(msgspec.Struct, frozen=True, dict=True):
    """The differences between two benchmarks, by their names; `added` and `removed` are ids."""

    first: str
    second: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changes: tuple[FieldChange, ...]

    @cached_property
    def by_field(self) -> Mapping[str, int]:
        """Number of items that differ in each field, those that a score depends on first."""
        counts = Counter(change.field for change in self.changes)
        order = {name: rank for rank, name in enumerate((*SCORED_FIELDS, *FIELDS))}
        return {
            name: counts[name]
            for name in sorted(counts, key=lambda name: (order.get(name, len(order)), name))
        }

    @property
    def scored_changes(self) -> tuple[FieldChange, ...]:
        """The changes that a score depends on."""
        return tuple(change for change in self.changes if change.field in SCORED_FIELDS)

    @property
    def same_score(self) -> bool:
        """Whether every run scores the same on both."""
        return not (self.added or self.removed or self.scored_changes)


def diff_benchmarks(first: Benchmark, second: Benchmark) -> BenchmarkDiff:
    """Compare two benchmarks item by item, by their ids."""
    changes = [
        change for item in second if item.id in first.by_id for change in _changes(first.by_id[item.id], item)
    ]
    return BenchmarkDiff(
        first.name,
        second.name,
        tuple(item.id for item in second if item.id not in first.by_id),
        tuple(item.id for item in first if item.id not in second.by_id),
        tuple(changes),
    )


def _changes(before: Item, after: Item) -> list[FieldChange]:
    one, other = _fields(before), _fields(after)
    names = dict.fromkeys((*one, *other))
    return [
        FieldChange(after.id, name, one.get(name), other.get(name))
        for name in names
        if one.get(name) != other.get(name)
    ]


def _fields(item: Item) -> dict[str, Any]:
    """An item's fields, each under its name in MMAR, whichever spelling the record has."""
    spellings = {attribute: name for name, attribute in reversed(FIELDS.items())}
    return {spellings.get(FIELDS.get(name, ""), name): value for name, value in item.to_record().items()}
