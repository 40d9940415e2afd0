"""What changed from one benchmark to the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from mmar.items import Item

__all__ = ["BenchmarkChanges", "FieldChange", "compare_benchmarks", "inline_text"]

_LONGEST = 200
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
    """Compare two benchmarks item by item, field by field.

    Args:
        old: the items as they were.
        new: the items as they are.
        old_audio: the digest of each item's sound as it was, by id, where known.
        new_audio: the same as it is.

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


def inline_text(text: str) -> str:
    """Foreign text on one line of Markdown, in which it can open no markup, no table cell and no HTML."""
    escaped = "".join(f"\\{sign}" if sign in "\\`*_[]<>|#&~" else sign for sign in " ".join(text.split()))
    return escaped if len(escaped) <= _LONGEST else f"{escaped[:_LONGEST].rstrip(chr(92))}…"


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
    return f"“{inline_text(text)}”"


def _plain(value: Any) -> Any:
    """As JSON has it: a list and a tuple are the same."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
