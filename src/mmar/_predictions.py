"""Predictions in memory as lines of a predictions file: mappings, records, pandas and polars frames."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from mmar.errors import InputError, UsageError

Predictions: TypeAlias = str | Path | Mapping[str, Any] | Iterable[Any]
"""A path, a mapping of item id to answer, records, or a pandas or polars frame."""


@contextmanager
def as_predictions_file(predictions: Predictions, key: str | None) -> Iterator[Path]:
    """Yield the path of a predictions file; in-memory predictions are written to a temporary one.

    `key` is the field for the answers of a mapping. The line of an error is the number of the record.
    """
    if isinstance(predictions, str | Path):
        yield Path(predictions)
        return
    lines = [_encode(record, number) for number, record in enumerate(_records(predictions, key), 1)]
    if not lines:
        raise InputError("there are no predictions", file="predictions", code="no-records")
    import tempfile  # slow to import, and seldom needed

    with tempfile.TemporaryDirectory(prefix="mmar-") as folder:
        path = Path(folder) / "predictions.jsonl"
        path.write_bytes(b"".join(lines))
        try:
            yield path
        except InputError as error:
            if error.file == str(path):
                error.file = "predictions"  # the caller knows the records by their number
            raise


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
            {str(name): _to_json_value(value) for name, value in record.items()}
            for record in predictions.to_dict("records")
        ]
    if isinstance(predictions, bytes) or not isinstance(predictions, Iterable):
        raise UsageError(
            f"expected a path, a mapping, records or a frame, got {type(predictions).__name__}",
            code="invalid-value",
            argument="predictions",
        )
    return predictions


def _to_json_value(value: Any) -> Any:
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
