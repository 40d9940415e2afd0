"""Reading one record by the names of its fields: the usual ones, or those of a layout.

Most logs are records that differ only in where each part is, so a layout is a table of paths. The usual names cover
scripts of papers, spreadsheets and mappings; a person names others with `--id doc.id` and `--key result.0.text`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import msgspec

from mmar.errors import InputError
from mmar.files.typed import json_type, text_or_none
from mmar.logs.record import (
    LogRecord,
    Row,
    finish_reason_of,
    ids_of,
    lookup,
    message_clip,
    message_text,
    options_in_prompt,
    read_content,
    unlettered,
    verdict_of,
)

_ANSWERS = (
    "answer_prediction", "model_prediction", "raw_response", "raw_output", "full_response", "raw_prediction",
    "model_response", "model_output", "model_answer", "llm_output", "inference", "llm_response", "response", "reply", "output",
    "output_text", "completion", "generated_text", "generated", "generation", "prediction", "predicted_answer",
    "answer_pred", "pred_answer", "predicted", "pred", "hypothesis", "responses", "outputs",
    "generations", "completions", "predictions",
)  # fmt: skip
"""Names of the field with the answer, whole texts before what a program read from them."""


class Fields(msgspec.Struct, frozen=True):
    """Paths (`lookup`) of the parts of a `LogRecord`; the first with a value counts.

    `ids` is empty for the usual names, also in nested objects. Of a `question` that is a list of messages, the text of
    the last user message counts. `error` says why no answer came.
    """

    text: tuple[str, ...] = _ANSWERS
    ids: tuple[str, ...] = ()
    audio: tuple[str, ...] = (
        "audio_path", "audio_id", "audio", "wav_path", "audio_file", "audio_filename", "path", "file_name", "file",
        "wav", "audios",
    )  # fmt: skip
    question: tuple[str, ...] = (
        "question", "prompt", "instruction", "query", "input", "input_text", "messages",
    )  # fmt: skip
    choices: tuple[str, ...] = ("shown_choices", "choices", "options", "multi-choice", "candidates")
    thinking: tuple[str, ...] = ("thinking_prediction", "thinking", "reasoning", "reasoning_content")
    finish_reason: tuple[str, ...] = ("finish_reason", "stop_reason")
    error: tuple[str, ...] = ("error.message", "error", "failure")
    verdict: tuple[str, ...] = (
        "is_correct", "correct", "match", "hit", "score", "acc", "accuracy", "result", "Judgement",
    )  # fmt: skip
    extracted: tuple[str, ...] = (
        "extracted_answer", "extracted", "parsed", "parsed_answer", "predicted", "pred", "prediction",
    )  # fmt: skip
    position: tuple[str, ...] = ()
    repeat: tuple[str, ...] = ()


USUAL = Fields()


def answer_field(names: Iterable[str]) -> str | None:
    """The name among these that is usual for the answer, whatever its case and separators, or `None`."""
    present = {re.sub(r"[\s-]+", "_", name.strip().casefold()): name for name in reversed(list(names))}
    return next((present[name] for name in _ANSWERS if name in present), None)


def has_answer(names: Collection[str], key: str | None) -> bool:
    """Whether the answer's field, named by a person or usual, is among these names."""
    return key in names if key else answer_field(names) is not None


def paths_of(row: Any, depth: int = 2) -> list[str]:
    """The paths of a record's values, those inside objects included, for messages."""
    paths: list[str] = []
    for name, value in row.items() if isinstance(row, Mapping) else ():
        inner = paths_of(value, depth - 1) if depth else []
        paths += [f"{name}.{each}" for each in inner] or [str(name)]
    return paths


def read_fields(row: Row, line: int, fields: Fields) -> LogRecord:
    """Read one record: a decoded object or the row of a table.

    Raises:
        InputError: the answer's field holds an object in which no text is found (code `no-text`).
    """
    value = _first(row, fields.text)
    content = read_content(value)
    error = _first(row, fields.error, _text)
    text = None if content.text == "" and error else content.text
    if isinstance(value, Mapping | list) and value and text is None and not error:
        name = next(name for name in fields.text if lookup(row, name) is value)
        inside = ", ".join(f"{name}.{path}" for path in paths_of(value)[:6])
        problem = f"expected the answer, found {json_type(value)} without a known text"
        hint = f"name the text in it with --key{f', such as {inside}' if inside else ''}"
        raise InputError(problem, line=line, field=name, code="no-text", hint=hint)
    prompt = _first(row, fields.question, _prompt)
    ids = tuple(_text(lookup(row, name)) for name in fields.ids) if fields.ids else ids_of(row)
    return LogRecord(
        line,
        text,
        ids=tuple(each for each in ids if each),
        audio=_first(row, fields.audio, _clip),
        question=prompt,
        choices=read_choices(row, fields.choices) or options_in_prompt(prompt),
        thinking=content.thinking or _first(row, fields.thinking, _text) or "",
        finish_reason=finish_reason_of(_first(row, fields.finish_reason)),
        failure=error if text is None else None,
        verdict=None if text is None else _first(row, fields.verdict, verdict_of),
        extracted=_first(row, (name for name in fields.extracted if name not in fields.text[:1]), _text),
        position=_number(_first(row, fields.position)),
        repeat=_number(_first(row, fields.repeat)),
        further=content.further,
    )


def _first(row: Row, names: Iterable[str], parse: Callable[[Any], Any] = lambda value: value) -> Any:
    """The first of some fields of a record from which a value can be parsed."""
    values = (parse(lookup(row, name)) for name in names)
    return next((value for value in values if value is not None), None)


def _text(value: object) -> str | None:
    return text_or_none(value) or None


def _prompt(value: object) -> str | None:
    return (message_text(value) if isinstance(value, list) else text_or_none(value)) or None


def _clip(value: Any) -> str | None:
    """A path or name of a clip, also in messages; of several the first, and never the clip itself."""
    while isinstance(value, list | Mapping) and value:
        if isinstance(value, Mapping):
            value = value.get("path")
        else:
            value = message_clip(value) if lookup(value, "0.role") else value[0]
    usable = isinstance(value, str) and 0 < len(value) < 4096 and "\n" not in value
    return value if usable and not value.startswith(("data:", "attachment:")) else None


def _number(value: object) -> int | None:
    text = text_or_none(value)
    return int(text) if text is not None and re.fullmatch(r"\d{1,18}", text) else None


def read_choices(row: Row, names: Iterable[str] = USUAL.choices) -> tuple[str, ...] | None:
    """The choices of a record: a list, its text in a table's cell, or a column for each."""
    for name in names:
        value = lookup(row, name)
        if isinstance(value, str) and value.startswith("["):
            value = _list_in_text(value)
        if isinstance(value, list) and len(value) > 1 and all(isinstance(choice, str) for choice in value):
            return unlettered(value)
    for stem, first in (("", "A"), ("choice_", "1"), ("choice_", "a"), ("option_", "a")):
        columns: list[str] = []
        while text := text_or_none(row.get(f"{stem}{chr(ord(first) + len(columns))}")):
            columns.append(text)
        if len(columns) > 1:
            return tuple(columns)
    return None


def _list_in_text(text: str) -> object:
    """A list as JSON or as Python writes it."""
    for decode in (msgspec.json.decode, ast.literal_eval):
        try:
            return decode(text)
        except (msgspec.DecodeError, ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return None
