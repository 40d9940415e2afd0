"""Differences between two benchmarks, and the text of CHANGES.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec

from mmar.items import Item
from mmar.studio.exchange.datasheet import ReleaseFacts, inline_text

__all__ = [
    "BenchmarkChanges",
    "FieldChange",
    "Previous",
    "changes_text",
    "compare_benchmarks",
]

_MANY = 10


class FieldChange(msgspec.Struct, frozen=True):
    """One field of one item that is no longer what it was.

    Attributes:
        item: the item's id.
        field: the publisher's name of the field, or `audio` for the sound itself.
        before: what it was; `None` where it was not there.
        after: what it is; `None` where it is not there any more.
    """

    item: str
    field: str
    before: Any
    after: Any


class BenchmarkChanges(msgspec.Struct, frozen=True):
    """The difference between two benchmarks; ids in the order of the benchmark that has them.

    Attributes:
        added: ids that are new.
        removed: ids that are gone.
        changed: fields that differ, by item.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[FieldChange, ...]

    def to_markdown(self) -> str:
        """The difference as a list for people; empty where there is none."""
        lines = []
        if self.added:
            lines += [f"- {len(self.added)} added: {_ids(self.added)}"]
        if self.removed:
            lines += [f"- {len(self.removed)} removed: {_ids(self.removed)}"]
        by_field: dict[str, list[FieldChange]] = {}
        for change in self.changed:
            by_field.setdefault(change.field, []).append(change)
        for field, changes in by_field.items():
            lines += _field_lines(inline_text(field), changes)
        return "".join(f"{line}\n" for line in lines)


def compare_benchmarks(
    old: Iterable[Item],
    new: Iterable[Item],
    *,
    old_audio: Mapping[str, str] | None = None,
    new_audio: Mapping[str, str] | None = None,
) -> BenchmarkChanges:
    """Compare two benchmarks item by item, field by field. Clips are compared by the digests that both sides know.

    Returns:
        What differs; the order of the items does not count.
    """
    before, after = ({item.id: item.to_record() for item in items} for items in (old, new))
    changed: list[FieldChange] = []
    for item_id, record in after.items():
        if item_id not in before:
            continue
        earlier = before[item_id]
        changed += [
            FieldChange(item_id, name, earlier.get(name), record.get(name))
            for name in dict.fromkeys((*earlier, *record))
            if _plain(earlier.get(name)) != _plain(record.get(name))
        ]
        sounds = [(audio or {}).get(item_id) for audio in (old_audio, new_audio)]
        if None not in sounds and sounds[0] != sounds[1]:
            changed.append(FieldChange(item_id, "audio", *sounds))
    return BenchmarkChanges(
        added=tuple(item_id for item_id in after if item_id not in before),
        removed=tuple(item_id for item_id in before if item_id not in after),
        changed=tuple(changed),
    )


def _field_lines(field: str, changes: Sequence[FieldChange]) -> list[str]:
    """One line an item; a single one for a field that a good many items gained or lost."""
    for side, word in ((0, "new"), (1, "gone")):
        if len(changes) > _MANY and all((change.before, change.after)[side] is None for change in changes):
            return [f"- {field}: {word} in {len(changes)} items"]
    return [
        f"- {field} of {inline_text(change.item)}: {_shown(change.before)} → {_shown(change.after)}"
        for change in changes
    ]


def _ids(ids: tuple[str, ...]) -> str:
    return ", ".join(map(inline_text, ids))


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f'"{inline_text(text)}"'


def _plain(value: Any) -> Any:
    """As JSON has it: a list and a tuple are the same."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


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


def changes_text(
    items: Sequence[Item],
    audio: Mapping[str, str],
    about: ReleaseFacts,
    previous: Previous | None,
    taken_down: AbstractSet[str],
) -> str:
    """The changes since the previous release as Markdown, followed by its own changes.

    Lines of earlier releases that quote items in `taken_down` are left out. `audio` has the digest of each clip by
    item id.
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
    of = tuple(f" of {inline_text(item_id)}" for item_id in taken_down)
    return "".join(
        line
        for line in earlier.splitlines(keepends=True)
        if not (line.startswith("- ") and re.split(r': (?="|nothing)', line, maxsplit=1)[0].endswith(of))
    )


def _bare(item: Item) -> Item:
    """Without the canary, which stands in every record and is nobody's change."""
    record = item.to_record()
    record.pop("canary", None)
    return Item.from_record(record)
