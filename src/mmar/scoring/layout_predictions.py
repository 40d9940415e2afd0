"""Predictions in the published files of other benchmarks, such as MMAU-Pro's `test.parquet` with a column of answers.

MMAU-Pro's own evaluation fills a missing column with the key, and everything is right. Here a file without predictions
is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from mmar.errors import InputError
from mmar.files.typed import decode_json, json_type
from mmar.items import PREDICTION_KEYS, Item, Prediction
from mmar.items.layouts import Layout
from mmar.logs.generic import answer_field

__all__ = ["layout_predictions", "prediction_key"]

_LOOKED_AT = 50


def prediction_key(path: Path, layout: Layout, requested: str | None) -> str:
    """The field that holds the predictions: the one asked for, or the first of the usual names.

    Raises:
        InputError: no record has one (code `no-predictions`).
    """
    names: dict[str, None] = {}
    for line, row in islice(layout.rows(path), _LOOKED_AT):
        record = decode_json(row, file=str(path), line=line) if isinstance(row, bytes) else row
        names |= dict.fromkeys(record if isinstance(record, dict) else ())
    key = requested or next((name for name in PREDICTION_KEYS if name in names), None) or answer_field(names)
    if key is None or key not in names:
        raise InputError(
            "no record has predictions" if key is None else f'no record has "{key}"',
            file=str(path),
            field=key,
            code="no-predictions",
            hint=f"name the field that holds them with --key; the records have {', '.join(names)}",
        )
    return key


def layout_predictions(
    path: Path, layout: Layout, key: str, on_error: Callable[[InputError], None] | None = None
) -> Iterator[tuple[int, Prediction]]:
    """Line and prediction of each record, with its question so that it can be compared with a benchmark's.

    Args:
        path: the file.
        layout: of it.
        key: the field that holds the prediction.
        on_error: called with the error of a bad record, which is then left out; raised without it.
    """
    for line, row in layout.rows(path):
        try:
            record = decode_json(row, file=str(path), line=line) if isinstance(row, bytes) else row
            mapped = layout.fields.apply(record, file=str(path), line=line)
            item = Item.from_record(mapped, file=str(path), line=line, withheld=True, key_may_differ=True)
            text = record.get(key)
            if text is not None and not isinstance(text, str):
                raise InputError(
                    f"expected text, found {json_type(text)}",
                    file=str(path),
                    line=line,
                    field=key,
                    code="wrong-type",
                    hint="write the prediction as text, or use --lenient",
                )
        except InputError as error:
            if on_error is None:
                raise
            on_error(error)
            continue
        yield line, Prediction(item.id, text, key in record, None, item)
