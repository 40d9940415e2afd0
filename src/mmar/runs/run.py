"""One run: a folder with a manifest and a ledger, begun or gone on with.

manifest.json       what the run is
answers.jsonl       the ledger
predictions.jsonl   derived: the publisher's records with answer_prediction and thinking_prediction added, in
                    the benchmark's order, made when a session ends; a valid submission
"""

from __future__ import annotations

import asyncio
import platform
import signal
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

import mmar
from mmar.errors import UsageError
from mmar.items import Benchmark, Item
from mmar.items.benchmark import write_records
from mmar.models import Answer, Model
from mmar.protocols import Protocol, Request
from mmar.runs.clips import check_clips, clip_of
from mmar.runs.engine import Counts, Limits, ask_all
from mmar.runs.ledger import LEDGER_NAME, Ledger, latest, read_ledger
from mmar.runs.manifest import BenchmarkRef, Manifest, Session, now, read_manifest, write_manifest

__all__ = ["PREDICTIONS_NAME", "Outcome", "RunPlan", "carry_out", "select", "write_predictions"]

PREDICTIONS_NAME = "predictions.jsonl"

_PACKAGES = ("msgspec", "numpy", "soundfile", "soxr", "aiohttp")


class RunPlan(msgspec.Struct, frozen=True):
    """What to do.

    Attributes:
        benchmark: the questions.
        given: the name or path by which the benchmark can be found again.
        protocol: how they are put.
        out: the run's folder.
        seed: of everything drawn at random.
        limits: how hard to try.
        limit: ask at most so many of the selected items.
        only: ask only items of which a field (publisher's name) has one of these values.
        again: `failed` asks only the items of which nothing but failures is recorded.
        options: further options as given, for the manifest.
    """

    benchmark: Benchmark
    given: str
    protocol: Protocol
    out: Path
    seed: int = 0
    limits: Limits = Limits()
    limit: int | None = None
    only: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    again: str | None = None
    options: dict[str, Any] = msgspec.field(default_factory=dict)


class Outcome(msgspec.Struct, frozen=True):
    """How a session ended.

    Attributes:
        manifest: of the run.
        counts: what this session wrote.
        asked: how many items this session was to ask.
        before: how many items had an answer already.
        answered: how many of the benchmark's items have an answer now.
        failed: how many have only failures.
        stopped: whether it was stopped before all were asked.
        repaired: bytes of a torn last line that were cut off.
    """

    manifest: Manifest
    counts: Counts
    asked: int
    before: int
    answered: int
    failed: int
    stopped: bool
    repaired: int


def select(benchmark: Benchmark, only: dict[str, tuple[str, ...]]) -> list[Item]:
    """The items of which every named field has one of the given values.

    Raises:
        UsageError: no item has the field, or none the value.
    """
    found = list(benchmark)
    for field, values in only.items():
        known = {str(value) for item in benchmark if (value := item.to_record().get(field)) is not None}
        if not known:
            fields = ", ".join(benchmark.items[0].names)
            raise UsageError(f"--only {field}: no item has that field; there are {fields}")
        for value in values:
            if value not in known:
                some = ", ".join(sorted(known)[:20])
                raise UsageError(f"--only {field}={value}: no item has that value; there are {some}")
        found = [item for item in found if str(item.to_record().get(field)) in values]
    return found


def carry_out(
    plan: RunPlan, model: Model, progress: Callable[[int, Counts], None] = lambda *_: None
) -> Outcome:
    """Begin a run, or go on with it.

    Args:
        plan: what to do.
        model: who is asked; closed at the end.
        progress: called with the number of items to ask and the counts so far.

    Raises:
        UsageError: the folder holds another run, another process writes it, or there is no audio.
        WorldError: the disk refuses, or the service will not serve this caller.
    """
    return asyncio.run(_carry_out(plan, model, progress))


async def _carry_out(plan: RunPlan, model: Model, progress: Callable[[int, Counts], None]) -> Outcome:
    try:
        selected = select(plan.benchmark, plan.only)
        if model.hears:
            check_clips(plan.benchmark, selected)
        manifest = _new_manifest(plan, model)
        before = read_manifest(plan.out)
        if before is not None:
            before.check_same_run(manifest, plan.out)
            manifest = msgspec.structs.replace(before, benchmark=manifest.benchmark)
        elif plan.out.is_dir() and any(plan.out.iterdir()):
            raise UsageError(f"{plan.out} is not empty and holds no run; choose another folder with --out")
        with Ledger(plan.out / LEDGER_NAME) as ledger:
            items = _to_ask(plan, selected, ledger)
            had = len(ledger.answered)
            session = Session(now(), selected=len(items), options=plan.options)
            write_manifest(plan.out, _with_session(manifest, session))
            stop = asyncio.Event()
            counts = Counts()
            progress(len(items), counts)

            def note(latest_counts: Counts) -> None:
                nonlocal counts
                counts = latest_counts
                progress(len(items), latest_counts)

            try:
                with _stopped_by_interrupt(stop):
                    requests = _requests(plan, model, items)
                    await ask_all(
                        model, requests, ledger, plan.limits, stop=stop, progress=note, seed=plan.seed
                    )
            finally:
                ended = msgspec.structs.replace(
                    session, ended=now(), answered=counts.answered, failed=sum(counts.failed.values())
                )
                manifest = _with_session(manifest, ended)
                write_manifest(plan.out, manifest)
                write_predictions(plan.out, plan.benchmark)
            answered, failed = len(ledger.answered), len(ledger.failed)
            return Outcome(
                manifest, counts, len(items), had, answered, failed, counts.done < len(items), ledger.repaired
            )
    finally:
        await model.close()


def write_predictions(folder: Path, benchmark: Benchmark) -> None:
    """Make the derived `predictions.jsonl` of a run from its ledger; items without an answer keep no prediction.

    Raises:
        WorldError: the disk refuses.
    """
    answers = {item_id: answer for item_id, (_, answer) in latest(read_ledger(folder / LEDGER_NAME)).items()}
    write_records((_prediction(item, answers.get(item.id)) for item in benchmark), folder / PREDICTIONS_NAME)


def _prediction(item: Item, answer: Answer | None) -> dict[str, Any]:
    record = item.to_record()
    if answer is not None and answer.failure is None:
        record["answer_prediction"] = answer.text
        record["thinking_prediction"] = answer.thinking
    return record


def _to_ask(plan: RunPlan, selected: list[Item], ledger: Ledger) -> list[Item]:
    if plan.again == "failed":
        return [item for item in selected if item.id in ledger.failed][: plan.limit]
    return [item for item in selected[: plan.limit] if item.id not in ledger.answered]


def _requests(plan: RunPlan, model: Model, items: list[Item]) -> Iterator[Request]:
    for item in items:
        audio = clip_of(plan.benchmark, item) if model.hears else None
        yield plan.protocol.request(item, audio)


def _new_manifest(plan: RunPlan, model: Model) -> Manifest:
    benchmark = plan.benchmark
    audio_dir = None if benchmark.audio_dir is None else str(benchmark.audio_dir.resolve())
    ref = BenchmarkRef(
        benchmark.name, plan.given, benchmark.revision, benchmark.digest, len(benchmark), audio_dir
    )
    versions = {
        "mmar": mmar.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        **{name: metadata.version(name) for name in _PACKAGES},
    }
    manifest = Manifest(
        ref, model.name, plan.protocol, "full" if model.hears else "none", plan.seed, {}, versions
    )
    return msgspec.structs.replace(manifest, signature=manifest.parts)


def _with_session(manifest: Manifest, session: Session) -> Manifest:
    kept = tuple(one for one in manifest.sessions if one.started != session.started or one.ended is not None)
    return msgspec.structs.replace(manifest, sessions=(*kept, session))


class _stopped_by_interrupt:  # noqa: N801 - reads as the statement it is used in
    """While it lasts, the first Ctrl-C (or SIGTERM) finishes what is in flight, and the second one ends at once."""

    def __init__(self, stop: asyncio.Event) -> None:
        self.stop = stop
        self.signals = (signal.SIGINT, signal.SIGTERM)

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        for each in self.signals:
            try:
                loop.add_signal_handler(each, self._interrupt, each)
            except (NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
                return

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for each in self.signals:
            try:
                loop.remove_signal_handler(each)
            except (NotImplementedError, RuntimeError, ValueError):
                return

    def _interrupt(self, which: int) -> None:
        if self.stop.is_set():
            signal.signal(which, signal.SIG_DFL)
            signal.raise_signal(which)
        self.stop.set()
