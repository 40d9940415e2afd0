"""What a run holds beyond one answer an item: rotations of the choices, and repeats.

A question under rotation r shows the choices moved r places to the left, so the choice that stands at i there
is the original one at (i + r) mod n (`mmar.runs.keys.rotate`). Here each answer is read against the choices
as they were shown, and the place named is mapped back. What was planned is told by the run's sessions, so that
a question that was never put, or got no answer, still counts as one without an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from mmar.items import Benchmark, Item
from mmar.protocols import ReadingRule, read
from mmar.runs.keys import RequestKey, rotate
from mmar.runs.spec import select

if TYPE_CHECKING:
    from mmar.models import Answer
    from mmar.runs.manifest import Manifest

__all__ = ["ItemSlots", "slot_readings"]


class ItemSlots(msgspec.Struct, frozen=True):
    """One item with all that was asked of it.

    Attributes:
        item: as published.
        rotations: under how many rotations of its choices it was to be asked.
        repeats: how often it was to be asked.
        named: for each rotation and repeat that was answered the original place of the choice named, counting
            from 0, `None` where the answer names none. A failure is no answer.
    """

    item: Item
    rotations: int
    repeats: int
    named: Mapping[tuple[int, int], int | None]

    def choice(self, rotation: int, repeat: int) -> str | None:
        """The text of the choice named, `None` where there is none."""
        at = self.named.get((rotation, repeat))
        return None if at is None else self.item.choices[at]

    def answered(self, rotation: int, repeat: int) -> bool:
        """Whether an answer came."""
        return (rotation, repeat) in self.named


def slot_readings(
    benchmark: Benchmark,
    manifest: Manifest,
    answers: Mapping[RequestKey, tuple[int, Answer]],
    rule: ReadingRule | None,
) -> tuple[ItemSlots, ...]:
    """Read every answer of a run, with the items that were to be asked more than once.

    Args:
        benchmark: the questions.
        manifest: of the run; its sessions say what was to be asked.
        answers: line and answer by slot, as `mmar.runs.ledger.latest` gives them.
        rule: how to read an answer.

    Returns:
        The items asked more than once, in the benchmark's order.
    """
    named: dict[str, dict[tuple[int, int], int | None]] = {}
    most = _planned(benchmark, manifest)
    for (item_id, rotation, repeat), (_, answer) in answers.items():
        if item_id not in benchmark.by_id:
            continue
        before = most.get(item_id, (1, 1))
        most[item_id] = max(before[0], rotation + 1), max(before[1], repeat + 1)
        if answer.failure is None:
            place = _original_place(benchmark[item_id], rotation, answer.text, rule)
            named.setdefault(item_id, {})[rotation, repeat] = place
    return tuple(
        ItemSlots(item, *most[item.id], named.get(item.id, {}))
        for item in benchmark
        if most.get(item.id, (1, 1)) != (1, 1)
    )


def _original_place(item: Item, rotation: int, text: str, rule: ReadingRule | None) -> int | None:
    at = read(text, rotate(item.choices, rotation), rule).index
    return None if at is None else (at + rotation) % len(item.choices)


def _planned(benchmark: Benchmark, manifest: Manifest) -> dict[str, tuple[int, int]]:
    """The most rotations and repeats that any session was to ask of each item."""
    most: dict[str, tuple[int, int]] = {}
    for item, rotations, repeats in _session_plans(benchmark, manifest):
        before = most.get(item.id, (1, 1))
        count = len(item.choices)
        most[item.id] = (
            max(before[0], count if rotations == 0 else min(rotations, count)),
            max(before[1], repeats),
        )
    return most


def _session_plans(benchmark: Benchmark, manifest: Manifest) -> Iterator[tuple[Item, int, int]]:
    for session in manifest.sessions:
        rotations, repeats = session.rotations, session.repeats
        # A session that asks failures again asks nothing that was not planned before.
        if (rotations, repeats) == (1, 1) or session.retry is not None:
            continue
        for item in select(benchmark, session.filter)[: session.limit]:
            yield item, rotations, repeats
