"""Logs without a known program: records, tables and mappings whose fields are found by their usual names.

This covers scripts of papers (MiMo-Audio-Eval and SAKURA's among them), spreadsheets, `{id: answer}` and answers in
the benchmark's order. The fields can be named: `--id doc.id`, `--key result.0.text`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from mmar.logs.record import (
    LogRecord,
    Row,
    content_of,
    finish_reason_of,
    ids_of,
    lookup,
    options_in_prompt,
    text_or_none,
    unlettered,
)

__all__ = ["ANSWER_FIELDS", "answer_field", "from_mapping", "from_row", "is_vlmevalkit", "nested_rows"]

ANSWER_FIELDS = (
    "answer_prediction",
    "model_prediction",
    "raw_response",
    "raw_output",
    "full_response",
    "raw_prediction",
    "model_response",
    "model_output",
    "model_answer",
    "response",
    "output",
    "completion",
    "generated_text",
    "generation",
    "prediction",
    "predicted_answer",
    "predicted",
    "pred",
    "responses",
    "outputs",
    "generations",
    "completions",
    "predictions",
)
"""Names of the field that holds the answer, whole texts before what a program read from them."""

_AUDIO = (
    "audio_path",
    "audio_id",
    "audio",
    "wav_path",
    "audio_file",
    "audio_filename",
    "path",
    "file_name",
    "file",
    "wav",
)
_QUESTIONS = ("question", "prompt", "instruction", "query", "input")
_CHOICES = ("shown_choices", "choices", "options", "multi-choice", "candidates")
_VERDICTS = ("is_correct", "correct", "match", "hit", "score", "acc", "accuracy", "result", "Judgement")
_EXTRACTED = ("extracted_answer", "extracted", "parsed", "parsed_answer", "predicted", "pred", "prediction")
_LISTS = (
    "results",
    "samples",
    "per_sample",
    "predictions",
    "responses",
    "outputs",
    "records",
    "items",
    "data",
    "details",
)

# A key that is one of these names a field of a single record, not an item.
_FIELD_NAMES = frozenset((*ANSWER_FIELDS, *_QUESTIONS, *_CHOICES, "id", "item_id", "uid", "key", "answer"))

# What VLMEvalKit writes in the place of an answer when the request failed.
_VLMEVALKIT_FAILURE = "Failed to obtain answer"
_CIRCULAR = 1_000_000  # VLMEvalKit adds it to the index for each rotation of the choices


def answer_field(names: Iterable[str]) -> str | None:
    """The name among these that holds the answer by its usual spelling, or `None`."""
    present = {name.casefold(): name for name in names}
    return next((present[name] for name in ANSWER_FIELDS if name in present), None)


def is_vlmevalkit(row: Iterable[str]) -> bool:
    """Whether a row, or its field names, are of a table that VLMEvalKit writes."""
    return {"index", "question", "A", "B", "prediction"} <= set(row)


def from_row(row: Row, line: int, *, key: str, id_field: str | None = None) -> LogRecord:
    """A record from a row whose fields have usual names.

    Args:
        row: decoded object or table row.
        line: 1-based position.
        key: path of the field with the answer.
        id_field: path of the field with the item's id; by default the first of the usual names.
    """
    value = lookup(row, key)
    text, thinking = (value, "") if isinstance(value, str) else content_of(value)
    answer = text if isinstance(value, list) and text else text_or_none(value)
    further = (
        len(value) - 1 if isinstance(value, list) and all(isinstance(each, str) for each in value) else 0
    )
    if further > 0:
        answer = value[0]
    error = _first(row, ("error", "failure"))
    if is_vlmevalkit(row) and answer is not None and answer.startswith(_VLMEVALKIT_FAILURE):
        answer, error = None, answer
    index = row.get("index") if is_vlmevalkit(row) else None
    index = int(index) if isinstance(index, int | float | str) and re.fullmatch(r"\d+", str(index)) else None
    prompt = _first(row, _QUESTIONS)
    names = {name for name in row if name != key}
    ids = (text_or_none(lookup(row, id_field)),) if id_field else ids_of(row)
    return LogRecord(
        line,
        answer,
        id=ids[0] if ids else None,
        other_ids=tuple(each for each in ids[1:] if each is not None),
        position=None if index is None else index % _CIRCULAR,
        repeat=None if index is None else index // _CIRCULAR,
        further=max(further, 0),
        audio=_first(row, _AUDIO),
        question=prompt,
        choices=_choices(row) or options_in_prompt(prompt),
        thinking=thinking
        or _first(row, ("thinking_prediction", "thinking", "reasoning", "reasoning_content"))
        or "",
        finish_reason=finish_reason_of(row.get("finish_reason", row.get("stop_reason"))),
        failure=None if answer is not None else error or "the log holds no answer",
        verdict=next(
            (verdict for name in _VERDICTS if (verdict := _verdict(row.get(name))) is not None), None
        ),
        extracted=next((text_or_none(row[name]) for name in _EXTRACTED if name in names), None),
    )


def from_mapping(value: Mapping[str, Any]) -> list[Row] | None:
    """The rows of `{id: answer}` or `{id: {fields}}`; `None` if the object is neither."""
    if not value or any(name.casefold() in _FIELD_NAMES for name in value):
        return None
    if all(each is None or isinstance(each, str) for each in value.values()):
        return [{"id": name, "answer_prediction": each} for name, each in value.items()]
    if all(isinstance(each, Mapping) and answer_field(each) for each in value.values()):
        return [{"id": name, **each} for name, each in value.items()]
    return None


def nested_rows(value: Mapping[str, Any]) -> list[Any] | None:
    """The list of records that stands under a usual name, or the only list of objects there is."""
    lists = {
        name: each
        for name, each in value.items()
        if isinstance(each, list) and each and isinstance(each[0], Mapping)
    }
    for name in _LISTS:
        if name in lists:
            return lists[name]
    if len(lists) == 1:
        return next(iter(lists.values()))
    for name in _LISTS:  # `{"results": {clip: {"instruction", "response"}}}`, as SAKURA's evaluation reads it
        mapping = value.get(name)
        if isinstance(mapping, Mapping) and (rows := from_mapping(mapping)):
            return rows
    inner = [nested_rows(each) for each in value.values() if isinstance(each, Mapping)]
    found = [rows for rows in inner if rows]
    return found[0] if len(found) == 1 else None


def _first(row: Row, names: Iterable[str]) -> str | None:
    for name in names:
        value = row.get(name)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        text = text_or_none(value)
        if text not in (None, ""):
            return text
    return None


def _choices(row: Row) -> tuple[str, ...] | None:
    for name in _CHOICES:
        value = row.get(name)
        if isinstance(value, str) and value.startswith("["):  # a list in a table's cell
            value = _json_list(value)
        if isinstance(value, list) and len(value) > 1 and all(isinstance(choice, str) for choice in value):
            return unlettered(value)
    for first in ("A", "choice_1", "choice_a", "option_a"):
        columns = _columns(row, first)
        if len(columns) > 1:
            return tuple(columns)
    return None


def _json_list(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None


def _columns(row: Row, first: str) -> list[str]:
    """Choices in columns `A`, `B`, ... or `choice_1`, `choice_2`, ... up to the first that is missing or empty."""
    columns = []
    for index in range(26):
        name = (
            first[:-1] + chr(ord(first[-1]) + index)
            if not first.endswith("1")
            else f"{first[:-1]}{index + 1}"
        )
        value = text_or_none(row.get(name))
        if value in (None, ""):
            break
        columns.append(str(value))
    return columns


def _verdict(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.casefold() in (
        "true",
        "false",
        "correct",
        "incorrect",
        "0",
        "1",
        "1.0",
        "0.0",
    ):
        return value.casefold() in ("true", "correct", "1", "1.0")
    return None
