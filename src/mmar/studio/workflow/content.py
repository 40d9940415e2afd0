"""The content of one revision of an item, as an annotator writes it, and length limits of texts.

Content may be unfinished at any moment (`problems` says what is missing); it becomes an `Item` of the publisher's format
only when it is complete. Imported fields that are not known here are stored and written again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from mmar.errors import InputError
from mmar.items import Criterion, Item
from mmar.items.item import FIELDS
from mmar.items.source_video import addresses, canonical_url, find_video
from mmar.items.timestamps import Segment, format_timestamp, parse_timestamp

FIELD_NAMES: dict[str, str] = {
    "question": "Question",
    "choices": "Choices",
    "answer": "Key",
    "modality": "Modality",
    "category": "Layer",
    "sub_category": "Sub-category",
    "language": "Language",
    "source": "Source platform",
    "url": "URL",
    "timestamp": "Segments",
    "clip": "Clip",
    "thinking": "Reasoning",
    "cues": "Cues",
    "rubric": "Rubric",
}
"""Labels of the fields."""


CUE_REGIONS = "cue_regions"
"""The field of an exported record that says where each cue is heard: `[start, end]` in seconds of the clip, or null.

The publisher's `cue` is texts alone."""


class Cue(msgspec.Struct, frozen=True):
    """An audible cue that leads to the answer, with its time range in the joined clip in seconds."""

    text: str
    start: float | None = None
    end: float | None = None

    @property
    def has_time_range(self) -> bool:
        """Whether it has a valid time range; a single time is allowed, since the other one may follow."""
        return self.start is not None and self.end is not None and self.start < self.end


class ItemContent(msgspec.Struct, frozen=True, omit_defaults=True):
    """One revision's content.

    Attributes:
        answer: index of the right choice, from 0; `None` while none is marked.
        modality: e.g. `mix-music-speech`.
        category: the layer.
        language: codes joined by `|`, or empty.
        source: the platform, e.g. `youtube`.
        url: the video's address, as entered.
        timestamp: parts of the recording that are joined into the clip, in any form that MMAR has; empty for
            the whole of it.
        recording: number of the uploaded or fetched recording.
        audio_path: the clip's path in a release, where an import gave one.
        cut: whether the clip of an imported item is cut from its recording, as anybody else's is, since it
            came without a clip or its parts were changed since.
        thinking: the reference reasoning.
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
    timestamp: str = ""
    recording: int | None = None
    audio_path: str = ""
    cut: bool = False
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
        if self.answer is None or self.answer >= len(self.choices):
            return None
        return self.choices[self.answer]

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The parts that are joined; empty for the whole recording, or while they cannot be read."""
        if not self.timestamp.strip():
            return ()
        try:
            return parse_timestamp(self.timestamp)
        except InputError:
            return ()


_OPTIONAL_TEXTS = ("sub_category", "language", "source", "url", "timestamp", "thinking")


def from_item(item: Item) -> ItemContent:
    """The content of a published item. `to_item` gives the same item again."""
    cues, regions = item.cue or (), cue_regions(item)
    texts: dict[str, Any] = {name: getattr(item, name) or "" for name in _OPTIONAL_TEXTS}
    names, extra = item.names, item.extra
    if regions is not None:
        names = tuple(name for name in names if name != CUE_REGIONS)
        extra = {name: value for name, value in extra.items() if name != CUE_REGIONS}
    return ItemContent(
        question=item.question,
        choices=item.choices,
        answer=item.answer_index,
        modality=item.modality,
        category=item.category,
        **texts,
        audio_path=item.audio_path,
        cues=tuple(
            Cue(text, *(region or ()))
            for text, region in zip(cues, regions or [None] * len(cues), strict=True)
        ),
        rubric=item.rubric or (),
        names=names,
        extra=extra,
        empty=tuple(name for name in (*_OPTIONAL_TEXTS, "cue", "rubric") if getattr(item, name) in ("", ())),
    )


def cue_regions(item: Item) -> list[tuple[float, float] | None] | None:
    """Where each cue of an exported item is heard, in seconds of its clip; `None` if the record does not say."""
    try:
        result = msgspec.convert(item.extra.get(CUE_REGIONS), list[tuple[float, float] | None])
    except msgspec.ValidationError:
        return None
    if len(result) != len(item.cue or ()) or any(each and not 0 <= each[0] <= each[1] for each in result):
        return None
    return result


def to_item(content: ItemContent, item_id: str, audio_path: str, *, regions: bool = False) -> Item:
    """The publisher's item of complete content. With `regions`, it also says where cues are heard (`CUE_REGIONS`).

    Raises:
        InputError: no key, or a key that is not among the choices.
    """
    if content.key is None:
        raise InputError(
            "no choice is marked as the key",
            field="answer",
            hint="select the right choice",
            code="key-missing",
        )

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
        **{name: value(name, getattr(content, name)) for name in _OPTIONAL_TEXTS},
        cue=value("cue", tuple(cue.text for cue in content.cues)),
        rubric=value("rubric", content.rubric),
        extra=content.extra,
    )
    if regions and any(cue.start is not None for cue in content.cues):
        spans = [None if cue.start is None else [cue.start, cue.end] for cue in content.cues]
        item = msgspec.structs.replace(
            item, names=(*item.names, CUE_REGIONS), extra={**item.extra, CUE_REGIONS: spans}
        )
    if not content.names:
        return item
    spelled = {FIELDS.get(name, name) for name in content.names}
    added = tuple(
        name
        for name in item.names
        if FIELDS.get(name, name) not in spelled
        and (name == CUE_REGIONS or getattr(item, FIELDS[name]) is not None)
    )
    return msgspec.structs.replace(item, names=content.names + added)


def drop_stale_extra(before: ItemContent, after: ItemContent) -> ItemContent:
    """Drop imported fields in `extra` whose value was edited.

    A rubric whose criteria had keys of their own, for example, stays whole in `extra` and written from there;
    after an edit that would bring the old rubric back.
    """
    attributes = {"cue": "cues", "rubric": "rubric", "category": "category", "modality": "modality"}
    stale = {
        name
        for name in after.extra
        if (attribute := attributes.get(FIELDS.get(name, ""))) is not None
        and getattr(before, attribute) != getattr(after, attribute)
    }
    if not stale:
        return after
    return msgspec.structs.replace(
        after, extra={name: value for name, value in after.extra.items() if name not in stale}
    )


def recut_if_moved(before: ItemContent, after: ItemContent) -> ItemContent:
    """Cut an imported item's clip anew once its segments or URL were changed.

    The clip that came with it has the segments that its publisher chose. A time in another spelling is no change.
    """
    if not after.audio_path:
        return after
    moved = before.segments != after.segments or canonical_url(before.url) != canonical_url(after.url)
    return msgspec.structs.replace(after, cut=before.cut or after.cut or moved)


def source_of(content: ItemContent) -> str:
    """The key of the recording: equal for two spellings of one video's URL; empty if there is none."""
    if content.recording is not None:
        return f"recording:{content.recording}"
    if content.audio_path and not content.cut:
        return f"file:{content.audio_path}"
    for address in addresses(content.url):
        video = find_video(address)
        return f"video:{video.key}" if video else f"url:{address}"
    return ""


def clip_key(content: ItemContent) -> str:
    """The key of the clip: recording and segments as 64 hexadecimal digits; empty without a recording."""
    source = source_of(content)
    if not source:
        return ""
    # An imported clip is cut already; its time stamps speak of the video that it was cut from.
    whole = source.startswith("file:") or not content.segments
    parts = "" if whole else format_timestamp(content.segments)
    return hashlib.sha256(f"{source}\n{parts}".encode()).hexdigest()


def published_path(content: ItemContent, public_id: str, *, with_clip: bool) -> str:
    """The path of an item's clip in a release or export: the publisher's, with a clip always of a WAV file."""
    path = content.audio_path or f"./audio/{public_id}.wav"
    if not with_clip or path.lower().endswith(".wav"):
        return path
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{name.rpartition('.')[0] or name}.wav"


LONGEST_ID = 200
"""Characters of an item's public id."""

LONGEST_NAME = 200
"""Characters of a person's, project's or category's name."""

LONGEST_TITLE = 300
"""Characters of an idea's title."""

LONGEST_TEXT = 20_000
"""Characters of a longer text."""

LONGEST_EXTRA = 200_000
"""Bytes of all imported fields that the studio does not know, as JSON."""

_MANY = {"choices": 100, "cues": 500, "rubric": 100, "names": 500}
_SHORT = {"modality": 60, "category": LONGEST_NAME, "sub_category": LONGEST_NAME, "language": 100}


def check_texts(content: ItemContent) -> None:
    """Check the length and the characters of every text of an item, and how many there are.

    Raises:
        InputError: a text is too long (`text-too-long`), contains NUL (`invalid-character`), or there are too many
            choices, cues, criteria or other fields (`too-many-entries`).
    """
    for field, limit in _MANY.items():
        if len(getattr(content, field)) > limit:
            raise InputError(
                f"{field}: {len(getattr(content, field)):,} entries, at most {limit:,} are allowed",
                field=field,
                code="too-many-entries",
            )
    if content.extra and len(msgspec.json.encode(content.extra)) > LONGEST_EXTRA:
        raise InputError(
            f"the other fields are longer than {LONGEST_EXTRA:,} bytes together",
            field="extra",
            code="text-too-long",
        )
    for field, text in _texts(content):
        check_length(text, field, _SHORT.get(field, LONGEST_TEXT), label=FIELD_NAMES[field])


def check_length(text: str, field: str, limit: int, *, label: str = "") -> None:
    """Check the length and the characters of a text; `label` is what people call the field.

    Raises:
        InputError: it is too long (`text-too-long`) or contains NUL (`invalid-character`).
    """
    label = label or field
    if len(text) > limit:
        raise InputError(
            f"{label}: {len(text):,} characters, at most {limit:,} are allowed",
            field=field,
            code="text-too-long",
            hint="shorten it",
        )
    if "\x00" in text:
        raise InputError(
            f"{label}: contains the character NUL", field=field, code="invalid-character", hint="remove it"
        )


def _texts(content: ItemContent) -> Iterator[tuple[str, str]]:
    for field in ("question", *_SHORT, "source", "url", "timestamp", "thinking"):
        yield field, getattr(content, field)
    yield from (("choices", choice) for choice in content.choices)
    yield from (("cues", cue.text) for cue in content.cues)
    for criterion in content.rubric:
        yield from (("rubric", text) for text in (criterion.name, criterion.scoring_point, criterion.note))
