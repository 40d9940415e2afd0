"""The logs of evaluation programs that have one record an answer, told apart by fields that only their program writes.

Each says with which release its layout was written; the tests read files that those releases wrote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from mmar.files.typed import text_or_none
from mmar.logs.fields import USUAL, Fields, read_choices, read_fields
from mmar.logs.record import LogRecord, Row, ids_of, lookup, options_in_prompt, verdict_of


class Program(msgspec.Struct, frozen=True):
    """How the records of one program are recognised and read.

    Attributes:
        matches: whether a record is of this program.
        adjust: corrects a record for what paths alone do not say.
        failure: how the text begins that replaces an answer after a failed request.
    """

    name: str
    matches: Callable[[Row], bool]
    fields: Fields = USUAL
    adjust: Callable[[LogRecord, Row], LogRecord] = lambda record, _: record
    failure: str = ""

    def read(self, row: Row, line: int) -> LogRecord:
        """Read one record; errors as `read_fields`."""
        record = self.adjust(read_fields(row, line, self.fields), row)
        if self.failure and (record.text or "").startswith(self.failure):
            return msgspec.structs.replace(record, text=None, failure=record.text)
        return record


def _adjust_lmms_eval(record: LogRecord, row: Row) -> LogRecord:
    """Clip, ids and verdicts stand in `doc` or in the metrics: numbers, or objects with a score and fields of the data."""
    metrics = {name: value for name, value in row.items() if name not in _LMMS_EVAL_FIELDS}
    objects = [row.get("doc"), *(value for value in metrics.values() if isinstance(value, Mapping))]

    def first_text(*names: str) -> str | None:
        texts = (text_or_none(lookup(each, name)) for each in objects for name in names)
        return next((text for text in texts if text), None)

    answers = _texts(row.get("resps")) or _texts(row.get("filtered_resps"))
    scores = [verdict_of(each) for each in objects[1:]]
    scores += [
        verdict_of(value) for name, value in metrics.items() if re.search("acc|match|score|correct", name)
    ]
    doc = row["doc"] if isinstance(row.get("doc"), Mapping) else {}
    return msgspec.structs.replace(
        record,
        text=answers[0] if answers else first_text("raw_response"),
        ids=tuple(name for each in objects for name in ids_of(each)),
        audio=first_text("audio_path", "audio_id"),
        question=text_or_none(doc.get("question")) or record.question,
        choices=options_in_prompt(record.question) or read_choices(doc),
        verdict=next((score for score in scores if score is not None), None),
        extracted=first_text("prediction", "pred", "model_prediction"),
        further=max(len(answers) - 1, 0),
    )


_LMMS_EVAL_FIELDS = frozenset((
    "doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "token_counts", "doc_hash", "input", "input_media",
))  # fmt: skip


def _texts(value: object) -> list[str]:
    """The texts in nested lists; none of lists of likelihoods."""
    if isinstance(value, str):
        return [value]
    return [text for each in (value if isinstance(value, list) else ()) for text in _texts(each)]


def _adjust_evalscope(record: LogRecord, row: Row) -> LogRecord:
    """With several metrics the score's main one counts."""
    name = text_or_none(lookup(row, "sample_score.score.main_score_name")) or ""
    value = lookup(row, "sample_score.score.value")
    if isinstance(value, Mapping):
        value = value.get(name, next(iter(value.values()), None))
    metadata = row.get("metadata") or lookup(row, "sample_score.sample_metadata")
    return msgspec.structs.replace(record, ids=ids_of(metadata), verdict=verdict_of(value))


def _adjust_vlmevalkit(record: LogRecord, _: Row) -> LogRecord:
    """Each rotation of the choices adds a million to the index."""
    if record.position is None:
        return record
    repeat, position = divmod(record.position, 1_000_000)
    return msgspec.structs.replace(record, position=position, repeat=repeat)


def _is_gemini(row: Row) -> bool:
    """Whether a record is of Gemini's batch output; a blocked prompt has no candidates, a failed request no response."""
    response = row.get("response") if isinstance(row.get("response"), Mapping) else row
    return (
        not {"candidates", "promptFeedback", "usageMetadata"}.isdisjoint(response or ())
        or ("key" in row and isinstance(row.get("error"), Mapping))
        or {"request", "status", "processed_time"} <= set(row)
    )


def _with(**paths: Any) -> Fields:
    return msgspec.structs.replace(USUAL, **paths)


_CHAT_FINISH = ("choices.0.finish_reason", "incomplete_details.reason")

PROGRAMS = (
    # lmms-eval 0.7.3 with `--log_samples`. `resps` is the raw answer where it differs from the filtered one; `doc` is
    # the data set's record, which earlier releases wrote.
    Program(
        "lmms-eval",
        lambda row: "doc_id" in row and ("resps" in row or "filtered_resps" in row),
        _with(text=(), question=("input", "arguments.0.0"), position=("doc_id",)),
        _adjust_lmms_eval,
        "[LMMS_EVAL_REQUEST_FAILED",
    ),
    # evalscope 1.14.1: `predictions/MODEL/*.jsonl` (`model_output`) and `reviews/MODEL/*.jsonl` (`sample_score`). With
    # `repeats` an item has several records; only reviews say which item (`group_id`), so the index is no position.
    Program(
        "evalscope",
        lambda row: "index" in row and ("model_output" in row or "sample_score" in row) and "messages" in row,
        _with(
            text=("model_output.choices.0.message", "messages", "sample_score.score.prediction"),
            question=("messages",),
            audio=(
                "metadata.audio_path",
                "metadata.audio_id",
                "sample_score.sample_metadata.audio_path",
                "sample_score.sample_metadata.audio_id",
            ),
            finish_reason=("model_output.choices.0.stop_reason",),
            error=("model_output.error",),
            extracted=("sample_score.score.extracted_prediction",),
            position=("sample_score.group_id",),
            repeat=("sample_score.generation_index", "index"),
        ),
        _adjust_evalscope,
    ),
    # sglang-omni's audio benchmarks: `*_results.json`, `*_predictions.jsonl` and CSV, written by
    # `benchmarks/tasks/audio_understanding.py` of sgl-project/sglang-omni at 1b4b375. A request that failed has an empty
    # answer and an error; letters are those of its data set's choices in their order.
    Program(
        "sglang-omni",
        lambda row: "sample_id" in row and "raw_response" in row and "is_parseable" in row,
        _with(text=("raw_response",), extracted=("predicted_answer",)),
    ),
    # ms-swift 4.6.0, `swift infer --result_path`.
    Program(
        "ms-swift",
        lambda row: "response" in row and "messages" in row and "labels" in row,
        _with(text=("response",), question=("messages",)),
    ),
    # OpenAI's batch API, chat completions or responses; platform.openai.com/docs/guides/batch, read 2026-11.
    Program(
        "OpenAI batch output",
        lambda row: "custom_id" in row and ("response" in row or "error" in row),
        _with(
            text=("response.body",),
            ids=("custom_id",),
            finish_reason=tuple(f"response.body.{path}" for path in _CHAT_FINISH),
            error=("error.message", "response.body.error.message"),
        ),
    ),
    # One reply of the chat-completions API a line.
    Program(
        "chat completions",
        lambda row: isinstance(lookup(row, "choices.0.message"), Mapping),
        _with(text=("choices.0.message",), finish_reason=_CHAT_FINISH),
    ),
    # Gemini's batch API; Vertex AI writes `request` and `status` beside the response. Lines without a key are in the
    # order of the requests. ai.google.dev/gemini-api/docs/batch-api, and BatchJobDestination of its client, read 2026-11.
    Program(
        "Gemini batch output",
        _is_gemini,
        _with(
            text=("response", "candidates.0"),
            question=("request.contents",),
            finish_reason=("response.candidates.0.finishReason", "candidates.0.finishReason"),
            error=(
                "error.message",
                "response.promptFeedback.blockReason",
                "promptFeedback.blockReason",
                "status",
            ),
        ),
    ),
    # VLMEvalKit at e8e78f0: `MODEL_DATASET.xlsx` (or TSV, JSON) of `infer_data_job`; once scored with `hit`.
    Program(
        "VLMEvalKit",
        lambda row: {"index", "question", "A", "B", "prediction"} <= set(row),
        _with(text=("prediction",), position=("index",), extracted=()),
        _adjust_vlmevalkit,
        "Failed to obtain answer",
    ),
    # MiMo-Audio-Eval at d64df78: `predictions_rank_*.json`, `results.json`, and `summary.json` with `match`.
    Program(
        "MiMo-Audio-Eval",
        lambda row: {"uid", "response", "modality"} <= set(row),
        _with(text=("response",), ids=("id",)),
    ),
    # A conversation with the answer as its last message.
    Program(
        "chat messages",
        lambda row: (
            isinstance(row.get("messages"), list)
            and any(isinstance(each, Mapping) and each.get("role") == "assistant" for each in row["messages"])
        ),
        _with(text=("messages",), question=("messages",)),
    ),
)
