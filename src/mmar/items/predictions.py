"""Predictions: what a model said, as it lies in a file.

A prediction is either a whole record of the benchmark with one of `PREDICTION_KEYS` added, or only `id`,
the key and perhaps `thinking_prediction`, joined to a benchmark by id. A run's `answers.jsonl` is of the
second kind; a line there that carries `failure` says that no answer came.

The reader decodes only what scoring needs, since files of a million records are read through it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from mmar.errors import InputError, UsageError
from mmar.items.decoding import decode_python_json, decode_record, not_utf8, types_in_words
from mmar.items.item import MAX_CHOICES, Question, check_question
from mmar.items.records import raw_records

__all__ = ["PREDICTION_KEYS", "KeyChoice", "Prediction", "PredictionReader", "choose_key", "first_names"]

PREDICTION_KEYS = ("answer_prediction", "model_prediction", "model_output")
"""MMAR's key since 2026, its older key, and MMAU's, in order of preference."""


class Prediction(msgspec.Struct, frozen=True, gc=False):
    """One record of a predictions file.

    Attributes:
        id: the item's id; empty only where it is read as the published script reads it.
        text: what the model said, byte for byte; `None` when no answer came (`null`, or a failure).
        asked: whether the record has the prediction key at all.
        failure: the kind of failure, where the record names one.
        whole: the question, when the record is a whole one; else `None`.
    """

    id: str
    text: str | None
    asked: bool
    failure: str | None
    whole: Question | None


class KeyChoice(msgspec.Struct, frozen=True):
    """Which prediction key is read, and why.

    Attributes:
        key: the record's field that holds the prediction.
        reason: one sentence for the person; empty when there was nothing to choose.
    """

    key: str
    reason: str = ""


def choose_key(found: Sequence[str], asked: str | None = None) -> KeyChoice:
    """Choose the field that predictions are read from.

    Args:
        found: the names of the fields of the file's first records.
        asked: the key that the person named, if any; it may be any name.
    """
    if asked is not None:
        return KeyChoice(asked)
    present = [key for key in PREDICTION_KEYS if key in found]
    if len(present) > 1:
        others = " and ".join(f"“{key}”" for key in present[1:])
        reason = f"the file has {others} too; “{present[0]}” is MMAR's newer key; choose another with --key"
        return KeyChoice(present[0], reason)
    return KeyChoice(present[0] if present else PREDICTION_KEYS[0])


class PredictionReader:
    """Decodes records of a predictions file.

    Args:
        key: the field that holds the prediction.
        file: the name to put into errors.
        as_published: read as the published script does: a record needs no id, and what stands in its choices and
            answer is not looked at.
    """

    def __init__(self, key: str, file: str, *, as_published: bool = False) -> None:
        if key in _TAKEN:
            raise UsageError(f"--key {key}: that field holds part of the question, not a prediction")
        self.key, self.file, self._as_published = key, file, as_published
        # The prediction's key is not known before the file is seen, so the record's type is made for it.
        self._type = msgspec.defstruct(
            "PredictionRecord",
            [
                ("id", str | None, None),
                ("text", str | None | UnsetType, UNSET),
                ("choices", tuple[str, ...] | None, None),
                ("answer", str | None, None),
                ("question", str | None, None),
                ("modality", _Label, None),
                ("task", _Label, None),
                ("category", _Label, None),
                ("sub_category", _Label, None),
                ("failure", dict[str, object] | None, None),
            ],
            bases=(Question,),
            frozen=True,
            gc=False,
            rename={"text": key, "sub_category": "sub-category"},
        )
        self._decode = msgspec.json.Decoder(self._type).decode

    def read(self, text: bytes, line: int) -> Prediction:
        """Decode one record.

        Raises:
            InputError: broken JSON, a field that is missing or of the wrong type, too few choices, an answer that
                is not among them.
        """
        return self.prediction(self.record(text, line))

    def prediction(self, record: Any) -> Prediction:
        """What a record of `record` says."""
        whole = None if record.choices is None else record
        if record.failure is not None:
            return Prediction(record.id, None, True, str(record.failure.get("kind", "unknown")), whole)
        if record.text is UNSET:
            return Prediction(record.id or "", None, False, None, whole)
        return Prediction(record.id or "", record.text, True, None, whole)

    def record(self, text: bytes, line: int) -> Any:
        """Decode one record and leave it as it is, which is quicker: a `Question` with `id`, `text` and `failure`.

        Returns:
            The record. Its `choices` are `None` where it holds no question; its `text` is `UNSET` where it has no
            prediction.

        Raises:
            InputError: as `read`.
        """
        try:
            record: Any = self._decode(text)
        except msgspec.ValidationError as error:
            raise self._wrong_type(str(error), line) from None
        except (msgspec.DecodeError, RecursionError) as error:
            record = self._typed(decode_python_json(text, error, self.file, line), line)
        except UnicodeDecodeError as error:
            raise not_utf8(error, self.file, line) from None
        if not record.id and not self._as_published:
            raise InputError(
                "missing or empty",
                file=self.file,
                line=line,
                field="id",
                hint="give every record its item's id",
            )
        choices = record.choices
        if choices is None:
            return record
        if type(record.modality) is not str or type(record.category) is not str:
            record = self._labelled(record, line)
        elif type(record.sub_category) is tuple:
            record = msgspec.structs.replace(record, sub_category=_label(record.sub_category))
        answer = record.answer
        if answer is None:
            raise self._missing("answer", line)
        if (answer not in choices or not 2 <= len(choices) <= MAX_CHOICES) and not self._as_published:
            check_question(choices, answer, file=self.file, line=line)
        return record

    def _typed(self, value: Any, line: int) -> Any:
        try:
            return msgspec.convert(value, self._type)
        except msgspec.ValidationError as error:
            raise self._wrong_type(str(error), line) from None

    def _labelled(self, record: Any, line: int) -> Any:
        """A record with plain labels, whichever way they are spelled."""
        modality = _label(record.task if record.modality is None else record.modality)
        category, sub_category = _label(record.category), _label(record.sub_category)
        if record.answer is None or modality is None or category is None:
            field = "answer" if record.answer is None else "modality" if modality is None else "category"
            raise self._missing(field, line)
        return msgspec.structs.replace(
            record, modality=modality, category=category, sub_category=sub_category
        )

    def _missing(self, field: str, line: int) -> InputError:
        return InputError(
            "missing",
            file=self.file,
            line=line,
            field=field,
            hint="a record with choices must be whole; or give only id and prediction, with --benchmark",
        )

    def _wrong_type(self, message: str, line: int) -> InputError:
        # msgspec says e.g. "Expected `str | null`, got `int` - at `$.answer_prediction`".
        match = re.search(r" - at `\$\.?([^`]*)`$", message)
        field = match[1] if match else None
        problem = message[: match.start()] if match else message
        if not field:
            problem = f"a record must be a JSON object, got {problem.partition(', got ')[2]}"
        elif field == "id":
            problem = problem.replace(" | null", "")  # one that is null is missing
        hint = "write the prediction as a JSON string" if field == self.key else "correct the record"
        return InputError(
            types_in_words(problem),
            file=self.file,
            line=line,
            field=field or None,
            hint=f"{hint}, or use --lenient",
        )


_TAKEN = frozenset(
    ("id", "choices", "answer", "question", "modality", "task", "category", "sub-category", "failure")
)


# MMAU test-mini writes some categories as a list of one.
_Label = str | Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=1)] | None


def _label(value: str | tuple[str, ...] | None) -> str | None:
    return value[0] if isinstance(value, tuple) else value


def first_names(path: Path, count: int = 50) -> list[str]:
    """The field names of a file's first records, each once, in order of appearance.

    Raises:
        InputError: the file cannot be read at all. A broken record is passed over here; its reader names it.
    """
    names: dict[str, None] = {}
    for at, (line, text) in enumerate(raw_records(path)):
        if at >= count:
            break
        try:
            record = decode_record(text, path, line)
        except InputError:
            continue
        if isinstance(record, dict):
            names.update(dict.fromkeys(record))
    return list(names)
