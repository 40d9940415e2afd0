"""Predictions in memory as lines of a predictions file: mappings, records, pandas and polars frames."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from mmar.errors import InputError, UsageError

__all__ = ["Predictions", "encode_records"]

Predictions: TypeAlias = str | Path | Mapping[str, Any] | Iterable[Any]
"""A path, a mapping of item id to answer, records, or a pandas or polars frame."""


def encode_records(predictions: Any, key: str | None) -> list[bytes]:
    """Encode predictions as JSON lines.

    Args:
        predictions: anything but a path.
        key: the field for the answers of a mapping.

    Raises:
        InputError: a record is not a mapping of JSON values; its `line` is its number.
        UsageError: the predictions are of another type.
    """
    return [_encode(record, number) for number, record in enumerate(_records(predictions, key), 1)]


def _records(predictions: Any, key: str | None) -> Iterable[Any]:
    """Predictions in memory as records."""
    if isinstance(predictions, Mapping):
        field = key or "answer_prediction"
        return [
            {"id": item_id, **answer} if isinstance(answer, Mapping) else {"id": item_id, field: answer}
            for item_id, answer in predictions.items()
        ]
    if hasattr(predictions, "to_dicts"):  # polars
        predictions = predictions.to_dicts()
    elif hasattr(predictions, "to_dict") and hasattr(predictions, "columns"):  # pandas
        predictions = [
            {str(name): _plain(value) for name, value in record.items()}
            for record in predictions.to_dict("records")
        ]
    if isinstance(predictions, bytes) or not isinstance(predictions, Iterable):
        raise UsageError(
            f"expected a path, a mapping, records or a frame, got {type(predictions).__name__}",
            code="invalid-value",
            argument="predictions",
        )
    return predictions


def _plain(value: Any) -> Any:
    """A cell of a pandas frame as a JSON value: missing values are null, arrays are lists."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124 - NaN


def _encode(record: Any, number: int) -> bytes:
    try:
        return json.dumps(dict(record), allow_nan=False).encode() + b"\n"
    except (TypeError, ValueError, RecursionError):
        raise InputError(
            f"expected a mapping of JSON values, got {type(record).__name__}",
            file="predictions",
            line=number,
            code="not-a-record",
        ) from None
