"""One session of a run: start it in a folder, or continue the run that the folder holds.

    manifest.json       what the run is
    answers.jsonl       the ledger
    predictions.jsonl   derived from the ledger, see `mmar.runs.folder`

`execute` blocks, and works inside a running event loop too (in a notebook, for example); `aexecute` is awaited.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec

from mmar._display import frame, html_table
from mmar.errors import ExternalError, UsageError
from mmar.items import Benchmark
from mmar.models import Answer, Model, prepare_model
from mmar.protocols import Request
from mmar.runs.conditions import GENERATED, check_clips, make_control_clip, shuffled_clips
from mmar.runs.engine import Counts, Engine, build_failure
from mmar.runs.event_loop import StopHandle, run_blocking
from mmar.runs.folder import (
    AudioNotes,
    load_or_check_manifest,
    new_manifest,
    new_session,
    temporary_files,
    write_predictions,
)
from mmar.runs.ledger import LEDGER_NAME, Ledger, request_key
from mmar.runs.manifest import Manifest, Session, Signature, now, write_manifest
from mmar.runs.recorder import Cache
from mmar.runs.requests import Selection, build_request, selected_items
from mmar.runs.spec import RunSpec

ProgressCallback = Callable[[int, Counts], str | None]


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a session ended.

    Attributes:
        requested: number of requests this session was to make.
        answered_before: number of answers there were before.
        selected: number of requests that the session's options select, those with an answer included.
        selected_answered: of these, the requests that have an answer now.
        selected_failed: of these, the requests that have only failures.
        answered: number of the benchmark's items that have an answer now.
        asked: number of the benchmark's items with a request, answered or not.
        repaired: bytes of a torn last line that were cut off.
        audio: changes to the audio before it was sent.
    """

    manifest: Manifest
    counts: Counts
    requested: int
    answered_before: int
    selected: int
    selected_answered: int
    selected_failed: int
    answered: int
    asked: int
    repaired: int
    audio: AudioNotes

    def __repr__(self) -> str:
        what = f"{self.manifest.model} on {self.manifest.benchmark.name}"
        state = f", stopped: {self.counts.stopped}" if self.counts.stopped else ""
        failed = f", {self.selected_failed} failed" if self.selected_failed else ""
        return f"<RunResult {what}: {self.selected_answered} of {self.selected} answered{failed}{state}>"

    def _repr_html_(self) -> str:
        return html_table(repr(self).strip("<>"), [self._row()], str(self.signature))

    def to_dict(self) -> dict[str, Any]:
        """Plain values: counts of the session, the manifest and the signature."""
        return {
            **self._row(),
            "manifest": msgspec.to_builtins(self.manifest),
            "signature": str(self.signature),
        }

    def to_frame(self) -> Any:
        """One row, without the manifest (needs pandas)."""
        return frame([{**self._row(), "signature": str(self.signature)}])

    def _row(self) -> dict[str, Any]:
        return {
            "model": self.manifest.model,
            "benchmark": self.manifest.benchmark.name,
            "condition": self.manifest.condition,
            "requested": self.requested,
            "selected": self.selected,
            "answered": self.selected_answered,
            "failed": self.selected_failed,
            "stopped": self.counts.stopped,
        }

    @property
    def stopped(self) -> bool:
        """Whether the session was stopped before all requests were sent."""
        return bool(self.counts.stopped)

    @property
    def signature(self) -> Signature:
        """The run's signature, with the part of the questions that has an answer."""
        return self.manifest.signature_of().for_part(self.asked, self.manifest.benchmark.n)

    @property
    def complete(self) -> bool:
        """Whether every selected request has an answer."""
        return self.selected_answered == self.selected


def execute(spec: RunSpec, model: Model, progress: ProgressCallback = lambda *_: None) -> RunResult:
    """Start a run, or continue it.

    The first Ctrl-C stops sending and waits for what is in flight; the second ends at once.

    Args:
        spec: what to do.
        model: closed at the end.
        progress: called with the number of requests to make and the counts so far; a text that it returns is the
            reason for which no further request is sent.

    Raises:
        UsageError: the folder holds another run, another process writes it, or there is no audio.
        ExternalError: the ledger cannot be written, or no request can succeed.
    """
    return run_blocking(lambda stop_handle: _session(spec, model, progress, stop_handle))


async def aexecute(spec: RunSpec, model: Model, progress: ProgressCallback = lambda *_: None) -> RunResult:
    """Start a run, or continue it, in the running event loop; arguments and errors as `execute`.

    Cancelling the task stops the run; what is on disk stays, and the same call continues it.
    """
    return await _session(spec, model, progress, StopHandle())


async def _session(
    spec: RunSpec, model: Model, progress: ProgressCallback, stop_handle: StopHandle
) -> RunResult:
    """One session of a run, after which the model is closed."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(model.close)
        return await _run(spec, model, progress, stop_handle, stack)


async def _run(
    spec: RunSpec, model: Model, progress: ProgressCallback, stop_handle: StopHandle, stack: AsyncExitStack
) -> RunResult:
    if spec.out is None:
        raise UsageError("a run needs a folder", code="missing-argument", argument="out")
    if model.uses_audio and spec.condition != "none":
        check_clips(spec.benchmark, selected_items(spec))
    facts = await prepare_model(model)
    fresh = new_manifest(spec, model, facts)
    load_or_check_manifest(spec.out, fresh)  # refuses a folder before anything is written to it
    ledger = stack.enter_context(Ledger(spec.out / LEDGER_NAME))
    # Again, now that no other process can start a run here.
    manifest = load_or_check_manifest(spec.out, fresh)
    for path in temporary_files(spec.out):
        path.unlink(missing_ok=True)
    selection = Selection(spec, ledger.path, ledger.progress)
    before, count = ledger.progress.answers, len(selection)
    session = new_session(spec, count, facts)
    write_manifest(spec.out, manifest.with_session(session))
    cache = None
    if spec.cache is not None:
        context = (model.name, spec.recorded_options, spec.base_urls, spec.condition)
        cache = stack.enter_context(Cache(spec.cache, context))

    def tell(counts: Counts) -> None:
        if reason := progress(count, counts):
            engine.stop_sending(reason)

    engine = Engine(model, ledger, spec, cache=cache, answered_before=before > 0, progress=tell)
    engine.counts.warnings += facts.warnings
    stack.enter_context(stop_handle.bind(engine))
    tell(engine.counts)
    try:
        await engine.ask_all(_requests(spec, model, selection), _maker(spec, stack))
    except BaseException as error:
        if not (isinstance(error, ExternalError) and error.code == "ledger-gone"):
            _finish(spec, manifest, session, engine.counts)
        raise
    manifest, audio = _finish(spec, manifest, session, engine.counts)
    selected, selected_answered, selected_failed = selection.count_states()
    return RunResult(
        manifest=manifest,
        counts=engine.counts,
        requested=count,
        answered_before=before,
        selected=selected,
        selected_answered=selected_answered,
        selected_failed=selected_failed,
        answered=ledger.progress.items,
        asked=ledger.progress.requested,
        repaired=ledger.repaired,
        audio=audio,
    )


def _finish(
    spec: RunSpec, manifest: Manifest, session: Session, counts: Counts
) -> tuple[Manifest, AudioNotes]:
    """Write what is derived, and the end of the session into the manifest."""
    assert spec.out is not None
    failed = sum(counts.failed.values())
    ended = msgspec.structs.replace(session, ended=now(), answered=counts.answered, failed=failed)
    manifest = manifest.with_session(ended)
    write_manifest(spec.out, manifest)
    return manifest, write_predictions(spec.out, spec.benchmark)


def _requests(spec: RunSpec, model: Model, selection: Selection) -> Iterator[Request | Answer]:
    takes_clips = model.uses_audio and spec.condition == "shuffled"
    shuffled = shuffled_clips(spec.benchmark, spec.seed) if takes_clips else None
    for item, key in selection:
        try:
            yield build_request(spec, item, key, uses_audio=model.uses_audio, shuffled=shuffled)
        except Exception as error:  # noqa: BLE001 - one odd item is its own failure
            yield build_failure(key, error)


def _maker(spec: RunSpec, stack: AsyncExitStack) -> Callable[[Request], Request] | None:
    """A function that makes the control clips of a request, for the conditions with generated clips."""
    if spec.condition not in GENERATED:
        return None
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mmar-clips-")))

    def make(request: Request) -> Request:
        if request.audio is None:
            return request
        name = hashlib.sha256(repr(request_key(request)).encode()).hexdigest()[:24]
        first, *others = (
            make_control_clip(
                spec.condition, clip, request.item_id, spec.seed, folder / f"{name}-{index}.wav"
            )
            for index, clip in enumerate(request.clips)
        )
        return msgspec.structs.replace(request, audio=first, more_audio=tuple(others))

    return make


def spec_of_manifest(
    manifest: Manifest, benchmark: Benchmark, out: Path, *, options: Mapping[str, str], **others: Any
) -> RunSpec:
    """The spec that asks the model of a run again, in another folder.

    Args:
        manifest: of the run.
        benchmark: its questions.
        out: the other folder.
        options: options of the adapter, over the run's own.
        others: servers, limits and budget, see `RunOptions`.
    """
    settings = manifest.settings
    return RunSpec.create(
        manifest.model,
        benchmark,
        out=out,
        protocol=manifest.protocol,
        seed=manifest.seed,
        temperature=settings.temperature,
        top_p=settings.top_p,
        max_tokens=settings.max_tokens,
        options={**manifest.options, **options},
        **others,
    )
