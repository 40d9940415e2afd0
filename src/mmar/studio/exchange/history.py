"""The text of CHANGES.md: what differs from the last release, and what the last one said before that."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from mmar.benchmarks.paths import UnsafePath, inside
from mmar.errors import InputError
from mmar.items import Item, load_benchmark
from mmar.studio.exchange.changes import compare_benchmarks
from mmar.studio.exchange.facts import ReleaseFacts
from mmar.studio.exchange.sums import read_sums

__all__ = ["changes_text"]

_TITLE = "# Changes\n\n"


def changes_text(
    items: Sequence[Item],
    audio: Mapping[str, str],
    about: ReleaseFacts,
    previous: Path | None,
    taken_down: AbstractSet[str],
) -> str:
    """Write the changes of a release.

    Args:
        items: as published.
        audio: the digest of each item's sound, by the item's id.
        about: names the version and the day.
        previous: the folder of the last release; `None` for the first.
        taken_down: ids that are left out because they were taken down.

    Returns:
        Markdown, the newest release first.

    Raises:
        InputError: `previous` holds no release.
    """
    head = f"{_TITLE}## {about.version} ({about.date})\n\n"
    if previous is None:
        return f"{head}First release: {len(items)} items.\n"
    old = load_benchmark(_metadata_of(previous))
    listed = read_sums(previous)
    changes = compare_benchmarks(
        (_bare(item) for item in old),
        (_bare(item) for item in items),
        old_audio={item.id: listed[name] for item in old if (name := _listed_as(item)) in listed},
        new_audio=audio,
    )
    body = changes.to_markdown() or "Nothing.\n"
    if gone := [item_id for item_id in changes.removed if item_id in taken_down]:
        body += f"- {len(gone)} of the removed were taken down: delete them from copies of earlier releases\n"
    try:
        earlier = (previous / "CHANGES.md").read_text(encoding="utf-8").removeprefix(_TITLE)
    except (OSError, UnicodeDecodeError):
        raise InputError("has no readable CHANGES.md; expected a release", file=str(previous)) from None
    return f"{head}{body}\n{earlier}"


def _bare(item: Item) -> Item:
    """Without the canary, which stands in every record and is nobody's change."""
    record = item.to_record()
    record.pop("canary", None)
    return Item.from_record(record)


def _listed_as(item: Item) -> str:
    with contextlib.suppress(UnsafePath):
        return str(inside(item.audio_path))
    return ""


def _metadata_of(folder: Path) -> Path:
    found = sorted(folder.glob("*-meta.jsonl"))
    if len(found) != 1:
        raise InputError(
            "expected a release, with one NAME-meta.jsonl", file=str(folder), hint="name its folder"
        )
    return found[0]
