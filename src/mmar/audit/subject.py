"""What a benchmark's checks look at: the records, and what else is known of them.

The audit asks nobody for anything. Clips are heard, readings are made and links are tried elsewhere
(`mmar.audit.sounds`, a run, `mmar.audit.links`) and handed in; a check whose material is not here is skipped
and the report says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from mmar.audit.links import Link
from mmar.errors import InputError
from mmar.items import Item
from mmar.items.timestamps import Segment, parse_timestamp

if TYPE_CHECKING:
    from mmar.audit.sounds import Sound

__all__ = ["Subject", "SystemRun", "Unheard"]


class Unheard(msgspec.Struct, frozen=True):
    """A run that was not given the audio.

    Attributes:
        name: what to call it.
        right: by the item's id, whether its answer was right; items that it was not asked are left out.
    """

    name: str
    right: Mapping[str, bool]


class SystemRun(msgspec.Struct, frozen=True):
    """A run of one system, for item analysis.

    Attributes:
        name: what to call it.
        right: by the item's id, whether its answer was right; items that it was not asked are left out.
        named: by the item's id, the place of the choice that it named; `None` where it named none.
    """

    name: str
    right: Mapping[str, bool]
    named: Mapping[str, int | None]


class Subject(msgspec.Struct, frozen=True, dict=True):
    """A benchmark under audit.

    Attributes:
        items: the records that could be read, in published order.
        faults: why the others could not.
        sounds: what was found of each clip, by `audio_path`; `None` where nobody listened.
        unheard: runs without audio.
        links: what each address answered; `None` where nobody asked.
        systems: runs of different models.
    """

    items: tuple[Item, ...]
    faults: tuple[InputError, ...] = ()
    sounds: Mapping[str, Sound] | None = None
    unheard: tuple[Unheard, ...] = ()
    links: Mapping[str, Link] | None = None
    systems: tuple[SystemRun, ...] = ()

    @property
    def has(self) -> frozenset[str]:
        """What is here, in the words of `mmar.audit.check.Need`."""
        here = {
            "records": True,
            "audio": self.sounds is not None,
            "unheard": bool(self.unheard),
            "network": self.links is not None,
            "systems": len(self.systems) > 1,
        }
        return frozenset(name for name, is_here in here.items() if is_here)

    @cached_property
    def keyed(self) -> tuple[Item, ...]:
        """The items with choices and a published answer."""
        return tuple(item for item in self.items if item.answer in item.choices)

    @cached_property
    def segments(self) -> dict[str, tuple[Segment, ...]]:
        """The parts that each clip was cut from, by the item's id, where the timestamp can be read."""
        found = {}
        for item in self.items:
            if item.timestamp:
                try:
                    found[item.id] = parse_timestamp(item.timestamp)
                except InputError:
                    continue
        return found

    @cached_property
    def by_id(self) -> dict[str, Item]:
        """The items by their id."""
        return {item.id: item for item in self.items}
