"""One audio question with choices, in the vocabulary of the MMAR release (arXiv 2505.13032).

An `Item` keeps every field that its record had, known or not, in the record's own order and under the
record's own names, so that reading and writing again changes nothing. MMAU writes `audio_id` for
`audio_path` and `task` for `modality`; both spellings are read into the same attribute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from mmar.errors import InputError
from mmar.items.fields import READERS, Criterion, Place, kind_of, plain, says_all

__all__ = ["FIELDS", "MAX_CHOICES", "Criterion", "Item", "Question", "check_question"]

MAX_CHOICES = 26
"""Choices are lettered A to Z; no published set comes near."""

FIELDS: dict[str, str] = {
    "id": "id",
    "audio_path": "audio_path",
    "audio_id": "audio_path",
    "question": "question",
    "choices": "choices",
    "answer": "answer",
    "modality": "modality",
    "task": "modality",
    "category": "category",
    "sub-category": "sub_category",
    "language": "language",
    "source": "source",
    "url": "url",
    "timestamp": "timestamp",
    "thinking": "thinking",
    "cue": "cue",
    "rubric": "rubric",
}
"""The publisher's field names and the attribute that each is read into."""

_REQUIRED = ("id", "audio_path", "question", "choices", "answer", "modality", "category")
_SPELLINGS = {"audio_path": "audio_path” or “audio_id", "modality": "modality” or “task"}


class Item(msgspec.Struct, frozen=True):
    """One question about one audio clip.

    Attributes:
        id: unique within a benchmark. Not the audio file's name: 46 MMAR items differ.
        audio_path: the clip's path as published, relative to the metadata's folder.
        question: the question's text.
        choices: 2 to 26 choices in published order; a choice may be the empty string.
        answer: the right choice's text, one of `choices`.
        modality: e.g. `sound`, `mix-music-speech`.
        category: the layer in MMAR, e.g. `Signal Layer`.
        sub_category: one of 16 in MMAR; `None` where a set has none.
        language: language codes joined by `|`, or `None`.
        source: the platform that the audio was taken from.
        url: the video's address.
        timestamp: `HH:MM:SS,HH:MM:SS` or one of the odd forms; never interpreted here.
        thinking: the reference chain of thought. Never shown to a model under test.
        cue: what can be heard that leads to the answer. Never shown to a model under test.
        rubric: criteria for judging reasoning. Never shown to a model under test.
        names: the record's field names in the record's order.
        extra: the values of fields that this class does not know, by name.
    """

    id: str
    audio_path: str
    question: str
    choices: tuple[str, ...]
    answer: str
    modality: str
    category: str
    sub_category: str | None = None
    language: str | None = None
    source: str | None = None
    url: str | None = None
    timestamp: str | None = None
    thinking: str | None = None
    cue: tuple[str, ...] | None = None
    rubric: tuple[Criterion, ...] | None = None
    names: tuple[str, ...] = tuple(name for name in FIELDS if name not in ("audio_id", "task"))
    extra: Mapping[str, Any] = msgspec.field(default_factory=dict)

    @property
    def answer_index(self) -> int:
        """The 0-based place of the answer among the choices (the first, where a choice stands twice)."""
        return self.choices.index(self.answer)

    @classmethod
    def from_record(cls, record: object, *, file: str | None = None, line: int | None = None) -> Item:
        """Make an item of one decoded JSON record.

        Args:
            record: what the JSON decoder gave; anything but an object is refused.
            file: the name to put into an error.
            line: the 1-based line to put into an error.

        Raises:
            InputError: a field is missing or of the wrong type, there are fewer than 2 or more than 26
                choices, or the answer is not among them.
        """
        where = Place(file, line)
        if not isinstance(record, dict):
            raise where.error(
                f"a record must be a JSON object, found {kind_of(record)}",
                hint="correct the file, or leave the record out with --lenient",
            )
        values: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for name, value in record.items():
            attribute = FIELDS.get(name)
            if attribute is None or attribute in values:
                extra[name] = value
            else:
                values[attribute] = READERS[attribute](where, name, value)
                if type(value) is list and not says_all(values[attribute], value):
                    extra[name] = value  # a criterion with a key of its own, say: written again as it came
        for attribute in _REQUIRED:
            if attribute not in values:
                raise where.error("missing", field=_SPELLINGS.get(attribute, attribute), hint=_MISSING_HINT)
        check_question(values["choices"], values["answer"], file=file, line=line)
        return cls(names=_shared(tuple(record)), extra=extra, **values)

    def to_record(self) -> dict[str, Any]:
        """The item as the record that it was read from: same names, same order, unknown fields included."""
        return {
            name: self.extra[name] if name in self.extra else plain(getattr(self, FIELDS[name]))
            for name in self.names
        }


class Question(msgspec.Struct, frozen=True, gc=False):
    """What scoring needs of an item; attributes as there."""

    question: str | None
    choices: tuple[str, ...]
    answer: str
    modality: str
    category: str
    sub_category: str | None

    @classmethod
    def of(cls, item: Item) -> Question:
        """The part of an item that scoring needs."""
        return cls(item.question, item.choices, item.answer, item.modality, item.category, item.sub_category)


def check_question(
    choices: Sequence[str], answer: str, *, file: str | None = None, line: int | None = None
) -> None:
    """Check that a question can be scored: 2 to 26 choices, the answer one of them.

    Raises:
        InputError: saying which of the two does not hold.
    """
    if not 2 <= len(choices) <= MAX_CHOICES:
        raise InputError(
            f"found {len(choices)} choice{'s' * (len(choices) != 1)}, expected 2 to {MAX_CHOICES}",
            file=file,
            line=line,
            field="choices",
            hint="complete the list of choices, or leave the record out with --lenient",
        )
    if answer not in choices:
        raise InputError(
            f"{_short(answer)} is not one of the choices {_short(list(choices))}",
            file=file,
            line=line,
            field="answer",
            hint="the answer must equal one choice to the letter; correct it, or use --lenient",
        )


_MISSING_HINT = "add the field, or leave the record out with --lenient"


@lru_cache(maxsize=64)
def _shared(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same tuple for all records of one form: a hundred thousand items keep their names once."""
    return names


def _short(value: object, limit: int = 120) -> str:
    text = f"“{value}”" if isinstance(value, str) else repr(value)
    return text if len(text) <= limit else f"{text[:limit]}…"
