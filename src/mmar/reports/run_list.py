"""The runs below a folder, with the state of each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from mmar.errors import MmarError
from mmar.files.locks import try_lock
from mmar.runs.ledger import LEDGER_NAME, LOCK_NAME, progress_of
from mmar.runs.manifest import MANIFEST_NAME, Manifest, read_manifest

State = Literal["complete", "partial", "failures", "running", "interrupted", "unreadable"]


class RunInfo(msgspec.Struct, frozen=True):
    """A run.

    Attributes:
        state: `complete`: every item has an answer; `partial`: some were not asked; `failures`: some have only
            failures; `running`: a process is writing it; `interrupted`: its last session did not end by itself;
            `unreadable`: see `problem`.
        answered: number of items with an answer, of `n`.
        manifest: `None` if it cannot be read.
        problem: why it cannot be read.
    """

    path: Path
    state: State
    answered: int = 0
    n: int = 0
    manifest: Manifest | None = None
    problem: str = ""


def find_runs(folder: Path) -> Iterator[RunInfo]:
    """The runs in a folder and below it, in the order of their paths; hidden folders are skipped."""
    for path, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if MANIFEST_NAME in files:
            folders.clear()
            yield _run_info(Path(path))


def _run_info(path: Path) -> RunInfo:
    try:
        manifest = read_manifest(path)
        if manifest is None:
            return RunInfo(path, "unreadable", problem="no manifest")
        progress = progress_of(path / LEDGER_NAME)
    except MmarError as error:
        return RunInfo(path, "unreadable", problem=error.summary)
    state = _state(path, manifest, progress.items, progress.failures)
    return RunInfo(path, state, progress.items, manifest.benchmark.n, manifest)


def _state(path: Path, manifest: Manifest, answered: int, failures: int) -> State:
    unfinished = not manifest.finished
    if unfinished and _is_locked(path / LOCK_NAME):
        return "running"
    if unfinished:
        return "interrupted"
    if failures:
        return "failures"
    return "complete" if answered == manifest.benchmark.n else "partial"


def _is_locked(path: Path) -> bool:
    if not path.exists():
        return False
    lock = try_lock(path)
    if lock is None:
        return True
    lock.release()
    return False
