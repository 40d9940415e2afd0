"""A run as one Parquet file: a row for each item, the signature and the numbers in the file's metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mmar.errors import UsageError
from mmar.files.atomic import atomic_path
from mmar.reports.exchange.source import ExportSource

__all__ = ["item_records", "write_parquet"]


def item_records(source: ExportSource) -> list[dict[str, Any]]:
    """A record for each item: the question, the answer, how it was read and scored, what it cost."""
    records = []
    for item, row, answer in source.rows():
        usage = None if answer is None else answer.usage
        records.append(
            {
                "id": item.id,
                "audio_path": item.audio_path,
                "question": item.question,
                "choices": list(item.choices),
                "answer": item.answer,
                "modality": item.modality,
                "category": item.category,
                "sub_category": item.sub_category,
                "language": item.language,
                "answer_prediction": row.prediction,
                "thinking_prediction": None if answer is None else answer.thinking,
                "state": row.state,
                "named": row.named,
                "official": row.official,
                "choice": row.choice,
                "rule": row.rule,
                "reason": row.reason,
                "official_reason": row.official_reason,
                "finish_reason": None if answer is None else answer.finish_reason,
                "latency_s": None if answer is None else answer.latency_s,
                "input_tokens": None if usage is None else usage.input_tokens,
                "output_tokens": None if usage is None else usage.output_tokens,
                "failure": None if answer is None or answer.failure is None else answer.failure.kind,
            }
        )
    return records


def write_parquet(source: ExportSource, path: Path) -> Path:
    """Write the items of a run.

    Args:
        source: the scored run.
        path: the file; Zstandard-compressed.

    Raises:
        UsageError: pyarrow is not installed (code `missing-extra`).
        ExternalError: the file cannot be written.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise UsageError(
            "Parquet needs pyarrow", code="missing-extra", hint='install it: pip install "mmar[parquet]"'
        ) from None
    text, whole, number, flag = pa.string(), pa.int64(), pa.float64(), pa.bool_()
    types = {
        "choices": pa.list_(text),
        "official": flag,
        "choice": flag,
        "latency_s": number,
        "input_tokens": whole,
        "output_tokens": whole,
    }
    records = item_records(source)
    names = list(records[0]) if records else []
    score = source.score.to_dict()
    facts = {"mmar.signature": source.score.signature, "mmar.scores": json.dumps(score["scores"])}
    schema = pa.schema([(name, types.get(name, text)) for name in names], metadata=facts)
    table = pa.Table.from_pylist([_encodable(record) for record in records], schema=schema)
    with atomic_path(path) as part:
        pq.write_table(table, part, compression="zstd")
    return path


def _encodable(record: dict[str, Any]) -> dict[str, Any]:
    """The record with texts that UTF-8 can hold: half of a surrogate pair becomes a question mark."""
    return {
        name: value.encode(errors="replace").decode() if isinstance(value, str) else value
        for name, value in record.items()
    }
