"""Differences between revisions, three-way merges, and applying an imported record to an item."""

from __future__ import annotations

import difflib
import re
from typing import Any, Literal

import msgspec

from mmar.items import Item
from mmar.items.item import FIELDS
from mmar.studio.workflow.content import FIELD_NAMES, Cue, ItemContent, cue_regions, from_item

# The recording of a revision decides on its clip.
_LABELS = {"recording" if name == "clip" else name: label for name, label in FIELD_NAMES.items()}
_LABELS["recording"] = "Recording"
_COMPARED = tuple(_LABELS)

_ALIKE = 0.5
"""Share of common words from which two texts are compared word by word."""


class DiffSpan(msgspec.Struct, frozen=True):
    """A run of unchanged, removed or added words."""

    kind: Literal["unchanged", "removed", "added"]
    text: str


class FieldChange(msgspec.Struct, frozen=True):
    """A field that changed, as text and as a word by word comparison."""

    field: str
    label: str
    before: str
    after: str
    pieces: tuple[DiffSpan, ...]


class Conflict(msgspec.Struct, frozen=True):
    """Two people changed one revision.

    `both` are the fields that both changed differently; `merged` is your content with their other changes.
    """

    theirs: tuple[FieldChange, ...]
    yours: tuple[FieldChange, ...]
    both: tuple[str, ...]
    merged: ItemContent


def field_text(content: ItemContent, field: str) -> str:
    """A field's value as text."""
    value: Any = getattr(content, field)
    if field == "choices":
        return "\n".join(value)
    if field == "answer":
        return content.key or ""
    if field == "cues":
        return "\n".join(_cue(cue) for cue in value)
    if field == "rubric":
        return "\n".join(f"{criterion.name}: {criterion.scoring_point}" for criterion in value)
    return "" if value is None else str(value)


def _cue(cue: Cue) -> str:
    if cue.start is None and cue.end is None:
        return cue.text
    start, end = ("?" if time is None else f"{time:g}" for time in (cue.start, cue.end))
    return f"{cue.text} ({start}–{end} s)"


def changes(before: ItemContent, after: ItemContent) -> tuple[FieldChange, ...]:
    """The fields that differ, in the order of the form."""
    return tuple(
        _change(field, field_text(before, field), field_text(after, field))
        for field in _COMPARED
        if getattr(before, field) != getattr(after, field)
    )


def three_way(base: ItemContent, theirs: ItemContent, yours: ItemContent) -> Conflict:
    """Compare two people's edits (`theirs` was saved first) of the same revision `base`."""
    changed_by_them = {field for field in _COMPARED if getattr(base, field) != getattr(theirs, field)}
    changed_by_you = {field for field in _COMPARED if getattr(base, field) != getattr(yours, field)}
    both = tuple(
        field
        for field in _COMPARED
        if field in changed_by_them & changed_by_you and getattr(theirs, field) != getattr(yours, field)
    )
    # The key is an index into the choices, so both must come from the same person.
    answer_fields = {"choices", "answer"}
    if changed_by_them & answer_fields and changed_by_you & answer_fields and not set(both) & answer_fields:
        both = tuple(field for field in _COMPARED if field in {*both, "answer"})
    theirs_alone = {field: getattr(theirs, field) for field in changed_by_them - changed_by_you}
    merged = msgspec.structs.replace(yours, **theirs_alone)
    return Conflict(changes(base, theirs), changes(base, yours), both, merged)


def _change(field: str, before: str, after: str) -> FieldChange:
    label = _LABELS[field]
    # Lists are compared line by line, since common words of two choices mean nothing.
    lines = field in ("choices", "cues", "rubric")
    token = r"[^\n]+|\n" if lines else r"\s+|\S+"
    old, new = re.findall(token, before), re.findall(token, after)
    if not lines and _too_different(old, new):
        whole = (DiffSpan("removed", before), DiffSpan("added", after))
        return FieldChange(field, label, before, after, tuple(piece for piece in whole if piece.text))
    pieces: list[DiffSpan] = []
    for tag, a0, a1, b0, b1 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(DiffSpan("unchanged", "".join(old[a0:a1])))
            continue
        if a1 > a0:
            pieces.append(DiffSpan("removed", "".join(old[a0:a1])))
        if b1 > b0:
            pieces.append(DiffSpan("added", "".join(new[b0:b1])))
    return FieldChange(field, label, before, after, tuple(pieces))


def _too_different(old: list[str], new: list[str]) -> bool:
    """Whether two texts share too few words for a readable comparison."""
    there, here = ([token for token in tokens if not token.isspace()] for tokens in (old, new))
    return difflib.SequenceMatcher(None, there, here, autojunk=False).ratio() < _ALIKE


def apply_record(item: Item, content: ItemContent) -> ItemContent:
    """Apply an imported record to an existing item.

    Fields that the record does not have stay (a release withholds some), and so do a cue's times unless the record
    has them, the recording and the idea.
    """
    theirs = from_item(item)
    named = {FIELDS[name] for name in item.names if name in FIELDS} - {"id", "audio_path", "cue"}
    cues = content.cues
    if "cue" in item.names:
        cues_by_text = {cue.text: cue for cue in content.cues} if cue_regions(item) is None else {}
        cues = tuple(cues_by_text.get(cue.text, cue) for cue in theirs.cues)
    fields = {name: getattr(theirs, name) for name in named}
    spelled = {FIELDS.get(name, name) for name in content.names}
    names = content.names + tuple(name for name in theirs.names if FIELDS.get(name, name) not in spelled)
    return msgspec.structs.replace(
        content,
        **fields,
        cues=cues,
        # An item that was written here has the publisher's own fields, unless the record has another.
        names=names if content.names or theirs.extra else (),
        extra={**content.extra, **theirs.extra},
        empty=(*theirs.empty, *(name for name in content.empty if name not in item.names)),
    )


def matches_record(item: Item, content: ItemContent) -> bool:
    """Whether an imported record changes nothing."""
    after = apply_record(item, content)
    return all(getattr(after, name) == getattr(content, name) for name in FIELD_NAMES if name != "clip")
