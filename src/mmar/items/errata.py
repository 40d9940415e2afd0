"""Disputed items of published benchmarks, with the reason for each (`errata.toml`)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import msgspec

from mmar.files.typed import convert, read_toml

__all__ = ["Erratum", "errata"]


class Erratum(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One disputed item.

    Attributes:
        id: the item's id.
        check: code of the check of `mmar audit` that finds it.
        reason: why it is disputed, one sentence without a full stop.
    """

    id: str
    check: str
    reason: str


@lru_cache(maxsize=1)
def errata() -> dict[str, Erratum]:
    """All disputed items, by id."""
    path = Path(__file__).with_name("errata.toml")
    items = convert(read_toml(path)["item"], list[Erratum], file=str(path))
    return {item.id: item for item in items}
