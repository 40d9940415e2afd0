"""One run: a folder with a manifest and a ledger, begun or gone on with.

manifest.json       what the run is
answers.jsonl       the ledger
predictions.jsonl   derived, see `mmar.runs.predictions`
"""

from __future__ import annotations

import asyncio
import platform
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path

import msgspec

from mmar._version import __version__
from mmar.models import Model
from mmar.protocols import Request
from mmar.runs.asking import matching
from mmar.runs.cache import Cache
from mmar.runs.clips import check_clips
from mmar.runs.conditions import MADE, control_clip, shuffled
from mmar.runs.engine import Counts, Engine
from mmar.runs.folder import check_free, clear_working_files
from mmar.runs.interrupt import stopped_by_interrupt
from mmar.runs.ledger import LEDGER_NAME, Ledger
from mmar.runs.manifest import BenchmarkRef, Manifest, Session, now, read_manifest, write_manifest
from mmar.runs.plan import RunPlan
from mmar.runs.predictions import Heard, write_predictions
from mmar.runs.selection import Selection

__all__ = ["Outcome", "carry_out"]

_PACKAGES = ("msgspec", "numpy", "soundfile", "soxr", "aiohttp")


class Outcome(msgspec.Struct, frozen=True):
    """How a session ended.

    Attributes:
        manifest: of the run.
        counts: what this session wrote.
        asked: how many requests this session was to put (items, times rotations, times repeats).
        before: how many answers there were already.
        answered: how many of the benchmark's items have an answer now.
        failed: how many slots have only failures.
        repaired: bytes of a torn last line that were cut off.
        heard: what audio was really given.
    """

    manifest: Manifest
    counts: Counts
    asked: int
    before: int
    answered: int
    failed: int
    repaired: int
    heard: Heard

    @property
    def stopped(self) -> bool:
        """Whether it was stopped before all was asked."""
        return bool(self.counts.stopped)


def carry_out(
    plan: RunPlan, model: Model, progress: Callable[[int, Counts], None] = lambda *_: None
) -> Outcome:
    """Begin a run, or go on with it.

    Args:
        plan: what to do.
        model: who is asked; closed at the end.
        progress: called with the number of requests to put and the counts so far.

    Raises:
        UsageError: the folder holds another run, another process writes it, or there is no audio.
        ExternalError: the disk refuses, or the service will not serve this caller.
    """
    return asyncio.run(_carry_out(plan, model, progress))


async def _carry_out(plan: RunPlan, model: Model, progress: Callable[[int, Counts], None]) -> Outcome:
    with ExitStack() as stack:
        try:
            if model.uses_audio and plan.asking.condition != "none":
                matches = matching(plan.benchmark, plan.only)
                check_clips(plan.benchmark, (item for item in plan.benchmark if matches(item)))
            _manifest_of(plan, model)  # refuses a folder before anything is written to it
            ledger = stack.enter_context(Ledger(plan.out / LEDGER_NAME))
            # Again, now that no other process can begin a run here.
            manifest = _manifest_of(plan, model)
            clear_working_files(plan.out)
            written = ledger.written
            pairs = Selection(plan, ledger.path, written)
            before = written.answers
            session = Session(now(), selected=len(pairs), options=plan.notes)
            write_manifest(plan.out, _with_session(manifest, session))
            cache = None
            if plan.cache is not None:
                context = (model.name, plan.model_options, plan.notes.get("base_urls"), plan.asking.condition)
                cache = stack.enter_context(Cache(plan.cache, context))
            engine = Engine(
                model,
                ledger,
                plan.limits,
                budget=plan.budget,
                cache=cache,
                seed=plan.seed,
                served=before > 0,
                progress=lambda counts: progress(len(pairs), counts),
            )
            progress(len(pairs), engine.counts)
            try:
                with stopped_by_interrupt(engine.halt):
                    await engine.ask_all(_requests(plan, model, pairs), _maker(plan, stack))
            finally:
                counts = engine.counts
                ended = msgspec.structs.replace(
                    session, ended=now(), answered=counts.answered, failed=sum(counts.failed.values())
                )
                manifest = _with_session(manifest, ended)
                write_manifest(plan.out, manifest)
                heard = write_predictions(plan.out, plan.benchmark)
            return Outcome(
                manifest,
                counts,
                len(pairs),
                before,
                written.items,
                written.failures,
                ledger.repaired,
                heard,
            )
        finally:
            await model.close()


def _requests(plan: RunPlan, model: Model, pairs: Selection) -> Iterator[Request]:
    others = shuffled(plan.benchmark, plan.seed) if plan.asking.condition == "shuffled" else {}
    for item, slot in pairs:
        yield plan.asking.request(plan.benchmark, item, slot, uses_audio=model.uses_audio, others=others)


def _maker(plan: RunPlan, stack: ExitStack) -> Callable[[Request], Request] | None:
    """What makes the control clip of a request, where the condition needs one made."""
    if plan.asking.condition not in MADE:
        return None
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mmar-clips-")))

    def make(request: Request) -> Request:
        if request.audio is None:
            return request
        slot = request.item_id, request.rotation, request.repeat
        clip = control_clip(plan.asking.condition, request.audio, slot, plan.seed, folder)
        return msgspec.structs.replace(request, audio=clip)

    return make


def _manifest_of(plan: RunPlan, model: Model) -> Manifest:
    """The run's manifest: the one in the folder, checked to be of the same run, or a new one.

    Raises:
        UsageError: the folder holds another run, or something else.
    """
    fresh = _new_manifest(plan, model)
    before = read_manifest(plan.out)
    if before is not None:
        before.check_same_run(fresh, plan.out)
        return msgspec.structs.replace(before, benchmark=fresh.benchmark)
    check_free(plan.out)
    return fresh


def _new_manifest(plan: RunPlan, model: Model) -> Manifest:
    benchmark = plan.benchmark
    audio_dir = None if benchmark.audio_dir is None else str(benchmark.audio_dir.resolve())
    ref = BenchmarkRef(
        benchmark.name,
        benchmark.origin,
        benchmark.revision,
        benchmark.digest,
        len(benchmark) + benchmark.lost,
        audio_dir,
    )
    versions = {
        "mmar": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        **{name: _version(name) for name in _PACKAGES},
    }
    manifest = Manifest(
        ref,
        model.name,
        plan.asking.protocol,
        plan.asking.condition if model.uses_audio else "none",
        plan.asking.settings,
        plan.model_options,
        plan.seed,
        {},
        versions,
    )
    return msgspec.structs.replace(manifest, signature=manifest.parts)


def _version(package: str) -> str:
    # metadata.version gives the same after a parser for e-mail was imported and has read the package's whole description.
    about = metadata.distribution(package).read_text("METADATA") or ""
    found = re.search(r"^Version: *(\S+)", about, re.MULTILINE)
    return found[1] if found else metadata.version(package)


def _with_session(manifest: Manifest, session: Session) -> Manifest:
    return msgspec.structs.replace(manifest, sessions=(*manifest.sessions, session))
