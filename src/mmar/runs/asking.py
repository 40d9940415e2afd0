"""What a session asks: which items, under how many rotations of their choices, how often."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from mmar.errors import UsageError
from mmar.items import Benchmark, Item
from mmar.protocols import Protocol, Request, Settings
from mmar.runs.conditions import Condition, clip_under
from mmar.runs.ledger import Slot

__all__ = ["Asking", "matching", "rotate", "select", "slots_of"]


class Asking(msgspec.Struct, frozen=True):
    """How each item is asked.

    Attributes:
        protocol: how questions are put.
        settings: generation settings, the protocol's own unless given.
        condition: what is heard.
        rotations: ask under so many rotations of the choices; 0 for as many as an item has choices.
        repeats: so many samples of each.
    """

    protocol: Protocol
    settings: Settings
    condition: Condition = "full"
    rotations: int = 1
    repeats: int = 1

    def request(
        self, benchmark: Benchmark, item: Item, slot: Slot, *, uses_audio: bool, others: Mapping[str, str]
    ) -> Request:
        """The request that fills a slot; under a control condition with the clip that it is made from."""
        _, rotation, repeat = slot
        audio = clip_under(self.condition, benchmark, item, others) if uses_audio else None
        put = msgspec.structs.replace(item, choices=rotate(item.choices, rotation)) if rotation else item
        request = self.protocol.request(put, audio, self.settings)
        if repeat and self.settings.seed is not None:
            # The same seed would give the same sample.
            settings = msgspec.structs.replace(self.settings, seed=self.settings.seed + repeat)
            request = msgspec.structs.replace(request, settings=settings)
        return (
            msgspec.structs.replace(request, rotation=rotation, repeat=repeat)
            if rotation or repeat
            else request
        )


def rotate(choices: tuple[str, ...], places: int) -> tuple[str, ...]:
    """The choices moved so many places to the left: the choice at 0 was at `places` before."""
    return choices[places:] + choices[:places]


def slots_of(item: Item, asking: Asking) -> Iterator[Slot]:
    """The slots that are asked of an item, the plain one first."""
    count = len(item.choices)
    rotations = count if asking.rotations == 0 else min(asking.rotations, count)
    for repeat in range(asking.repeats):
        for rotation in range(rotations):
            yield item.id, rotation, repeat


def select(benchmark: Benchmark, only: Mapping[str, tuple[str, ...]]) -> list[Item]:
    """The items of which every named field has one of the given values.

    Raises:
        UsageError: no item has the field, or none the value.
    """
    matches = matching(benchmark, only)
    return [item for item in benchmark if matches(item)]


def matching(benchmark: Benchmark, only: Mapping[str, tuple[str, ...]]) -> Callable[[Item], bool]:
    """What `select` selects by.

    Raises:
        UsageError: no item has the field, or none the value.
    """
    for field, values in only.items():
        known = {str(value) for item in benchmark if (value := item.to_record().get(field)) is not None}
        if not known:
            fields = ", ".join(benchmark.items[0].names)
            raise UsageError(f"--filter {field}: no item has that field; there are {fields}")
        for value in values:
            if value not in known:
                some = ", ".join(sorted(known)[:20])
                raise UsageError(f"--filter {field}={value}: no item has that value; there are {some}")

    def matches(item: Item) -> bool:
        if not only:
            return True
        record = item.to_record()
        return all(str(record.get(field)) in values for field, values in only.items())

    return matches
