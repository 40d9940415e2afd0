"""Requests that are not a run's own, such as those of a judge, sent by the same engine into a ledger of their own.

An answer counts for a request only if it was given to exactly that request (by digest), so that whatever changed since
is asked again, and nothing else is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

import msgspec

from mmar.models import Answer, Model, RequestFailed, prepare_model
from mmar.protocols import Request
from mmar.runs.engine import Counts, Engine
from mmar.runs.event_loop import StopHandle, run_blocking
from mmar.runs.ledger import LEDGER_NAME, Ledger, RequestKey, latest_answers, read_ledger, request_key
from mmar.runs.recorder import Cache
from mmar.runs.spec import RunSpec

Accept = Callable[[Request, Answer], str | None]
"""Checks an answer: the problem for the failure's message, or `None`."""


class AuxiliaryRun(msgspec.Struct, frozen=True):
    """How the requests ended.

    Attributes:
        answers: the answer or failure of each request that was asked, now or before.
        counts: what this session did.
    """

    answers: Mapping[RequestKey, Answer]
    counts: Counts


def ask_requests(
    spec: RunSpec,
    model: Model,
    requests: Sequence[Request],
    *,
    accept: Accept = lambda *_: None,
    progress: Callable[[int, Counts], None] = lambda *_: None,
) -> AuxiliaryRun:
    """Send requests that have no usable answer in `spec.out` yet, and record every outcome there.

    Args:
        spec: the folder and how hard to try; benchmark and protocol are not used.
        model: closed at the end.
        requests: with distinct (item id, rotation, repeat).
        accept: checks an answer; one that is not accepted is asked for again, up to `spec.max_attempts` times.
        progress: called with the number of requests to send and the counts so far.

    Raises:
        ExternalError: the ledger cannot be written, or no request can succeed.
        UsageError: another process writes the folder.
    """
    checked = cast("Model", _ValidatingModel(model, accept))
    return run_blocking(lambda stop_handle: _session(spec, checked, requests, progress, stop_handle))


async def _session(
    spec: RunSpec,
    model: Model,
    requests: Sequence[Request],
    progress: Callable[[int, Counts], None],
    stop_handle: StopHandle,
) -> AuxiliaryRun:
    assert spec.out is not None
    async with AsyncExitStack() as stack:
        stack.push_async_callback(model.close)
        ledger = stack.enter_context(Ledger(spec.out / LEDGER_NAME))
        before = current_answers(spec.out, requests)
        answered = {key for key, answer in before.items() if answer.failure is None}
        waiting = [request for request in requests if request_key(request) not in answered]
        if waiting:
            await prepare_model(model)
        engine = Engine(
            model,
            ledger,
            spec,
            cache=None if spec.cache is None else stack.enter_context(Cache(spec.cache, (model.name,))),
            answered_before=bool(answered),
            progress=lambda counts: progress(len(waiting), counts),
        )
        stack.enter_context(stop_handle.bind(engine))
        await engine.ask_all(waiting)
    return AuxiliaryRun(current_answers(spec.out, requests), engine.counts)


def current_answers(folder: Path, requests: Sequence[Request]) -> dict[RequestKey, Answer]:
    """The answer or failure of each request in a folder's ledger that was given to exactly this request."""
    known = latest_answers(read_ledger(folder / LEDGER_NAME))
    result: dict[RequestKey, Answer] = {}
    for request in requests:
        key = request_key(request)
        if key in known and known[key][1].request == request.digest():
            result[key] = known[key][1]
    return result


class _ValidatingModel:
    """A model whose answers are checked; one that is not accepted is a failure that is tried again."""

    def __init__(self, model: Model, accept: Accept) -> None:
        self._model, self._accept = model, accept

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    async def ask(self, request: Request) -> Answer:
        answer = await self._model.ask(request)
        problem = self._accept(request, answer)
        if problem is not None:
            raise RequestFailed("bad_reply", problem, retryable=True, usage=answer.usage)
        return answer
