"""How long an item's texts may be, and what no text may hold: what every kind of database keeps and every page shows."""

from __future__ import annotations

from collections.abc import Iterator

from mmar.errors import InputError
from mmar.studio.workflow.content import FIELD_NAMES, ItemContent

__all__ = ["LONGEST_ID", "LONGEST_TEXT", "check_texts"]

LONGEST_ID = 200
"""Characters of an item's public id."""

LONGEST_TEXT = 20_000
"""Characters of a field that people write in."""

_SHORT = {"modality": 60, "category": 200, "sub_category": 200, "language": 100}


def check_texts(content: ItemContent) -> None:
    """Refuse content that could not be kept or shown.

    Raises:
        InputError: a text is too long, or holds the character NUL; the field is the content's.
    """
    for field, value in _texts(content):
        most = _SHORT.get(field, LONGEST_TEXT)
        if len(value) > most:
            raise InputError(
                f"{FIELD_NAMES[field]}: {len(value):,} characters, {most:,} is the most",
                field=field,
                hint="shorten it",
            )
        if "\x00" in value:
            raise InputError(
                f"{FIELD_NAMES[field]}: holds a character that is no text (NUL)",
                field=field,
                hint="take it out",
            )


def _texts(content: ItemContent) -> Iterator[tuple[str, str]]:
    for field in ("question", *_SHORT, "source", "url", "timestamp", "thinking"):
        yield field, getattr(content, field)
    yield from (("choices", choice) for choice in content.choices)
    yield from (("cues", cue.text) for cue in content.cues)
    for criterion in content.rubric:
        yield from (("rubric", text) for text in (criterion.name, criterion.scoring_point, criterion.note))
