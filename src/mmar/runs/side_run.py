"""Requests that are not a run's own, such as those of a judge, sent by the same engine into a ledger of their own.

An answer counts for a request only if it was given to exactly that request (by digest), so that whatever changed since
is asked again, and nothing else is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from mmar.errors import ExternalError
from mmar.models import Answer, Model, RequestFailed
from mmar.protocols import Request
from mmar.runs.engine import Counts, Engine
from mmar.runs.event_loop import run_blocking, signals_stop
from mmar.runs.ledger import LEDGER_NAME, Ledger, RequestKey, latest, read_ledger
from mmar.runs.recorder import Cache
from mmar.runs.spec import RunSpec

__all__ = ["Accept", "SideRun", "ask_requests", "current_answers"]

Accept = Callable[[Request, Answer], str | None]
"""What is wrong with an answer, for the failure's message; `None` if it can be used."""


class SideRun(msgspec.Struct, frozen=True):
    """How the requests ended.

    Attributes:
        answers: the answer or failure of each request that was asked, now or before.
        counts: what this session did.
        reused: number of requests that had an answer before.
    """

    answers: Mapping[RequestKey, Answer]
    counts: Counts
    reused: int


def ask_requests(
    spec: RunSpec,
    model: Model,
    requests: Sequence[Request],
    *,
    accept: Accept = lambda *_: None,
    progress: Callable[[int, Counts], None] = lambda *_: None,
) -> SideRun:
    """Send requests that have no usable answer in `spec.out` yet, and record every outcome there.

    Args:
        spec: the folder and how hard to try; benchmark and protocol are not used.
        model: the model; closed at the end.
        requests: with distinct (item id, rotation, repeat).
        accept: checks an answer; one that is not accepted is asked for again, up to `spec.max_attempts` times.
        progress: called with the number of requests to send and the counts so far.

    Raises:
        ExternalError: the ledger cannot be written, or no request can succeed.
        UsageError: another process writes the folder.
    """
    session = _Session(spec, model, requests, accept, progress)
    run_blocking(session.run, session.stop)
    return SideRun(current_answers(session.folder, requests), session.counts, len(requests) - session.asked)


def current_answers(folder: Path, requests: Sequence[Request]) -> dict[RequestKey, Answer]:
    """The answer or failure of each request in a folder's ledger that was given to exactly this request."""
    known = latest(read_ledger(folder / LEDGER_NAME))
    result: dict[RequestKey, Answer] = {}
    for request in requests:
        key = _key(request)
        if key in known and known[key][1].request == request.digest():
            result[key] = known[key][1]
    return result


class _Session:
    def __init__(
        self,
        spec: RunSpec,
        model: Model,
        requests: Sequence[Request],
        accept: Accept,
        progress: Callable[[int, Counts], None],
    ) -> None:
        assert spec.out is not None
        self.folder = spec.out
        self.counts = Counts()
        self.asked = 0
        self._spec, self._requests, self._progress = spec, requests, progress
        self._model = _Checked(model, accept)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._engine: Engine | None = None

    def stop(self) -> None:
        """Stop sending requests; called from another thread."""
        if self._loop is not None and self._engine is not None:
            self._loop.call_soon_threadsafe(self._engine.halt, "interrupted")

    async def run(self, *, handle_signals: bool = False) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ExternalError(
                f"{self.folder}: cannot be made ({error.strerror})", code="not-writable"
            ) from None
        try:
            with ExitStack() as stack:
                ledger = stack.enter_context(Ledger(self.folder / LEDGER_NAME))
                done = {
                    key
                    for key, answer in current_answers(self.folder, self._requests).items()
                    if not answer.failure
                }
                waiting = [request for request in self._requests if _key(request) not in done]
                self.asked = len(waiting)
                cache = None
                if self._spec.cache is not None:
                    cache = stack.enter_context(Cache(self._spec.cache, (self._model.name,)))
                engine = Engine(
                    self._model,
                    ledger,
                    self._spec,
                    cache=cache,
                    answered_before=bool(done),
                    progress=lambda counts: self._progress(len(waiting), counts),
                )
                self.counts = engine.counts
                self._loop, self._engine = asyncio.get_running_loop(), engine
                if handle_signals:
                    stack.enter_context(signals_stop(engine))
                await engine.ask_all(iter(waiting))
        finally:
            await self._model.close()


class _Checked:
    """A model whose answers are checked; one that is not accepted is a failure that is tried again."""

    keeps_time = False

    def __init__(self, model: Model, accept: Accept) -> None:
        self._model, self._accept = model, accept
        self.keeps_time = bool(getattr(model, "keeps_time", False))

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def uses_audio(self) -> bool:
        return self._model.uses_audio

    async def ask(self, request: Request) -> Answer:
        answer = await self._model.ask(request)
        problem = self._accept(request, answer)
        if problem is not None:
            raise RequestFailed("bad_reply", problem, retryable=True, usage=answer.usage)
        return answer

    async def close(self) -> None:
        await self._model.close()


def _key(request: Request) -> RequestKey:
    return RequestKey(request.item_id, request.rotation, request.repeat)
