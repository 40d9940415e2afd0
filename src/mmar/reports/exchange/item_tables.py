"""A run as a table of its items: a Parquet file, or a run of Weights & Biases or trackio by their own clients.

The clients (extras `mmar[wandb]`, `mmar[trackio]`) find their credentials and modes themselves, as everywhere else;
`WANDB_MODE=offline` works. Both have the same three calls: `init`, `log`, `finish`.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

from mmar.errors import ExternalError, UsageError
from mmar.files.atomic import atomic_path
from mmar.reports.exchange.formats import Tracker
from mmar.reports.scored_source import ScoredSource, interval_of

_ITEM_FIELDS = (
    "id",
    "audio_path",
    "question",
    "choices",
    "answer",
    "modality",
    "category",
    "sub_category",
    "language",
)
_SCORE_FIELDS = ("state", "named", "official", "choice", "rule", "reason", "official_reason")


def item_records(source: ScoredSource) -> list[dict[str, Any]]:
    """A record for each item: the question, the answer, how it was read and scored, what it cost."""
    return [
        {
            **{name: getattr(item, name) for name in _ITEM_FIELDS},
            "answer_prediction": row.prediction,
            "thinking_prediction": answer.thinking if item.id in source.answers else None,
            **{name: getattr(row, name) for name in _SCORE_FIELDS},
            "finish_reason": answer.finish_reason,
            "latency_s": answer.latency_s,
            "input_tokens": answer.usage and answer.usage.input_tokens,
            "output_tokens": answer.usage and answer.usage.output_tokens,
            "failure": answer.failure and answer.failure.kind,
        }
        for item, row, answer in source.rows()
    ]


def write_parquet(source: ScoredSource, path: Path) -> Path:
    """Write the items of a run, Zstandard-compressed.

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
    types = {"choices": pa.list_(text), "official": flag, "choice": flag, "latency_s": number}
    types |= {"input_tokens": whole, "output_tokens": whole}
    records = item_records(source)
    names = list(records[0]) if records else []
    score = source.score.to_dict()
    facts = {"mmar.signature": source.score.signature, "mmar.scores": json.dumps(score["scores"])}
    schema = pa.schema([(name, types.get(name, text)) for name in names], metadata=facts)
    table = pa.Table.from_pylist([_replace_surrogates(record) for record in records], schema=schema)
    with atomic_path(path) as part:
        pq.write_table(table, part, compression="zstd")
    return path


def _replace_surrogates(record: dict[str, Any]) -> dict[str, Any]:
    """The record, in whose texts half of a surrogate pair, which UTF-8 cannot hold, is a question mark."""
    return {
        name: value.encode(errors="replace").decode() if isinstance(value, str) else value
        for name, value in record.items()
    }


_COLUMNS = ["id", "modality", "category", "question", "answer"]
_COLUMNS += ["answer_prediction", "state", "named", "official", "choice"]


def check_tracker(tracker: Tracker) -> Any:
    """The module of a tracker's client.

    Raises:
        UsageError: it is not installed (code `missing-extra`).
    """
    try:
        return importlib.import_module(tracker)
    except ImportError:
        raise UsageError(
            f"the client of {tracker} is not installed",
            code="missing-extra",
            argument="log_to",
            hint=f'install it: pip install "mmar[{tracker}]"',
        ) from None


def metrics(source: ScoredSource) -> dict[str, float]:
    """The numbers of a run by name: `official/all`, `choice/modality/speech`, `choice/all/low`, `states/unresolved`."""
    values: dict[str, float] = {}
    for label, scorer, group in source.results():
        accuracy = getattr(group.asked or group, scorer)
        values[f"{scorer}/{label}"] = accuracy.accuracy
        if label == "all" and (interval := interval_of(accuracy)) is not None:
            values[f"{scorer}/all/low"], values[f"{scorer}/all/high"] = interval[:2]
    return values | {f"states/{state}": float(n) for state, n in source.score.states.items()}


def log_run(source: ScoredSource, tracker: Tracker, project: str = "mmar") -> None:
    """Log a scored run: its signature's parts as configuration, its numbers, and a table of its items.

    Raises:
        UsageError: the client is not installed (code `missing-extra`).
        ExternalError: the client failed (code `tracker-failed`); the run itself is not touched.
    """
    client = check_tracker(tracker)
    config = {**source.scored.parts, "signature": source.score.signature}
    name = f"{source.model} on {source.bench}"
    rows = item_records(source)
    try:
        run = client.init(project=project, name=name, config=config)
        if tracker == "wandb":
            data = [[row[column] for column in _COLUMNS] for row in rows]
            table = client.Table(columns=_COLUMNS, data=data)
        else:
            import pandas as pd

            table = client.Table(dataframe=pd.DataFrame(rows, columns=_COLUMNS))
        run.log({**metrics(source), "items": table})
        run.finish() if tracker == "wandb" else client.finish()
    except Exception as error:
        raise ExternalError(
            f"logging the run to {tracker} failed ({type(error).__name__}: {error})",
            code="tracker-failed",
            hint=f"the run is complete; log it again with: mmar export RUN --to {tracker}",
        ) from error
