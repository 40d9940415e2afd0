"""Length limits of texts, and characters that no text may contain."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mmar.errors import InputError
from mmar.studio.workflow.content import FIELD_NAMES, ItemContent

__all__ = [
    "LONGEST_EXTRA",
    "LONGEST_ID",
    "LONGEST_NAME",
    "LONGEST_TEXT",
    "LONGEST_TITLE",
    "check_length",
    "check_texts",
]

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
