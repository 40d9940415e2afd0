"""A run's folder: whether a run may use it, and the manifest and session that it writes there."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import msgspec

from mmar._version import __version__
from mmar.errors import ExternalError, UsageError
from mmar.models import Model, ModelFacts
from mmar.runs.ledger import LEDGER_NAME, LOCK_NAME
from mmar.runs.manifest import (
    MANIFEST_NAME,
    BenchmarkRef,
    Manifest,
    Session,
    now,
    read_manifest,
)
from mmar.runs.predictions import PREDICTIONS_NAME
from mmar.runs.spec import RunSpec

__all__ = ["check_free", "manifest_in", "new_manifest", "new_session", "working_files"]

_PACKAGES = ("msgspec", "numpy", "soundfile", "soxr", "aiohttp")


def manifest_in(out: Path, fresh: Manifest) -> Manifest:
    """The run's manifest: the one in the folder, checked to be of the same run, or the new one.

    Raises:
        UsageError: the folder holds another run, or something else.
    """
    before = read_manifest(out)
    if before is not None:
        before.check_same_run(fresh, out)
        return msgspec.structs.replace(before, benchmark=fresh.benchmark)
    check_free(out)
    return fresh


def new_manifest(spec: RunSpec, model: Model, facts: ModelFacts) -> Manifest:
    """The manifest of a run that starts now."""
    benchmark = spec.benchmark
    audio_dir = None if benchmark.audio_dir is None else str(benchmark.audio_dir.resolve())
    manifest = Manifest(
        benchmark=BenchmarkRef(
            benchmark.name,
            benchmark.origin,
            benchmark.revision,
            benchmark.digest,
            len(benchmark) + benchmark.unreadable,
            audio_dir,
        ),
        model=model.name,
        protocol=spec.protocol,
        condition=spec.condition if model.uses_audio else "none",
        settings=spec.settings,
        options=spec.recorded_options,
        facts=facts.settings,
        seed=spec.seed,
        versions={
            "mmar": __version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
            **{name: _version(name) for name in _PACKAGES},
        },
    )
    return msgspec.structs.replace(manifest, signature=manifest.signature_of().long)


def new_session(spec: RunSpec, requested: int, facts: ModelFacts) -> Session:
    """The record of a session that starts now."""
    return Session(
        started=now(),
        selected=requested,
        rotations=spec.rotations,
        repeats=spec.repeats,
        limit=spec.limit,
        shard=spec.shard,
        sample=spec.sample,
        filter=dict(spec.filter),
        retry=spec.retry,
        concurrency=spec.concurrency,
        base_urls=spec.base_urls,
        environment=facts.environment,
    )


def _version(package: str) -> str:
    # metadata.version returns the same after it has imported a parser for e-mail and read the whole description.
    text = metadata.distribution(package).read_text("METADATA") or ""
    match = re.search(r"^Version: *(\S+)", text, re.MULTILINE)
    return match[1] if match else metadata.version(package)


def check_free(folder: Path) -> None:
    """Check that a run can start in a folder without a manifest.

    The ledger is made before the manifest, since its lock keeps a second process out; a process that is killed
    between the two leaves an empty ledger.

    Raises:
        UsageError: it holds something that no run has left there.
        ExternalError: it cannot be read.
    """
    try:
        if not folder.is_dir():
            return
        left = {*working_files(folder), folder / LOCK_NAME}
        ledger = folder / LEDGER_NAME
        if ledger.is_file() and not ledger.stat().st_size:
            left.add(ledger)
        others = sorted(path.name for path in folder.iterdir() if path not in left)
    except OSError as error:
        raise ExternalError(
            f"{folder}: cannot be read ({error.strerror or error})", code="folder-unreadable"
        ) from None
    if others:
        raise UsageError(
            f"{folder} is not empty and not a run folder (contains {others[0]}{', ...' if others[1:] else ''})",
            code="not-a-run",
            argument="out",
            hint="choose another folder",
        )


def working_files(folder: Path) -> Iterator[Path]:
    """What processes leave that are killed while they write a file."""
    for name in (MANIFEST_NAME, PREDICTIONS_NAME):
        yield from folder.glob(f".{name}.*.part")
