"""Canonical names of systems: which spelling of a name means which system."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import msgspec

from mmar.models.presets import presets
from mmar.reports.published import PublishedResult, published_results

# Prefixes of models' names; what follows is the system. A baseline's prefix is part of its name.
_ADAPTERS = ("hf", "vllm", "sglang", "openai", "gemini", "command", "transformers")


class KnownSystem(msgspec.Struct, frozen=True):
    """A system with published results, those of the benchmark's own table first.

    Its name is the spelling of most sources; the aliases are all spellings of sources, hubs and presets.
    """

    id: str
    name: str
    aliases: tuple[str, ...]
    results: tuple[PublishedResult, ...]

    def fact(self, field: str) -> str:
        """The value of a field that most results state; empty if none does."""
        values = [value for result in self.results if (value := getattr(result, field)) not in ("", None)]
        return max(dict.fromkeys(values), key=values.count) if values else ""


@cache
def known_systems() -> dict[str, KnownSystem]:
    """All systems with published results, by id, in the order of the published table."""
    by_id: dict[str, list[PublishedResult]] = {}
    for result in published_results():
        by_id.setdefault(result.id, []).append(result)
    return {name: _known(name, results) for name, results in by_id.items()}


def _known(name: str, results: list[PublishedResult]) -> KnownSystem:
    spellings = [result.name for result in results]
    hub = next((result.hub_id for result in results if result.hub_id), "")
    commonest = max(dict.fromkeys(spellings), key=lambda text: (spellings.count(text), len(text)))
    preset = presets().get(name)
    more = () if preset is None else (preset.id, preset.adapter)
    aliases = dict.fromkeys(alias for alias in (name, *spellings, hub, *more) if alias)
    return KnownSystem(name, commonest, tuple(aliases), tuple(results))


@cache
def _by_spelling() -> dict[str, str]:
    """The id of each spelling that belongs to one system alone."""
    owners: dict[str, set[str]] = {}
    for system in known_systems().values():
        for alias in system.aliases:
            for spelling in _spellings(alias):
                owners.setdefault(spelling, set()).add(system.id)
    # An id is its own spelling even where another system's source uses the same words.
    owners |= {_plain(name): {name} for name in known_systems()}
    return {spelling: next(iter(ids)) for spelling, ids in owners.items() if len(ids) == 1}


def find_system(name: str) -> KnownSystem | None:
    """The system of a model's name in any known spelling, with or without adapter and organization.

    Example:
        >>> find_system("hf/Qwen/Qwen2.5-Omni-7B").id, find_system("qwen 2.5 omni 7b").id
        ('qwen2.5-omni-7b', 'qwen2.5-omni-7b')
    """
    system = next((_by_spelling()[one] for one in _spellings(name) if one in _by_spelling()), None)
    return None if system is None else known_systems()[system]


def plain_name(model: str) -> str:
    """A model's name without its adapter.

    Example:
        >>> plain_name("hf/my/model"), plain_name("my/model")
        ('my/model', 'my/model')
    """
    adapter, _, rest = model.partition("/")
    return rest if adapter in _ADAPTERS and rest else model


def new_id(model: str) -> str:
    """An id for a system that is not known: its name without adapter, in small letters."""
    return re.sub(r"[^\w.+]+", "-", plain_name(model).lower()).strip("-.+") or "system"


def _spellings(name: str) -> Iterable[str]:
    """The ways to look a name up: whole, without adapter, without organization."""
    parts = name.split("/")
    return dict.fromkeys(_plain("/".join(parts[start:])) for start in range(len(parts)))


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9+]+", "", text.lower())
