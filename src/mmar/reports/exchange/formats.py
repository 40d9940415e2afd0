"""Names of the exchange formats, for `mmar export --to`, `mmar.export_run` and `mmar.export_benchmark`.

They are here so that help does not import the formats themselves.
"""

from __future__ import annotations

from typing import Literal, get_args

from mmar.errors import UsageError

Tracker = Literal["wandb", "trackio"]
RunFormat = Literal["every-eval-ever", "hf-eval-results", "inspect", "parquet", Tracker]
BenchmarkFormat = Literal["croissant", "hf-eval-yaml"]
TRACKERS: tuple[Tracker, ...] = get_args(Tracker)
RUN_FORMATS: tuple[RunFormat, ...] = get_args(RunFormat)
BENCHMARK_FORMATS: tuple[BenchmarkFormat, ...] = get_args(BenchmarkFormat)
FORMATS = (*RUN_FORMATS, *BENCHMARK_FORMATS)


def check_format(name: str, formats: tuple[str, ...]) -> None:
    """Check the name of a format.

    Raises:
        UsageError: it is unknown (code `unknown-format`).
    """
    if name not in formats:
        raise UsageError(
            f'unknown format "{name}"',
            code="unknown-format",
            argument="to",
            hint=f"known are {', '.join(formats)}",
        )
