"""Resolve arguments of the command line and the library (names, paths) into benchmarks, runs and models.

Errors name options of the command line; the library translates them (`mmar._library_errors`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import msgspec

from mmar._library_errors import validate_path
from mmar.benchmarks import CATALOGUE, default_cache_dir, resolve
from mmar.errors import InputError, UsageError
from mmar.items import Benchmark, load_benchmark
from mmar.items.editions import edition_of
from mmar.protocols import Protocol, load_protocol
from mmar.protocols.reading import VERSIONS, ReadingRule

if TYPE_CHECKING:
    from mmar.models import Model
    from mmar.runs.spec import RunSpec
    from mmar.scoring.align_runs import AlignedRuns
    from mmar.scoring.inputs import Task


def cache_dir() -> Path:
    """The user's cache directory, by `MMAR_CACHE_DIR` or the platform's rule."""
    return default_cache_dir(os.environ)


def find_benchmark(
    name_or_path: str | Path,
    *,
    audio_dir: str | Path | None = None,
    lenient: bool = False,
    report: Callable[[InputError], None] | None = None,
    cache: Path | None = None,
    annotations: bool = True,
) -> Benchmark:
    """`load` for the command line, whose errors name options."""
    located = resolve(
        str(name_or_path) if isinstance(name_or_path, Path) else name_or_path, cache or cache_dir()
    )
    folder = Path(audio_dir) if audio_dir is not None else located.audio_dir
    if folder is not None and not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", code="no-such-folder", argument="audio_dir")
    return load_benchmark(
        located.metadata,
        name=located.name,
        revision=located.revision or "",
        audio_dir=folder,
        origin=_portable_name(name_or_path),
        lenient=lenient,
        report=report,
        annotations=annotations,
    )


def _portable_name(name_or_path: str | Path) -> str:
    """A name stays unchanged; a path becomes absolute, so that it is valid in any folder."""
    text = str(name_or_path)
    return text if text.partition("@")[0] in CATALOGUE else str(Path(text).expanduser().resolve())


def load_benchmark_argument(benchmark: Any, *, lenient: bool) -> Benchmark | None:
    """The benchmark of an argument: loaded, if it is a name or a path."""
    if benchmark is None or isinstance(benchmark, Benchmark):
        return benchmark
    return find_benchmark(validate_path("benchmark", benchmark), lenient=lenient)


def load_aligned_runs(
    runs: Sequence[str | Path],
    benchmark: str | Path | Benchmark | None,
    *,
    protocol: str | Protocol | None,
    key: str | None = None,
    partial: bool,
    lenient: bool,
) -> AlignedRuns:
    """Runs side by side on the items of their benchmark."""
    from mmar.scoring.align_runs import align_runs

    return align_runs(
        [validate_path("runs", run) for run in runs],
        lambda name: find_benchmark(name, lenient=lenient),
        benchmark=load_benchmark_argument(benchmark, lenient=lenient),
        key=key,
        protocol=load_protocol(protocol) if isinstance(protocol, str) else protocol,
        partial=partial,
        lenient=lenient,
    )


def scoring_task(
    path: Path,
    benchmark: str | Path | Benchmark | None = None,
    *,
    key: str | None = None,
    id_field: str | None = None,
    protocol: str | Protocol | None = None,
    reading: str | None = None,
    lenient: bool = False,
    keep: str = "differing",
) -> Task:
    """Build the scoring task of a run or file: against the benchmark named, or a run's own."""
    from mmar.scoring.inputs import Task, find_run, resolve_run_folder

    path = resolve_run_folder(path)
    manifest = find_run(path)
    if benchmark is None and manifest is not None:
        try:
            benchmark = find_benchmark(manifest.benchmark.origin, lenient=lenient)
        except UsageError as error:
            raise UsageError(
                f"the benchmark of the run {path} is not available: {error.summary}",
                code="benchmark-needed",
                argument="benchmark",
                hint=error.hint or "name its metadata file",
            ) from None
    benchmark = load_benchmark_argument(benchmark, lenient=lenient)
    if isinstance(protocol, str):
        protocol = load_protocol(protocol)
    rule = protocol.reading if protocol else None
    if reading is not None:
        own = manifest.protocol.reading if manifest is not None else ReadingRule()
        rule = msgspec.structs.replace(rule or own, version=reading_version(reading))
    return Task(
        path,
        benchmark,
        key,
        rule,
        protocol.label if protocol else None,
        keep,
        lenient,
        _published_name,
        manifest=manifest,
        id_field=id_field,
    )


def run_benchmark(path: Path) -> Benchmark | None:
    """The benchmark of a run, named by its folder or its ledger; `None` for a file."""
    return scoring_task(path).benchmark if path.is_dir() or path.name == "answers.jsonl" else None


def reading_version(name: str) -> Literal[1, 2]:
    """The number of a version of the reading, such as `cascade@2`."""
    versions = {f"cascade@{version}": version for version in VERSIONS}
    if name not in versions:
        raise UsageError(
            f'unknown reading "{name}"',
            code="unknown-reading",
            argument="reading",
            hint=f"known are {', '.join(versions)}",
        )
    return cast("Literal[1, 2]", versions[name])


def _published_name(digest: str) -> str | None:
    edition = edition_of(digest)
    if edition is not None:
        return edition.benchmark
    return next((entry.name for entry in CATALOGUE.values() if entry.digest == digest), None)


def open_run_model(spec: RunSpec) -> Model:
    """Open the model of a run; credentials come from this process's environment."""
    from mmar.models import open_model
    from mmar.models.presets import check_requirements

    if spec.preset:
        check_requirements(spec.preset, spec.model, spec.base_urls, spec.options, spec.workers)
    return open_model(spec.model, spec.model_options(os.environ))
