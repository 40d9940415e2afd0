"""What a benchmark's checks look at: the records, and what else is known of them.

An audit measures no clips, runs no models and opens no links itself: the results of `mmar.audit.sounds`, of runs and of
`mmar.audit.links` are arguments. A check whose material is missing is skipped, and the report says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import msgspec

from mmar.audit.links import Link
from mmar.errors import InputError
from mmar.items import Item
from mmar.items.timestamps import Segment, parse_timestamp
from mmar.protocols.reading.labels import joins
from mmar.protocols.reading.text import loose, normalise, plain

if TYPE_CHECKING:
    from mmar.audit.sounds import Sound


class Unheard(msgspec.Struct, frozen=True):
    """A run without audio: whether its answer to each item was right, by id; items not run are left out."""

    name: str
    right: Mapping[str, bool]


class SystemRun(msgspec.Struct, frozen=True):
    """A run of one system, for item analysis; by the item's id, items not run are left out.

    Attributes:
        right: whether its answer was right.
        named: the 0-based choice that it named; `None` where it named none.
    """

    name: str
    right: Mapping[str, bool]
    named: Mapping[str, int | None]


class Subject(msgspec.Struct, frozen=True, dict=True):
    """A benchmark under audit.

    Attributes:
        items: the records that could be read, in published order.
        faults: why the others could not.
        sounds: measurements of each clip, by `audio_path`; `None` where clips were not measured.
        links: result of each address; `None` where links were not checked.
    """

    items: tuple[Item, ...]
    faults: tuple[InputError, ...] = ()
    sounds: Mapping[str, Sound] | None = None
    unheard: tuple[Unheard, ...] = ()
    links: Mapping[str, Link] | None = None
    systems: tuple[SystemRun, ...] = ()

    @property
    def has(self) -> frozenset[str]:
        """The available material, as `mmar.audit.check.Need` names it."""
        available = {
            "records": True,
            "audio": self.sounds is not None,
            "unheard": bool(self.unheard),
            "network": self.links is not None,
            "systems": len(self.systems) > 1,
        }
        return frozenset(name for name, is_available in available.items() if is_available)

    @cached_property
    def keyed(self) -> tuple[tuple[Item, str], ...]:
        """The items with choices and a published answer, each with that answer."""
        answers = ((item, item.answer) for item in self.items)
        return tuple(
            (item, answer) for item, answer in answers if answer is not None and answer in item.choices
        )

    @cached_property
    def segments(self) -> dict[str, tuple[Segment, ...]]:
        """The parts that each clip was cut from, by the item's id, where the timestamp can be read."""
        result = {}
        for item in self.items:
            if item.timestamp:
                try:
                    result[item.id] = parse_timestamp(item.timestamp)
                except InputError:
                    continue
        return result

    @cached_property
    def by_id(self) -> dict[str, Item]:
        """The items by their id."""
        return {item.id: item for item in self.items}


_STRAY = re.compile(r"^\s+|\s+$|\s{2,}|[^\S ]")
_AROUND = 24


@lru_cache(maxsize=8192)
def normal_form(text: str) -> str:
    """A normal form: texts that differ in case, quotes, dashes, white space or final punctuation have the same."""
    return loose(plain(normalise(text)[0]))


def contains_phrase(text: str, phrase: str) -> bool:
    """Whether a text contains a phrase as whole words.

    In scripts without spaces, every character is a word boundary.

    Example:
        >>> contains_phrase('He is "Not Amused"!', "not amused."), contains_phrase("Notes", "no")
        (True, False)
    """
    wanted, within = normal_form(phrase), plain(normalise(text)[0])
    index = within.find(wanted) if wanted else -1
    while index >= 0:
        before, after = within[index - 1 : index], within[index + len(wanted) : index + len(wanted) + 1]
        if not ((joins(before) and joins(wanted[0])) or (joins(wanted[-1]) and joins(after))):
            return True
        index = within.find(wanted, index + 1)
    return False


def quoted(text: str, limit: int = 60) -> str:
    """A text in quotation marks on one line, shortened for a message."""
    line = text.replace("\n", "⏎").replace("\t", "⇥")
    return f'"{line}"' if len(line) <= limit else f'"{line[: limit - 1]}…"'


def find_stray_space(text: str) -> str | None:
    """The first superfluous white space, in its context; `None` if there is none.

    Example:
        >>> find_stray_space("Connor "), find_stray_space("two words")
        ('"Connor␣"', None)
    """
    match = _STRAY.search(text)
    if match is None:
        return None
    start, end = match.span()
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    marks = "".join({"\n": "⏎", "\t": "⇥"}.get(mark, "␣") for mark in match[0])
    left = "…" if start > _AROUND else ""
    right = "…" if end + _AROUND < len(text) else ""
    return f'"{left}{before}{marks}{after}{right}"'.replace("\n", "⏎")
