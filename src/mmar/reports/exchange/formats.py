"""The formats by name, as `mmar export --to` and `mmar.export_run` take them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from mmar.errors import UsageError
from mmar.items import Benchmark
from mmar.reports.exchange.croissant import write_croissant
from mmar.reports.exchange.every_eval_ever import Evaluator, write_every_eval_ever
from mmar.reports.exchange.hf_eval_results import write_eval_results, write_eval_yaml
from mmar.reports.exchange.inspect_log import write_inspect_log
from mmar.reports.exchange.item_tables import Tracker, check_tracker, log_run, write_parquet
from mmar.reports.scored_source import ScoredSource

FileFormat = Literal["every-eval-ever", "hf-eval-results", "inspect", "parquet"]
RunFormat = Literal[FileFormat, Tracker]
BenchmarkFormat = Literal["croissant", "hf-eval-yaml"]
RUN_FORMATS: tuple[RunFormat, ...] = get_args(RunFormat)
BENCHMARK_FORMATS: tuple[BenchmarkFormat, ...] = get_args(BenchmarkFormat)
FORMATS = (*RUN_FORMATS, *BENCHMARK_FORMATS)


def check_format(name: str, formats: tuple[str, ...]) -> None:
    """Check the name of a format, and that the client of a tracker is installed.

    Raises:
        UsageError: it is unknown (code `unknown-format`), or its extra is missing (code `missing-extra`).
    """
    if name not in formats:
        raise UsageError(
            f'unknown format "{name}"',
            code="unknown-format",
            argument="to",
            hint=f"known are {', '.join(formats)}",
        )
    if name in get_args(Tracker):
        check_tracker(name)  # type: ignore[arg-type]


def write_run_format(
    source: ScoredSource,
    to: RunFormat,
    out: Path | None = None,
    *,
    dataset: str | None = None,
    evaluator: Evaluator | None = None,
    project: str = "mmar",
) -> tuple[Path, ...]:
    """Write or log a scored run; arguments and result as `mmar.export_run`."""
    folder = out or source.path.parent
    name = source.path.name if source.path.is_dir() else source.path.name.partition(".")[0]
    if to == "every-eval-ever":
        return write_every_eval_ever(source, folder, evaluator)
    if to == "hf-eval-results":
        return (write_eval_results(source, folder, dataset=dataset),)
    if to == "inspect":
        return (write_inspect_log(source, out or source.path.with_name(f"{name}.eval")),)
    if to == "parquet":
        return (write_parquet(source, out or source.path.with_name(f"{name}.parquet")),)
    log_run(source, to, project)
    return ()


def write_benchmark_format(
    benchmark: Benchmark, to: BenchmarkFormat, out: Path | None = None, metadata: Path | None = None
) -> Path:
    """Write what describes a benchmark to a registry; arguments as `mmar.export_benchmark`."""
    if to == "croissant":
        return write_croissant(benchmark, out or Path("croissant.json"), metadata)
    return write_eval_yaml(benchmark, out or Path())
