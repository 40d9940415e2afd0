"""A run's folder: whether a run may use it, the manifest and session that it writes there, and the predictions.

`predictions.jsonl` is derived from the ledger: the publisher's records with the run's answers, a valid submission.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

from mmar._version import __version__
from mmar.errors import ExternalError, UsageError
from mmar.items import Benchmark, Item
from mmar.items.benchmark import write_records
from mmar.models import Model, ModelFacts
from mmar.runs.ledger import LEDGER_NAME, LOCK_NAME, RequestKey, answer_lookup
from mmar.runs.manifest import MANIFEST_NAME, BenchmarkRef, Manifest, Session, now, read_manifest
from mmar.runs.spec import RunSpec

_PACKAGES = ("msgspec", "numpy", "soundfile", "soxr", "aiohttp")


def load_or_check_manifest(out: Path, fresh: Manifest) -> Manifest:
    """The run's manifest: the one in the folder, checked to be of the same run, or the new one.

    Raises:
        UsageError: the folder holds another run, or something else.
    """
    before = read_manifest(out)
    if before is not None:
        before.check_same_run(fresh, out)
        return msgspec.structs.replace(before, benchmark=fresh.benchmark)
    check_new_run_folder(out)
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
            **{name: metadata.version(name) for name in _PACKAGES},
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


def check_new_run_folder(folder: Path) -> None:
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
        left = {*temporary_files(folder), folder / LOCK_NAME}
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


def temporary_files(folder: Path) -> Iterator[Path]:
    """Temporary files of processes that were killed while they wrote."""
    for name in (MANIFEST_NAME, PREDICTIONS_NAME):
        yield from folder.glob(f".{name}.*.part")


PREDICTIONS_NAME = "predictions.jsonl"

_CHANNELS = re.compile(
    r"\b(?:stereo|mono|monaural|channels?|left|right|panning|panned|binaural|surround)\b", re.IGNORECASE
)


class AudioNotes(msgspec.Struct, frozen=True):
    """Changes to the audio before it was sent, over the whole ledger.

    Attributes:
        mixed_down: answers for which channels were mixed into one.
        about_channels: of these, the items whose question or choices speak of channels or sides.
        cut: answers for which the clip was cut.
    """

    mixed_down: int
    about_channels: int
    cut: int


def write_predictions(folder: Path, benchmark: Benchmark) -> AudioNotes:
    """Write `predictions.jsonl` of a run; an item without an answer has no prediction.

    The answers are looked up in the ledger one by one, so that only their offsets are in memory.

    Raises:
        ExternalError: the file cannot be written.
    """
    mixed = about_channels = cut = 0

    def records() -> Iterator[dict[str, Any]]:
        nonlocal mixed, about_channels, cut
        # Of each item the answer as published: unrotated, the first sample, the last one written.
        with answer_lookup(folder / LEDGER_NAME, lambda key: key == RequestKey(key.item_id)) as look_up:
            for item in benchmark:
                answer = look_up(RequestKey(item.id))
                if answer is not None and answer.sent is not None:
                    mixed += answer.sent.mixed_down
                    about_channels += answer.sent.mixed_down and _asks_about_channels(item)
                    cut += answer.sent.cut
                record = item.to_record()
                if answer is not None:
                    record |= {"answer_prediction": answer.text, "thinking_prediction": answer.thinking}
                yield record

    write_records(records(), folder / PREDICTIONS_NAME)
    return AudioNotes(mixed, about_channels, cut)


def _asks_about_channels(item: Item) -> bool:
    return any(_CHANNELS.search(text) for text in (item.question, *item.choices))
