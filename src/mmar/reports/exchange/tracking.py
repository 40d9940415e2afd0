"""A scored run as a run of Weights & Biases or trackio, by their own clients (extras `mmar[wandb]`, `mmar[trackio]`).

The clients find their credentials and modes themselves, as everywhere else; `WANDB_MODE=offline` works. Both have the
same three calls: `init`, `log`, `finish`.
"""

from __future__ import annotations

import importlib
from typing import Any, Literal, get_args

from mmar.errors import ExternalError, UsageError
from mmar.reports.exchange.parquet import item_records
from mmar.reports.exchange.source import SCORERS, ExportSource, interval_of

__all__ = ["TRACKERS", "Tracker", "check_tracker", "log_run", "metrics"]

Tracker = Literal["wandb", "trackio"]
TRACKERS: tuple[Tracker, ...] = get_args(Tracker)

_COLUMNS = (
    "id",
    "modality",
    "category",
    "question",
    "answer",
    "answer_prediction",
    "state",
    "named",
    "official",
    "choice",
)


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


def metrics(source: ExportSource) -> dict[str, float]:
    """The numbers of a run by name: `official/all`, `choice/modality/speech`, `choice/all/low`, `states/unresolved`."""
    values: dict[str, float] = {}
    for dimension, name, group in source.groups():
        shown = group.asked or group
        label = "all" if not dimension else f"{dimension}/{name}"
        for scorer in SCORERS if shown.n else ():
            accuracy = getattr(shown, scorer)
            values[f"{scorer}/{label}"] = accuracy.accuracy
            if not dimension and (interval := interval_of(accuracy)) is not None:
                values[f"{scorer}/{label}/low"], values[f"{scorer}/{label}/high"] = interval[:2]
    return values | {f"states/{state}": float(n) for state, n in source.score.states.items()}


def log_run(source: ExportSource, tracker: Tracker, project: str = "mmar") -> None:
    """Log a scored run: its signature's parts as configuration, its numbers, and a table of its items.

    Args:
        source: the scored run.
        tracker: whose client logs it.
        project: name of the project there.

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
            table = client.Table(columns=list(_COLUMNS), data=data)
        else:
            import pandas as pd

            table = client.Table(dataframe=pd.DataFrame(rows, columns=list(_COLUMNS)))
        run.log({**metrics(source), "items": table})
        run.finish() if tracker == "wandb" else client.finish()
    except Exception as error:
        raise ExternalError(
            f"{tracker} did not take the run ({type(error).__name__}: {error})",
            code="tracker-failed",
            hint=f"the run is complete; log it again with: mmar export RUN --to {tracker}",
        ) from error
