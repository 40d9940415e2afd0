"""The text of CHANGES.md: what differs from the last release, and what the last one said before that."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import msgspec

from mmar.errors import InputError
from mmar.files.safe_paths import UnsafePathError, check_relative
from mmar.items import Item, load_benchmark
from mmar.studio.exchange.changes import compare_benchmarks, inline_text
from mmar.studio.exchange.facts import ReleaseFacts
from mmar.studio.exchange.sums import read_sums

__all__ = ["Previous", "changes_text", "read_previous"]

_TITLE = "# Changes\n\n"


class Previous(msgspec.Struct, frozen=True):
    """The release before.

    Attributes:
        items: as they were published.
        audio: the digest of each item's sound, by the item's id; those that are not here are not compared.
        changes: the text of its CHANGES.md.
    """

    items: tuple[Item, ...]
    audio: Mapping[str, str]
    changes: str


def read_previous(folder: Path) -> Previous:
    """A release as its folder has it.

    Raises:
        InputError: the folder holds no release.
    """
    items = tuple(load_benchmark(_metadata_of(folder)))
    listed = read_sums(folder)
    try:
        changes = (folder / "CHANGES.md").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError("has no readable CHANGES.md; expected a release", file=str(folder)) from None
    audio = {item.id: listed[name] for item in items if (name := _listed_as(item)) in listed}
    return Previous(items, audio, changes)


def changes_text(
    items: Sequence[Item],
    audio: Mapping[str, str],
    about: ReleaseFacts,
    previous: Previous | None,
    taken_down: AbstractSet[str],
) -> str:
    """Write the changes of a release.

    Args:
        items: as published.
        audio: the digest of each item's sound, by the item's id.
        about: names the version and the day.
        previous: the last release; `None` for the first.
        taken_down: ids that are left out because they were taken down.

    Returns:
        Markdown, the newest release first. What earlier releases said of items that were taken down, which
        may quote them, is left out.
    """
    head = f"{_TITLE}## {about.version} ({about.date})\n\n"
    if previous is None:
        return f"{head}First release: {len(items)} items.\n"
    changes = compare_benchmarks(
        (_bare(item) for item in previous.items),
        (_bare(item) for item in items),
        old_audio=previous.audio,
        new_audio=audio,
    )
    body = changes.to_markdown() or "Nothing.\n"
    if gone := [item_id for item_id in changes.removed if item_id in taken_down]:
        body += f"- Taken down, to be deleted from every copy of earlier releases: {', '.join(map(inline_text, gone))}\n"
    return f"{head}{body}\n{_without_quotes(previous.changes.removeprefix(_TITLE), taken_down)}"


def _without_quotes(earlier: str, taken_down: AbstractSet[str]) -> str:
    """Earlier changes without the lines that say how an item that was taken down changed."""
    of = tuple(f" of {inline_text(item_id)}: " for item_id in taken_down)
    return "".join(
        line
        for line in earlier.splitlines(keepends=True)
        if not (line.startswith("- ") and any(each in line.partition("“")[0] for each in of))
    )


def _bare(item: Item) -> Item:
    """Without the canary, which stands in every record and is nobody's change."""
    record = item.to_record()
    record.pop("canary", None)
    return Item.from_record(record)


def _listed_as(item: Item) -> str:
    with contextlib.suppress(UnsafePathError):
        return str(check_relative(item.audio_path))
    return ""


def _metadata_of(folder: Path) -> Path:
    found = sorted(folder.glob("*-meta.jsonl"))
    if len(found) != 1:
        raise InputError(
            "expected a release, with one NAME-meta.jsonl", file=str(folder), hint="name its folder"
        )
    return found[0]
