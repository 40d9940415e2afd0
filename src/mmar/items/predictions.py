"""Prediction files: the answers of a model, one record per item.

A record is either a whole record of the benchmark with one of `PREDICTION_KEYS` added, or only `id`, the key and
perhaps `thinking_prediction`, joined to a benchmark by id. A run's `answers.jsonl` is of the second kind; a line with
`failure` there says that no answer came.

The reader decodes only what scoring needs, since files of a million records are read through it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from mmar.errors import InputError, UsageError
from mmar.files.typed import convert, decode_json, json_type, text_or_none
from mmar.items.item import LENIENT, MAX_CHOICES, Question, check_question, record_error

PREDICTION_KEYS = ("answer_prediction", "model_prediction", "model_output")
"""MMAR's key since 2026, its older key, and MMAU's, in order of preference."""


class Prediction(msgspec.Struct, frozen=True, gc=False):
    """One record of a predictions file.

    Attributes:
        id: the item's id; empty only with `as_published`.
        text: the model's answer, unchanged; `None` if there is none (`null`, or a failure).
        has_prediction: whether the record has the prediction key at all.
        failure: the kind of failure, if the record has one.
        whole: the question, if the record contains it.
        choice_order: the choices in the order of the prompt; `None` for the item's own order.
        cut_off: whether the record's `finish_reason` says that the token limit ended the answer.
    """

    id: str
    text: str | None
    has_prediction: bool
    failure: str | None
    whole: Question | None
    choice_order: tuple[str, ...] | None = None
    cut_off: bool = False


TOKEN_LIMIT_REASONS = frozenset(
    ("length", "max_tokens", "max_output_tokens", "model_length", "max_new_tokens", "token_limit")
)
"""Finish reasons that say that the token limit ended an answer, in lower case."""


class PredictionField(msgspec.Struct, frozen=True):
    """The field that predictions are read from, and why: a sentence, empty if the file has only one such field."""

    key: str
    reason: str = ""


def choose_field(names: Sequence[str], requested: str | None = None) -> PredictionField:
    """Choose the field that predictions are read from, by the field names of a file's first records."""
    if requested is not None:
        return PredictionField(requested)
    present = [key for key in PREDICTION_KEYS if key in names]
    if len(present) > 1:
        others = " and ".join(f'"{key}"' for key in present[1:])
        reason = f"the file also has {others}, which --key selects"
        return PredictionField(present[0], reason)
    return PredictionField(present[0] if present else PREDICTION_KEYS[0])


def is_cut_off(finish_reason: object) -> bool:
    """Whether a finish reason says that the token limit ended the answer."""
    return isinstance(finish_reason, str) and finish_reason.lower() in TOKEN_LIMIT_REASONS


class PredictionReader:
    """Decodes records of a predictions file, whose field `key` has the prediction.

    With `as_published`, a record needs no id, and its choices and answer are not checked, as in the published script.
    """

    def __init__(self, key: str, file: str, *, as_published: bool = False) -> None:
        if key in _RESERVED:
            raise UsageError(
                f'the field "{key}" is part of the question, not a prediction', code="not-a-prediction-key"
            )
        self.key, self.file, self._as_published = key, file, as_published
        # The prediction's key is known only now, so the record's type is made for it.
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
                ("finish_reason", object, None),
            ],
            frozen=True,
            gc=False,
            rename={"text": key, "sub_category": "sub-category"},
        )
        self._decode = msgspec.json.Decoder(self._type).decode

    def read(self, text: bytes, line: int) -> Prediction:
        """Decode one record; raises as `record`."""
        return self.prediction(self.record(text, line))

    def prediction(self, record: Any) -> Prediction:
        """The prediction in a record that `record` returned."""
        whole = None if record.choices is None else record
        if record.failure is not None:
            return Prediction(record.id, None, True, str(record.failure.get("kind", "unknown")), whole)
        if record.text is UNSET:
            return Prediction(record.id or "", None, False, None, whole)
        return Prediction(
            record.id or "", record.text, True, None, whole, cut_off=is_cut_off(record.finish_reason)
        )

    def record(self, text: bytes, line: int) -> Any:
        """Decode one record without making a `Prediction` of it, which is faster.

        Returns:
            A `Question` with `id`, `text` and `failure`. Its `choices` are `None` if the record contains no question,
            its `text` is `UNSET` if it contains no prediction.

        Raises:
            InputError: invalid JSON, a field that is missing or of the wrong type, too few choices, an answer that
                is not one of them.
        """
        try:
            record: Any = self._decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            record = self._decode_carefully(text, line)
        if not record.id and not self._as_published:
            error = record_error(
                "missing or empty", "missing-field", "id", "every record needs its item's id"
            )
            raise error.located(self.file, line)
        choices = record.choices
        if choices is None:
            return record
        if type(record.modality) is not str or type(record.category) is not str:
            record = self._with_plain_labels(record, line)
        elif type(record.sub_category) is tuple:
            record = msgspec.structs.replace(record, sub_category=_label(record.sub_category))
        answer = record.answer
        if answer is None:
            raise self._missing_error("answer", line)
        if (answer not in choices or not 2 <= len(choices) <= MAX_CHOICES) and not self._as_published:
            try:
                check_question(record, answer)
            except InputError as error:
                raise error.located(self.file, line) from None
        return record

    def _decode_carefully(self, text: bytes, line: int) -> Any:
        """Decode what the fast decoder refused: NaN, Infinity and numbers as answers; anything else is an error."""
        value = decode_json(text, file=self.file, line=line, hint=LENIENT)
        if not isinstance(value, dict):
            error = record_error(f"a record must be a JSON object, found {json_type(value)}", "not-an-object")
            raise error.located(self.file, line)
        answer, hint = value.get(self.key), LENIENT
        if isinstance(answer, int | float) and (number := text_or_none(answer)) is not None:
            value[self.key] = number
        elif isinstance(answer, dict):
            hint = f"name the text in it: --key {self.key}.{next(iter(answer), '...')}"
        elif not isinstance(answer, str):
            hint = "write the prediction as a JSON string, or use --lenient"
        return convert(value, self._type, file=self.file, line=line, hint=hint)

    def _with_plain_labels(self, record: Any, line: int) -> Any:
        """A record with labels as plain strings, in either of their spellings."""
        modality = _label(record.task if record.modality is None else record.modality)
        category, sub_category = _label(record.category), _label(record.sub_category)
        if record.answer is None or modality is None or category is None:
            field = "answer" if record.answer is None else "modality" if modality is None else "category"
            raise self._missing_error(field, line)
        return msgspec.structs.replace(
            record, modality=modality, category=category, sub_category=sub_category
        )

    def _missing_error(self, field: str, line: int) -> InputError:
        hint = "a record with choices must be complete; or give only id and prediction, with --benchmark"
        if field == "answer":
            hint = (
                "a benchmark whose answers are withheld is submitted (mmar submit), not scored; otherwise complete "
                "the record, or give only id and prediction, with --benchmark"
            )
        return record_error("missing", "missing-field", field, hint).located(self.file, line)


_RESERVED = frozenset(
    ("id", "choices", "answer", "question", "modality", "task", "category", "sub-category", "failure")
)


# MMAU test-mini writes some categories as a list of one.
_Label = str | Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=1)] | None


def _label(value: str | tuple[str, ...] | None) -> str | None:
    return value[0] if isinstance(value, tuple) else value
