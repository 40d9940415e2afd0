"""Writing a joined log as a predictions file: in the publisher's layout, as JSONL with ids, or as CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, Literal

import msgspec

from mmar.files.atomic import write_atomic
from mmar.items import Benchmark
from mmar.logs.joining import JoinedAnswer, JoinedLog

Format = Literal["publisher", "jsonl", "csv"]
FORMATS: tuple[Format, ...] = ("publisher", "jsonl", "csv")


def write_log(log: JoinedLog, benchmark: Benchmark, path: str | Path, layout: Format) -> int:
    """Write the answers of a log as predictions, in the benchmark's order.

    `publisher` writes whole records with `answer_prediction` and `thinking_prediction`, one a line; `jsonl` only the
    id and the prediction; `csv` the same as a table. An item without an answer is `null` in the first two and an empty
    cell in the third. Where the prompt showed the choices in another order, `shown_choices` says so.

    Returns:
        The number of records.
    """
    joined = ((item, log.answers.get(item.id)) for item in benchmark)
    rows = [
        {**(item.to_record() if layout == "publisher" else {"id": item.id}), **_prediction(answer)}
        for item, answer in joined
        if answer is not None
    ]
    if layout == "csv":
        table = io.StringIO(newline="")
        writer = csv.DictWriter(
            table,
            ["id", "answer_prediction", "thinking_prediction", "finish_reason", "shown_choices"],
            restval="",
            lineterminator="\n",
        )
        writer.writeheader()
        for row in rows:
            if "shown_choices" in row:
                row["shown_choices"] = msgspec.json.encode(row["shown_choices"]).decode()
            writer.writerow(row)
        write_atomic(Path(path), table.getvalue())
    else:
        encode = msgspec.json.Encoder().encode
        write_atomic(Path(path), b"".join(encode(row) + b"\n" for row in rows))
    return len(rows)


def _prediction(answer: JoinedAnswer) -> dict[str, Any]:
    row: dict[str, Any] = {
        "answer_prediction": answer.record.text,
        "thinking_prediction": answer.record.thinking,
    }
    if answer.choice_order is not None:
        row["shown_choices"] = list(answer.choice_order)
    if answer.record.finish_reason is not None:
        row["finish_reason"] = answer.record.finish_reason
    return row
