"""The text of CHANGES.md: how a release differs from the one before."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec

from mmar.items import Benchmark, Item
from mmar.items.diff import FieldChange, diff_benchmarks
from mmar.studio.exchange.datasheet import ReleaseFacts, inline_text

__all__ = ["Previous", "changes_text"]

_MANY = 10
_TITLE = "# Changes\n\n"


class Previous(msgspec.Struct, frozen=True):
    """The release before: items as published, digests of clips by item id, and the text of its CHANGES.md."""

    items: tuple[Item, ...]
    audio: Mapping[str, str]
    changes: str


def changes_text(
    items: Sequence[Item],
    audio: Mapping[str, str],
    about: ReleaseFacts,
    previous: Previous | None,
    taken_down: AbstractSet[str],
) -> str:
    """The changes since the previous release as Markdown, followed by its own changes.

    Lines of earlier releases that quote items in `taken_down` are left out. `audio` has the digest of each clip by
    item id; clips are compared where both releases have one.
    """
    head = f"{_TITLE}## {about.version} ({about.date})\n\n"
    if previous is None:
        return f"{head}First release: {len(items)} items.\n"
    diff = diff_benchmarks(_bare(previous.items), _bare(items))
    clips = [
        FieldChange(name, "audio", before, audio[name])
        for name, before in previous.audio.items()
        if name in audio and audio[name] != before
    ]
    lines = []
    for ids, word in ((diff.added, "added"), (diff.removed, "removed")):
        if ids:
            lines.append(f"- {len(ids)} {word}: {_ids(ids)}")
    by_field: dict[str, list[FieldChange]] = {}
    for change in (*clips, *diff.changes):
        by_field.setdefault(change.field, []).append(change)
    for field, changes in by_field.items():
        lines += _field_lines(inline_text(field), changes)
    lines = lines or ["Nothing."]
    if gone := [item_id for item_id in diff.removed if item_id in taken_down]:
        lines.append(f"- Taken down, to be deleted from every copy of earlier releases: {_ids(gone)}")
    body = "".join(f"{line}\n" for line in lines)
    return f"{head}{body}\n{_without_quotes(previous.changes.removeprefix(_TITLE), taken_down)}"


def _field_lines(field: str, changes: Sequence[FieldChange]) -> list[str]:
    """One line per item; a single one for a field that many items gained or lost."""
    for side, word in ((0, "new"), (1, "gone")):
        if len(changes) > _MANY and all((change.before, change.after)[side] is None for change in changes):
            return [f"- {field}: {word} in {len(changes)} items"]
    return [
        f"- {field} of {inline_text(change.id)}: {_shown(change.before)} → {_shown(change.after)}"
        for change in changes
    ]


def _ids(ids: Sequence[str]) -> str:
    return ", ".join(map(inline_text, ids))


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f'"{inline_text(text)}"'


def _without_quotes(earlier: str, taken_down: AbstractSet[str]) -> str:
    """Earlier changes without the lines that say how an item that was taken down changed."""
    of = tuple(f" of {inline_text(item_id)}" for item_id in taken_down)
    return "".join(
        line
        for line in earlier.splitlines(keepends=True)
        if not (line.startswith("- ") and re.split(r': (?="|nothing)', line, maxsplit=1)[0].endswith(of))
    )


def _bare(items: Sequence[Item]) -> Benchmark:
    """Without the canary, which every record has."""
    records = (
        {name: value for name, value in item.to_record().items() if name != "canary"} for item in items
    )
    return Benchmark(tuple(map(Item.from_record, records)), "")
