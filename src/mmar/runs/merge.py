"""Merging runs that are parts of one run, such as the shards of a Slurm array, into one folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from mmar.errors import InputError, UsageError
from mmar.files.atomic import write_atomic
from mmar.files.locks import try_lock
from mmar.items import Benchmark
from mmar.runs.folder import check_new_run_folder, write_predictions
from mmar.runs.ledger import LEDGER_NAME, LOCK_NAME, progress_of, read_ledger
from mmar.runs.manifest import Manifest, read_manifest, write_manifest


class Merged(msgspec.Struct, frozen=True):
    """A merged run: lines of its ledger, items answered and requested, requests with only failures."""

    manifest: Manifest
    lines: int
    answered: int
    requested: int
    failures: int


def parts_of_one_run(folders: Sequence[Path]) -> Manifest:
    """Check that folders hold parts of one run.

    Returns:
        The first one's manifest with the sessions of all, in the order of their start.

    Raises:
        InputError: a folder holds no run.
        UsageError: a run differs from the first in more than what was asked.
    """
    manifests = []
    for folder in folders:
        manifest = read_manifest(folder)
        if manifest is None:
            raise InputError("is not a run folder", file=str(folder), code="not-a-run")
        manifests.append(manifest)
        manifests[0].check_same_run(manifest, folders[0])
    sessions = {msgspec.json.encode(each): each for manifest in manifests for each in manifest.sessions}
    in_order = sorted(sessions.values(), key=lambda session: session.started)
    return msgspec.structs.replace(manifests[0], sessions=tuple(in_order))


def merge_runs(out: Path, folders: Sequence[Path], benchmark: Benchmark) -> Merged:
    """Merge parts of one run.

    The ledgers are written one after the other, which is a ledger too: an answer counts before failures of the same
    request, and the last of several. Lines that are in several parts are written once, so that merging again, with
    parts that were added since, changes nothing else.

    Args:
        out: a new folder, or an earlier merge of the same run.
        folders: the parts, in the order in which their lines are written.
        benchmark: the questions, for the predictions.

    Raises:
        UsageError: the parts are not of one run, a process writes one of them, or the benchmark is another.
        InputError: a folder holds no run, or a ledger is damaged.
        ExternalError: the disk cannot be written.
    """
    if read_manifest(out) is None:
        check_new_run_folder(out)
    else:
        folders = [out, *(folder for folder in folders if folder.resolve() != out.resolve())]
    manifest = parts_of_one_run(folders)
    if manifest.benchmark.digest != benchmark.digest:
        raise UsageError(
            f"the runs are of {manifest.benchmark.name} with digest {manifest.benchmark.digest[:8]}, "
            f"not {benchmark.digest[:8]}",
            code="other-benchmark",
            argument="benchmark",
        )
    with ExitStack() as stack:
        for folder in {out, *folders}:
            lock = try_lock(folder / LOCK_NAME)
            if lock is None:
                raise UsageError(
                    f"{folder}: a process writes this run", code="run-locked", hint="wait for it"
                )
            stack.callback(lock.release)
        write_atomic(out / LEDGER_NAME, _lines([folder / LEDGER_NAME for folder in folders]), sync=True)
        write_manifest(out, manifest)
        write_predictions(out, benchmark)
    progress = progress_of(out / LEDGER_NAME)
    with (out / LEDGER_NAME).open("rb") as stream:
        count = sum(1 for _ in stream)
    return Merged(manifest, count, progress.items, progress.requested, progress.failures)


def _lines(paths: Sequence[Path]) -> Iterator[bytes]:
    """The lines of several ledgers, each once; torn last lines are left out."""
    seen: set[bytes] = set()
    for path in paths:
        for _, answer in read_ledger(path):
            line = msgspec.json.encode(answer) + b"\n"
            digest = hashlib.sha256(line).digest()
            if digest not in seen:
                seen.add(digest)
                yield line
