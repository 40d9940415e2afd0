"""Scores and comparisons of runs, files and records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from mmar.errors import InputError, UsageError
from mmar.items import Benchmark
from mmar.library.loading import load
from mmar.protocols import Protocol, load_protocol

if TYPE_CHECKING:
    from mmar.scoring import Score
    from mmar.scoring.comparison import Compared
    from mmar.scoring.score import Scored, Task

__all__ = ["compare", "score", "score_path", "task_for"]


def score(
    predictions: str | Path | Iterable[Mapping[str, Any]],
    benchmark: str | Path | Benchmark | None = None,
    *,
    key: str | None = None,
    protocol: str | Protocol | None = None,
    lenient: bool = False,
) -> Score:
    """Score a run's folder, a predictions file, or records.

    Args:
        predictions: a path, or records as a predictions file holds them.
        benchmark: the questions; may be left out for a run and for whole records.
        key: the field that holds the prediction.
        protocol: read the answers as this protocol says, instead of the run's own.
        lenient: count bad records as missing instead of raising.

    Raises:
        InputError: the input is not what it should be.
        UsageError: a benchmark is needed, or it is another than the run's.
    """
    if isinstance(predictions, str | Path):
        task = task_for(Path(predictions), benchmark, key=key, protocol=protocol, lenient=lenient)
        return score_path(task).score
    import tempfile

    with tempfile.TemporaryDirectory(prefix="mmar-") as folder:
        path = Path(folder) / "predictions.jsonl"
        path.write_bytes(b"".join(msgspec.json.encode(dict(record)) + b"\n" for record in predictions))
        if not path.stat().st_size:
            raise InputError("no predictions were given", hint="give a path, or at least one record")
        try:
            return score_path(task_for(path, benchmark, key=key, protocol=protocol, lenient=lenient)).score
        except InputError as error:
            if error.file != str(path):
                raise
            # The caller knows the records by their number, not by a file that is gone.
            raise InputError(
                error.problem, file="predictions", line=error.line, field=error.field, hint=error.hint
            ) from None


def compare(
    *runs: str | Path,
    benchmark: str | Path | Benchmark | None = None,
    scorer: Literal["choice", "official"] = "choice",
    key: str | None = None,
    protocol: str | Protocol | None = None,
    draws: int = 10_000,
    seed: int = 0,
    partial: bool = False,
    lenient: bool = False,
) -> Compared:
    """Say whether runs on the same items really differ, and by how much.

    Args:
        runs: two or more folders of runs, or predictions files.
        benchmark: the questions; may be left out for runs and for files of whole records.
        scorer: whose verdicts count.
        key: the field that holds the prediction, for files.
        protocol: read the answers as this protocol says.
        draws: random swaps of each permutation test.
        seed: of the draws.
        partial: count what one run was asked and another was not as wrong, instead of refusing.
        lenient: count bad records as missing instead of raising.

    Raises:
        UsageError: the runs cannot be compared.
        InputError: an input is not what it should be.
    """
    from mmar.scoring.compare import compare as compare_runs
    from mmar.scoring.verdicts import judge

    known = load(benchmark) if isinstance(benchmark, str | Path) else benchmark
    rule = load_protocol(protocol) if isinstance(protocol, str) else protocol
    paths = [Path(run) for run in runs]
    verdicts = judge(paths, load, benchmark=known, key=key, protocol=rule, partial=partial, lenient=lenient)
    return compare_runs(verdicts, scorer=scorer, draws=draws, seed=seed)


def task_for(
    path: Path,
    benchmark: str | Path | Benchmark | None = None,
    *,
    key: str | None = None,
    protocol: str | Protocol | None = None,
    lenient: bool = False,
    keep: str = "differing",
) -> Task:
    """What to score, with the benchmark found: the one named, or a run's own."""
    from mmar.scoring.score import Task
    from mmar.scoring.sources import find_run, run_of

    path = run_of(path)
    if benchmark is None and (manifest := find_run(path)) is not None:
        try:
            benchmark = load(manifest.benchmark.given, lenient=lenient)
        except UsageError as error:
            raise UsageError(
                f"{path} is a run of a benchmark that is not at hand: {error}\n  → or name it with --benchmark"
            ) from None
    if benchmark is not None and not isinstance(benchmark, Benchmark):
        benchmark = load(benchmark, lenient=lenient)
    if isinstance(protocol, str):
        protocol = load_protocol(protocol)
    return Task(
        path,
        benchmark,
        key,
        protocol.reading if protocol else None,
        protocol.label if protocol else None,
        keep,
        lenient,
        _published_name,
    )


def score_path(task: Task) -> Scored:
    """Score what `task_for` found."""
    from mmar.scoring.score import score_task

    return score_task(task)


def _published_name(digest: str) -> str | None:
    from mmar.benchmarks.catalogue import CATALOGUE

    return next((entry.name for entry in CATALOGUE.values() if entry.digest == digest), None)
