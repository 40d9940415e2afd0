"""The logs of evaluation programs that hold one JSON object an answer, one reader a program.

A reader recognises a record by the fields that only its program writes. Each says with which release its layout was
written; the tests read files that those releases wrote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from mmar.logs.record import (
    LogRecord,
    Row,
    content_of,
    finish_reason_of,
    ids_of,
    lookup,
    message_text,
    options_in_prompt,
    text_or_none,
    unlettered,
)

__all__ = ["PROGRAMS", "Program"]

_T = TypeVar("_T")


class Program(msgspec.Struct, frozen=True):
    """How the records of one program are recognised and read.

    Attributes:
        name: of the program.
        matches: whether a record is of this program.
        read: the record as a `LogRecord`; `None` for one that holds no answer.
    """

    name: str
    matches: Callable[[Row], bool]
    read: Callable[[Row, int], LogRecord | None]


# What a program writes in the place of an answer when the request failed for good.
_LMMS_EVAL_FAILURE = "[LMMS_EVAL_REQUEST_FAILED"


def _lmms_eval(row: Row, line: int) -> LogRecord:
    """Logs of lmms-eval 0.7.3 with `--log_samples`: `doc_id`, `target`, `filtered_resps`, `input`, a value a metric.

    `resps` holds the raw answer where it differs from the filtered one; `doc` is the data set's record, which earlier
    releases wrote. A metric is a number, or an object with a score and fields of the data set.
    """
    doc = row.get("doc") if isinstance(row.get("doc"), Mapping) else {}
    assert isinstance(doc, Mapping)
    metrics = {name: value for name, value in row.items() if name not in _LMMS_EVAL_FIELDS}
    objects = [value for value in metrics.values() if isinstance(value, Mapping)]
    texts = _texts(row.get("resps")) or _texts(row.get("filtered_resps"))
    text = next(iter(texts), None)
    if text is None:
        text = next((text for each in objects if (text := text_or_none(each.get("raw_response")))), None)
    failed = text is None or text.startswith(_LMMS_EVAL_FAILURE)
    prompt = text_or_none(row.get("input")) or text_or_none(lookup(row, "arguments.0.0"))
    scores = [each.get(name) for each in objects for name in ("score", "overall", "correct", "acc")]
    scores += [value for name, value in metrics.items() if re.search("acc|match|score|correct", name)]
    ids = tuple(each for place in (doc, *objects) for each in ids_of(place))
    return LogRecord(
        line,
        None if failed else text,
        id=ids[0] if ids else None,
        other_ids=ids[1:],
        position=row["doc_id"] if isinstance(row["doc_id"], int) else None,
        audio=_first(
            _path(each.get(name)) for each in (doc, *objects) for name in ("audio_path", "audio_id")
        ),
        question=text_or_none(doc.get("question")) or prompt,
        choices=options_in_prompt(prompt) or _choices(doc.get("choices", doc.get("options"))),
        failure=(text or "the log holds no answer") if failed else None,
        verdict=_first(map(_verdict, scores)),
        extracted=_first(
            text_or_none(each.get(name))
            for each in objects
            for name in ("prediction", "pred", "model_prediction")
        ),
        further=max(len(texts) - 1, 0),
    )


def _evalscope(row: Row, line: int) -> LogRecord:
    """Logs of evalscope 1.14.1: `predictions/MODEL/*.jsonl` (`model_output`) and `reviews/MODEL/*.jsonl` (`sample_score`).

    With `repeats` an item has several records with an index each.
    """
    metadata = row.get("metadata") or lookup(row, "sample_score.sample_metadata") or {}
    prompt = message_text(row.get("messages"))
    content = lookup(row, "model_output.choices.0.message.content")
    if content is None:
        content = message_text(row.get("messages"), "assistant")
    if content is None:
        content = lookup(row, "sample_score.score.prediction")
    text, thinking = content_of(content)
    error = text_or_none(lookup(row, "model_output.error"))
    score = lookup(row, "sample_score.score.value")
    name = text_or_none(lookup(row, "sample_score.score.main_score_name"))
    value = score.get(name or "", next(iter(score.values()), None)) if isinstance(score, Mapping) else None
    ids = ids_of(metadata)
    index, group, repeat = (
        value if isinstance(value, int) else None
        for value in (
            row["index"],
            lookup(row, "sample_score.group_id"),
            lookup(row, "sample_score.generation_index"),
        )
    )
    return LogRecord(
        line,
        None if content is None or error else text,
        id=ids[0] if ids else None,
        other_ids=ids[1:],
        position=index if group is None else group,
        repeat=index if repeat is None else repeat,
        audio=_path(lookup(metadata, "audio_path") or lookup(metadata, "audio_id")),
        question=prompt,
        choices=options_in_prompt(prompt),
        thinking=thinking,
        finish_reason=finish_reason_of(lookup(row, "model_output.choices.0.stop_reason")),
        failure=error or ("the log holds no answer" if content is None else None),
        verdict=_verdict(value),
        extracted=text_or_none(lookup(row, "sample_score.score.extracted_prediction")),
    )


def _ms_swift(row: Row, line: int) -> LogRecord:
    """Results of ms-swift 4.6.0, `swift infer --result_path`: `response`, `labels`, `messages`, `audios`."""
    prompt = message_text(row.get("messages"))
    audio = row.get("audios")
    first = audio[0] if isinstance(audio, list) and audio else audio
    return LogRecord(
        line,
        text_or_none(row.get("response")),
        id=next(iter(ids_of(row)), None),
        other_ids=ids_of(row)[1:],
        audio=_path(first.get("path") if isinstance(first, Mapping) else first),
        question=prompt,
        choices=options_in_prompt(prompt),
        finish_reason=finish_reason_of(row.get("finish_reason")),
        failure=None if isinstance(row.get("response"), str) else "the log holds no answer",
    )


def _openai_batch(row: Row, line: int) -> LogRecord:
    """Output of OpenAI's batch API: `custom_id`, `response.body` (chat completions or responses), `error`.

    Source: platform.openai.com/docs/guides/batch, read 2026-11.
    """
    body = lookup(row, "response.body") or {}
    message = lookup(body, "choices.0.message") or {}
    text, thinking = content_of(message.get("content") if isinstance(message, Mapping) else None)
    if isinstance(body, Mapping) and isinstance(body.get("output"), list):
        parts = [
            part for part in body["output"] if isinstance(part, Mapping) and part.get("type") == "message"
        ]
        text = "\n".join(content_of(part.get("content"))[0] for part in parts)
    choices = body.get("choices") if isinstance(body, Mapping) else None
    status = lookup(row, "response.status_code")
    error = lookup(row, "error.message") or lookup(body, "error.message")
    failed = bool(row.get("error")) or (isinstance(status, int) and status >= 400) or not body
    return LogRecord(
        line,
        None if failed else text,
        id=text_or_none(row.get("custom_id")),
        thinking=thinking or text_or_none(lookup(message, "reasoning_content")) or "",
        finish_reason=finish_reason_of(lookup(body, "choices.0.finish_reason"))
        or finish_reason_of(lookup(body, "incomplete_details.reason")),
        failure=(text_or_none(error) or f"status {status}") if failed else None,
        further=max(len(choices) - 1, 0) if isinstance(choices, list) else 0,
    )


def _is_gemini(row: Row) -> bool:
    """Whether a record is of Gemini's batch output; a blocked prompt has no candidates, a failed request no response."""
    response = row.get("response") if isinstance(row.get("response"), Mapping) else row
    return (
        not {"candidates", "promptFeedback", "usageMetadata"}.isdisjoint(response or ())
        or ("key" in row and isinstance(row.get("error"), Mapping))
        or {"request", "status", "processed_time"} <= set(row)
    )


def _gemini_batch(row: Row, line: int) -> LogRecord:
    """Output of Gemini's batch API: `key` and `response` (or `error`); Vertex AI writes `request` and `status` beside it.

    Lines without a key are in the order of the requests.

    Source: ai.google.dev/gemini-api/docs/batch-api and the BatchJobDestination type of its client, read 2026-11.
    """
    response = row.get("response") if isinstance(row.get("response"), Mapping) else row
    parts = lookup(response, "candidates.0.content.parts")
    text: list[str] = []
    thinking: list[str] = []
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, Mapping) and isinstance(part.get("text"), str):
            (thinking if part.get("thought") else text).append(part["text"])
    error = (
        lookup(row, "error.message") or lookup(response, "promptFeedback.blockReason") or row.get("status")
    )
    candidates = lookup(response, "candidates")
    request = lookup(row, "request.contents.0.parts")
    prompt = "\n".join(
        part["text"]
        for part in (request if isinstance(request, list) else ())
        if isinstance(part, Mapping) and isinstance(part.get("text"), str)
    )
    return LogRecord(
        line,
        "".join(text) if text else None,
        id=next(iter(ids_of(row)), None),
        other_ids=ids_of(row)[1:],
        question=prompt or None,
        choices=options_in_prompt(prompt),
        thinking="".join(thinking),
        finish_reason=finish_reason_of(lookup(response, "candidates.0.finishReason")),
        failure=None if text else text_or_none(error) or "the log holds no answer",
        further=max(len(candidates) - 1, 0) if isinstance(candidates, list) else 0,
    )


def _sglang_omni(row: Row, line: int) -> LogRecord:
    """Results of sglang-omni's audio benchmarks (MMAR, MMAU, MMSU): `*_results.json`, `*_predictions.jsonl` and CSV.

    Source: `benchmarks/tasks/audio_understanding.py` of sgl-project/sglang-omni at 1b4b375, read 2026-11. Its letters
    are those of its data set's choices in their order; an unsuccessful request has an empty answer and an error.
    """
    answered = _true(row.get("is_success")) or bool(row.get("raw_response"))
    return LogRecord(
        line,
        text_or_none(row.get("raw_response")) if answered else None,
        id=text_or_none(row["sample_id"]),
        failure=None if answered else text_or_none(row.get("error")) or "the log holds no answer",
        verdict=_true(row.get("is_correct")) if answered else None,
        extracted=text_or_none(row.get("predicted_answer")) or None,
    )


_LMMS_EVAL_FIELDS = frozenset(
    [
        "doc_id",
        "doc",
        "target",
        "arguments",
        "resps",
        "filtered_resps",
        "token_counts",
        "doc_hash",
        "input",
        "input_media",
    ]
)

PROGRAMS = (
    Program(
        "lmms-eval", lambda row: "doc_id" in row and ("resps" in row or "filtered_resps" in row), _lmms_eval
    ),
    Program(
        "evalscope",
        lambda row: "index" in row and ("model_output" in row or "sample_score" in row) and "messages" in row,
        _evalscope,
    ),
    Program(
        "sglang-omni",
        lambda row: "sample_id" in row and "raw_response" in row and "is_parseable" in row,
        _sglang_omni,
    ),
    Program("ms-swift", lambda row: "response" in row and "messages" in row and "labels" in row, _ms_swift),
    Program(
        "OpenAI batch output",
        lambda row: "custom_id" in row and ("response" in row or "error" in row),
        _openai_batch,
    ),
    Program("Gemini batch output", _is_gemini, _gemini_batch),
)


def _texts(value: object) -> list[str]:
    """The texts in nested lists; none of lists of likelihoods."""
    if isinstance(value, str):
        return [value]
    return [text for each in (value if isinstance(value, list) else ()) for text in _texts(each)]


def _first(values: Iterable[_T | None]) -> _T | None:
    return next((value for value in values if value is not None), None)


def _choices(value: object) -> tuple[str, ...] | None:
    if isinstance(value, list) and len(value) > 1 and all(isinstance(choice, str) for choice in value):
        return unlettered(value)
    return None


def _path(value: Any) -> str | None:
    return (
        value
        if isinstance(value, str) and value and len(value) < 4096 and not value.startswith("data:")
        else None
    )


def _true(value: object) -> bool:
    """A truth value, which a CSV has as text."""
    return value is True or (isinstance(value, str) and value.casefold() == "true")


def _verdict(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    return None
