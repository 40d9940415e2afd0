"""Exclusion of items that were taken down."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from mmar.errors import InputError
from mmar.files.hashing import sha256_file
from mmar.items import Item
from mmar.items.source_video import addresses, canonical_url, find_video, item_video
from mmar.studio.exchange.release_facts import TakenDown

__all__ = ["ExcludedItem", "split_taken_down", "takedown_names"]


class ExcludedItem(msgspec.Struct, frozen=True):
    """An item that was excluded from a release.

    Attributes:
        item: its id.
        reason: why, for the team.
    """

    item: str
    reason: str


def split_taken_down(
    items: Iterable[Item], audio: Mapping[str, Path] | None, taken_down: Iterable[TakenDown]
) -> tuple[list[Item], tuple[ExcludedItem, ...]]:
    """Split items into those that may be published and those that were taken down.

    Args:
        items: all of them.
        audio: their clips by id, which a takedown may name by digest; `None` for none.
        taken_down: what must not be in a release.

    Returns:
        The items that may be published, and those that may not with the reason.

    Raises:
        InputError: an id stands twice.
    """
    down = {entry.what.strip(): entry.reason for entry in taken_down if entry.what.strip()}
    down |= {canonical_url(what): reason for what, reason in down.items()}
    digests = any(re.fullmatch(r"[0-9a-f]{64}", what) for what in down)
    kept, left_out, seen = [], [], set()
    for item in items:
        if item.id in seen:
            raise InputError(
                f'"{item.id}" stands twice among the items',
                field="id",
                hint="keep one of the two",
                code="duplicate-id",
            )
        seen.add(item.id)
        names = takedown_names(item.id, item.url)
        if digests and audio is not None and item.id in audio:
            names.add(sha256_file(audio[item.id]))
        if hits := names & down.keys():
            left_out.append(ExcludedItem(item.id, down[min(map(str, hits))] or "taken down"))
        else:
            kept.append(item)
    return kept, tuple(left_out)


def takedown_names(item_id: str, url: str | None) -> set[str | None]:
    """Everything that a takedown may call an item by: every video that it is joined of, however spelled.

    Args:
        item_id: its id, which tells the video where the address is a short link.
        url: its address, or several.
    """
    bare = Item(item_id, "", "", (), "", "", "", url=url)
    names = {item_id, item_video(bare), url, *addresses(url), *canonical_url(url).split("\n")} - {"", None}
    for video in filter(None, map(find_video, addresses(url))):
        names |= {video.key, video.id}
    return names
