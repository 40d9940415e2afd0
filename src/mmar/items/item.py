"""One question about audio, in the vocabulary of the MMAR release (arXiv 2505.13032).

An `Item` keeps every field of its record, known or not, in the record's order and under the record's names, so that
reading and writing again changes nothing. MMAU writes `audio_id` for `audio_path` and `task` for `modality`; both
spellings are read into the same attribute.

Beside MMAR's multiple-choice items, an item may have several clips, no choices (an open question) or no answer
(where the publisher withholds it).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol

import msgspec

from mmar.errors import InputError
from mmar.files.typed import convert, json_type
from mmar.items.editions import is_published

MAX_CHOICES = 26
"""Choices are lettered A to Z."""

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

MODALITIES = (
    "sound",
    "music",
    "speech",
    "mix-sound-music",
    "mix-sound-speech",
    "mix-music-speech",
    "mix-sound-music-speech",
)
"""MMAR's modalities, in the order of its published tables."""

LAYERS = ("Signal Layer", "Perception Layer", "Semantic Layer", "Cultural Layer")
"""MMAR's layers, which the records call `category`, in the order of its published tables."""

_RANK = {name: rank for rank, name in enumerate((*MODALITIES, *LAYERS))}
_REQUIRED = ("id", "audio_path", "question", "choices", "answer", "modality", "category")
_LABELS = ("modality", "category", "sub_category")
# What no score and no request depends on, and what most of a record's bytes are.
_ANNOTATIONS = ("thinking", "cue", "rubric")
LENIENT = "correct the record, or leave it out with --lenient"


class Criterion(msgspec.Struct, frozen=True):
    """One criterion of an item's rubric; `choices` are the scores that a judge may give, 0 and 1 throughout MMAR."""

    name: str
    scoring_point: str
    note: str = ""
    choices: tuple[int | float, ...] = (0, 1)


_CRITERION_FIELDS = frozenset(Criterion.__struct_fields__)


class Item(msgspec.Struct, frozen=True):
    """One question about one audio clip, or several.

    Attributes:
        id: unique within a benchmark. Not the audio file's name: 46 MMAR items differ.
        audio_path: the clip's path as published, relative to the metadata's folder.
        question: the question's text.
        choices: 2 to 26 choices in published order; a choice may be the empty string. Empty for an open question.
        answer: the correct choice's text, one of `choices`; of an open question, the reference answer; `None` where
            the publisher withholds it.
        modality: e.g. `sound`, `mix-music-speech`.
        category: the layer in MMAR, e.g. `Signal Layer`.
        sub_category: one of 16 in MMAR; `None` where a benchmark has none.
        language: language codes joined by `|`, or `None`.
        source: the platform that the audio was taken from.
        url: the video's address.
        timestamp: `HH:MM:SS,HH:MM:SS` or one of the other forms; see `mmar.items.timestamps`.
        thinking: the reference chain of thought. Never shown to a model under test.
        cue: what can be heard that leads to the answer. Never shown to a model under test.
        rubric: criteria for judging reasoning. Never shown to a model under test.
        more_audio: the second and further clips of an item with several.
        names: the record's field names in the record's order.
        extra: the values of fields that this class does not know, by name.
    """

    id: str
    audio_path: str
    question: str
    choices: tuple[str, ...]
    answer: str | None
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
    more_audio: tuple[str, ...] = ()
    names: tuple[str, ...] = tuple(name for name in FIELDS if name not in ("audio_id", "task"))
    extra: Mapping[str, Any] = msgspec.field(default_factory=dict)

    @property
    def answer_index(self) -> int:
        """The 0-based index of the answer among the choices (the first, where a choice appears twice).

        Raises:
            ValueError: the answer is withheld, or the question is open.
        """
        return self.choices.index(self.answer)

    @property
    def clips(self) -> tuple[str, ...]:
        """The paths of all clips; one for most items."""
        return (self.audio_path, *self.more_audio)

    @classmethod
    def from_record(
        cls,
        record: object,
        *,
        file: str | None = None,
        line: int | None = None,
        annotations: bool = True,
        withheld: bool = False,
        key_may_differ: bool = False,
    ) -> Item:
        """Make an item of one decoded JSON record.

        Args:
            record: the decoded JSON.
            file: name of the input, for errors.
            line: 1-based line, for errors.
            annotations: whether to keep thinking, cue, rubric and unknown fields. Without them an item takes about
                a third of the memory, and `to_record` gives only the fields that were kept.
            withheld: whether the publisher withholds the answers, so that a missing or empty one is no error.
            key_may_differ: whether an answer that is none of the choices is no error.

        Raises:
            InputError: a field is missing or of the wrong type, there is 1 choice or more than 26, or the answer is
                not among the choices.
        """
        try:
            item = _item(record, annotations=annotations, withheld=withheld)
            if item.choices and item.answer is not None:
                in_doubt = key_may_differ and item.answer not in item.choices
                check_question(item, item.choices[0] if in_doubt else item.answer)
        except InputError as error:
            raise error.located(file, line) from None
        return item

    def to_record(self) -> dict[str, Any]:
        """The item as the record that it was read from: same names, same order, unknown fields included."""
        return {
            name: self.extra[name] if name in self.extra else _builtins(getattr(self, FIELDS[name]))
            for name in self.names
        }


class Question(Protocol):
    """The part of an item that a score depends on; items and the records of prediction files both have it."""

    @property
    def id(self) -> str:
        """See `Item`."""

    @property
    def question(self) -> str | None:
        """See `Item`; missing from some prediction files."""

    @property
    def choices(self) -> tuple[str, ...]:
        """See `Item`."""

    @property
    def answer(self) -> str | None:
        """See `Item`."""

    @property
    def modality(self) -> str:
        """See `Item`."""

    @property
    def category(self) -> str:
        """See `Item`."""

    @property
    def sub_category(self) -> str | None:
        """See `Item`."""


def record_error(problem: str, code: str, field: str | None = None, hint: str | None = None) -> InputError:
    """The error for a record that is not valid, and that could be left out."""
    return InputError(problem, field=field, code=code, hint=hint or LENIENT)


def check_question(question: Question, answer: str) -> None:
    """Check that a question can be scored: 2 to 26 choices, the answer one of them.

    An answer that is none of the choices is accepted where the publisher's own edition has it so.

    Raises:
        InputError: codes `number-of-choices`, `answer-not-a-choice`.
    """
    choices = question.choices
    if not 2 <= len(choices) <= MAX_CHOICES:
        count = f"{len(choices)} choice{'s' * (len(choices) != 1)}"
        raise record_error(f"found {count}, expected 2 to {MAX_CHOICES}", "number-of-choices", "choices")
    if answer not in choices and not is_published(question.id, question.question, choices, answer):
        raise record_error(
            f"{_excerpt(answer)} is not one of the choices {_excerpt(list(choices))}",
            "answer-not-a-choice",
            "answer",
            "the answer must equal one choice exactly; correct it, or leave the record out with --lenient",
        )


def published_rank(name: str) -> int:
    """The position of a modality or layer in MMAR's tables; any other name comes after all of them."""
    return _RANK.get(name, len(_RANK))


def _item(record: object, *, annotations: bool, withheld: bool) -> Item:
    if not isinstance(record, dict):
        raise record_error(f"a record must be a JSON object, found {json_type(record)}", "not-an-object")
    values, published, extra = _attributes(record, withheld=withheld)
    for attribute in _REQUIRED:
        if attribute not in values:
            spelling = {"audio_path": "audio_path or audio_id", "modality": "modality or task"}
            raise record_error("missing", "missing-field", spelling.get(attribute, attribute))
    names = tuple(record)
    if not annotations:
        values |= dict.fromkeys(_ANNOTATIONS)
        names = tuple(name for name in record if FIELDS.get(name, "cue") not in _ANNOTATIONS)
        extra = {name: value for name, value in extra.items() if name in names}
    try:
        item = convert(values, Item, hint=LENIENT)
    except InputError as error:
        # Under the name that the record uses.
        attribute = re.match(r"\w*", error.field or "")[0]  # type: ignore[index]
        error.field = published.get(attribute, attribute) + (error.field or "")[len(attribute) :]
        raise
    if not item.id:
        raise record_error("is empty", "empty-id", "id")
    return msgspec.structs.replace(item, names=_intern(names), extra=extra)


def _attributes(
    record: dict[str, Any], *, withheld: bool
) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
    """A record's values by attribute, its names by attribute, and the fields that are kept as they came."""
    values: dict[str, Any] = {}
    published: dict[str, str] = {}
    extra: dict[str, Any] = {}
    for name, value in record.items():
        attribute = FIELDS.get(name)
        if attribute is None or attribute in values:
            extra[name] = value
            continue
        published[attribute] = name
        values[attribute] = value
        if type(value) is list and attribute not in ("choices", "cue"):
            _read_list(attribute, value, values)
            if attribute != "rubric" or any(
                type(row) is dict and row.keys() != _CRITERION_FIELDS for row in value
            ):
                extra[name] = value  # to be written again as it came
    if withheld and is_blank_answer(values):
        if "answer" in published:
            extra[published["answer"]] = values["answer"]  # to be written again as it came
        values["answer"] = None
    if "choices" in values and values["choices"] is None:
        values["choices"], extra[published["choices"]] = (), None
    return values, published, extra


def is_blank_answer(record: Mapping[str, Any]) -> bool:
    """Whether a record's answer is missing or blank, and the empty text is not one of its choices."""
    answer, choices = record.get("answer", ""), record.get("choices")
    return (
        isinstance(answer, str) and not answer.strip() and not (isinstance(choices, list) and "" in choices)
    )


def _read_list(attribute: str, value: list[Any], values: dict[str, Any]) -> None:
    """Read a list where MMAR has one value: labels of MMAU (13 of its categories), clips of MMAU-Pro."""
    if attribute in _LABELS and len(value) == 1:
        values[attribute] = value[0]
    elif attribute == "audio_path" and value:
        values[attribute], values["more_audio"] = value[0], value[1:]


@lru_cache(maxsize=64)
def _intern(names: tuple[str, ...]) -> tuple[str, ...]:
    """One tuple of names for all records of the same form, to save memory."""
    return names


def _builtins(value: Any) -> Any:
    """A value as the JSON decoder gives it."""
    if not isinstance(value, tuple):
        return value
    if value and isinstance(value[0], Criterion):
        return [{**msgspec.structs.asdict(row), "choices": list(row.choices)} for row in value]
    return list(value)


def _excerpt(value: object, limit: int = 120) -> str:
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    return text if len(text) <= limit else f"{text[:limit]}…"
