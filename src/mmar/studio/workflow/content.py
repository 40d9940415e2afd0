"""What an annotator writes: the content of one revision of an item.

Content may be unfinished at any moment (`problems` says what is missing); it becomes an `Item` of the publisher's
format only when it is complete. What came in by import and is not known here is kept, and written again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mmar.errors import InputError
from mmar.items import Criterion, Item
from mmar.studio.workflow.timestamps import Segment, format_segments, parse_segments

__all__ = ["FIELD_NAMES", "Cue", "ItemContent", "Segment", "from_item", "to_item"]

FIELD_NAMES: dict[str, str] = {
    "question": "Question",
    "choices": "Choices",
    "answer": "Key",
    "modality": "Modality",
    "category": "Layer",
    "sub_category": "Sub-category",
    "language": "Language",
    "source": "Platform",
    "url": "Address",
    "segments": "Segments",
    "clip": "Clip",
    "thinking": "Thinking",
    "cues": "Cues",
    "rubric": "Rubric",
}
"""The fields that people speak of, with the words for them."""


class Cue(msgspec.Struct, frozen=True):
    """Something that can be heard and leads to the answer.

    Attributes:
        text: what it is.
        start: where it begins in the joined clip, seconds; `None` where it points at nothing.
        end: where it ends, seconds.
    """

    text: str
    start: float | None = None
    end: float | None = None


class ItemContent(msgspec.Struct, frozen=True, omit_defaults=True):
    """One revision's content.

    Attributes:
        question: the question's text.
        choices: in the order in which they will be put.
        answer: place of the right choice, from 0; `None` while none is marked.
        modality: e.g. `mix-music-speech`.
        category: the layer.
        sub_category: within the layer.
        language: codes joined by `|`, or empty.
        source: the platform, e.g. `youtube`.
        url: the video's address, as given.
        segments: parts of the recording that are joined into the clip; empty for the whole of it.
        timestamp: the parts as an import wrote them; counts only while it says the same as `segments`.
        recording: number of the uploaded or fetched recording.
        clip: number of the clip that was cut of it.
        audio_path: the clip's path in a release, where an import gave one.
        thinking: the reference reasoning.
        cues: what can be heard that leads to the answer.
        rubric: five criteria for judging reasoning.
        idea: number of the idea that it grew from.
        names: field names of the imported record in its order; empty for the publisher's own.
        extra: imported fields that are not known here.
        empty: imported fields that were empty, as against null.
    """

    question: str = ""
    choices: tuple[str, ...] = ()
    answer: int | None = None
    modality: str = ""
    category: str = ""
    sub_category: str = ""
    language: str = ""
    source: str = ""
    url: str = ""
    segments: tuple[Segment, ...] = ()
    timestamp: str | None = None
    recording: int | None = None
    clip: int | None = None
    audio_path: str = ""
    thinking: str = ""
    cues: tuple[Cue, ...] = ()
    rubric: tuple[Criterion, ...] = ()
    idea: int | None = None
    names: tuple[str, ...] = ()
    extra: Mapping[str, Any] = msgspec.field(default_factory=dict)
    empty: tuple[str, ...] = ()

    @property
    def key(self) -> str | None:
        """The right choice's text."""
        return self.choices[self.answer] if self.answer is not None and self.answer < len(self.choices) else None


_OPTIONAL = ("sub_category", "language", "source", "url", "timestamp", "thinking", "cue", "rubric")


def from_item(item: Item) -> ItemContent:
    """The content of a published item. `to_item` gives the same item again."""
    try:
        segments = parse_segments(item.timestamp or "")
    except InputError:
        segments = ()
    return ItemContent(
        question=item.question,
        choices=item.choices,
        answer=item.answer_index,
        modality=item.modality,
        category=item.category,
        sub_category=item.sub_category or "",
        language=item.language or "",
        source=item.source or "",
        url=item.url or "",
        segments=segments,
        timestamp=item.timestamp,
        audio_path=item.audio_path,
        thinking=item.thinking or "",
        cues=tuple(Cue(text) for text in item.cue or ()),
        rubric=item.rubric or (),
        names=item.names,
        extra=item.extra,
        empty=tuple(name for name in _OPTIONAL if getattr(item, name) in ("", ())),
    )


def to_item(content: ItemContent, item_id: str, audio_path: str) -> Item:
    """The publisher's item of complete content.

    Args:
        content: without problems of severity error.
        item_id: its public id.
        audio_path: the clip's path in the release.

    Raises:
        InputError: no key, or a key that is not among the choices.
    """
    if content.key is None:
        raise InputError("no choice is marked as the key", field="answer", hint="mark the right choice")

    def value(name: str, filled: Any) -> Any:
        return filled if filled or name in content.empty else None

    item = Item(
        id=item_id,
        audio_path=audio_path,
        question=content.question,
        choices=content.choices,
        answer=content.key,
        modality=content.modality,
        category=content.category,
        sub_category=value("sub_category", content.sub_category),
        language=value("language", content.language),
        source=value("source", content.source),
        url=value("url", content.url),
        timestamp=value("timestamp", _timestamp(content)),
        thinking=value("thinking", content.thinking),
        cue=value("cue", tuple(cue.text for cue in content.cues)),
        rubric=value("rubric", content.rubric),
        extra=content.extra,
    )
    return msgspec.structs.replace(item, names=content.names) if content.names else item


def _timestamp(content: ItemContent) -> str | None:
    if content.timestamp is not None:
        try:
            unchanged = parse_segments(content.timestamp) == content.segments
        except InputError:
            unchanged = not content.segments
        if unchanged:
            return content.timestamp
    return format_segments(content.segments)
