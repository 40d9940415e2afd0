"""Requests handed to a batch service, and collected later by the same call.

`batches.json` beside the ledger says which requests wait in which batch. It is written before a batch's id can be
lost and after each step, so that a call that is interrupted neither pays twice nor loses a result.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from mmar.files.atomic import write_atomic
from mmar.files.typed import decode_json
from mmar.models import Answer, Failure, RequestFailed
from mmar.models.batch import BatchService
from mmar.protocols import Request
from mmar.runs.auxiliary_run import Accept, AuxiliaryRun, current_answers
from mmar.runs.engine import Counts
from mmar.runs.event_loop import StopHandle, run_blocking
from mmar.runs.ledger import LEDGER_NAME, Ledger, request_key
from mmar.runs.manifest import now

_FILE = "batches.json"


class _Batch(msgspec.Struct):
    """One batch: its id, and the keys of the requests in it."""

    id: str
    keys: list[str]
    submitted: str


class BatchRun(msgspec.Struct, frozen=True):
    """Where the requests stand.

    Attributes:
        run: the answers that are there.
        waiting: number of requests in batches that are not done.
        details: what the service says of each batch that is not done.
    """

    run: AuxiliaryRun
    waiting: int
    details: tuple[str, ...]


def batch_requests(
    folder: Path, service: BatchService, requests: Sequence[Request], *, accept: Accept
) -> BatchRun:
    """Collect what batches have finished, and hand in what is neither answered nor waiting.

    Args:
        folder: of the ledger.
        service: the batch service.
        requests: with distinct (item id, rotation, repeat).
        accept: checks an answer; one that is not accepted is recorded as a failure and handed in again by the next call.

    Raises:
        ExternalError: the service cannot be reached or refuses.
        UsageError: another process writes the folder.
    """
    return run_blocking(_Session(folder, service, requests, accept).run)


class _Session:
    def __init__(
        self, folder: Path, service: BatchService, requests: Sequence[Request], accept: Accept
    ) -> None:
        self._folder, self._service, self._accept = folder, service, accept
        self._requests = {_key(request): request for request in requests}
        self._counts = Counts()

    async def run(self, _: StopHandle) -> BatchRun:
        requests = list(self._requests.values())
        with Ledger(self._folder / LEDGER_NAME) as ledger:
            batches = self._read()
            async with self._service:
                details, waiting = [], []
                for batch in batches:
                    state = await self._service.state(batch.id)
                    if state.state == "running":
                        waiting.append(batch)
                        details.append(f"{batch.id}: {state.detail}")
                    elif state.state == "done":
                        await self._collect(batch, ledger)
                    else:
                        details.append(f"{batch.id} failed: {state.detail}")
                self._write(waiting)
                known = current_answers(self._folder, requests)
                answered = {key for key, answer in known.items() if answer.failure is None}
                pending = {key for batch in waiting for key in batch.keys}
                left = [
                    (key, request)
                    for key, request in self._requests.items()
                    if key not in pending and request_key(request) not in answered
                ]
                for group in self._groups(left):
                    made = await self._service.submit([line for _, line in group])
                    waiting.append(_Batch(made, [key for key, _ in group], now()))
                    self._write(waiting)
                    details.append(f"{made}: submitted")
        run = AuxiliaryRun(current_answers(self._folder, requests), self._counts)
        return BatchRun(run, sum(len(batch.keys) for batch in waiting), tuple(details))

    async def _collect(self, batch: _Batch, ledger: Ledger) -> None:
        """Record every result of a finished batch; a request without one failed."""
        known = {key: self._requests[key] for key in batch.keys if key in self._requests}
        results = await self._service.results(batch.id, {key: each.item_id for key, each in known.items()})
        answers = []
        for key, request in known.items():
            result = results.get(key) or RequestFailed("server", "the batch has no result for it")
            if isinstance(result, Answer) and (problem := self._accept(request, result)) is not None:
                result = RequestFailed("bad_reply", problem, usage=result.usage)
            answers.append(_recorded(request, result))
        ledger.append(answers)
        self._counts.answered += sum(answer.failure is None for answer in answers)
        for answer in answers:
            if answer.usage is not None:
                self._counts.tokens += (answer.usage.input_tokens or 0) + (answer.usage.output_tokens or 0)

    def _groups(self, left: Sequence[tuple[str, Request]]) -> list[list[tuple[str, bytes]]]:
        """Lines in batches below the service's limits."""
        groups: list[list[tuple[str, bytes]]] = []
        size = 0
        for key, request in left:
            line = self._service.line(key, request)
            full = len(groups[-1]) >= self._service.max_requests if groups else True
            if full or size + len(line) > self._service.max_bytes:
                groups.append([])
                size = 0
            groups[-1].append((key, line))
            size += len(line)
        return groups

    def _read(self) -> list[_Batch]:
        path = self._folder / _FILE
        return decode_json(path.read_bytes(), list[_Batch], file=str(path)) if path.exists() else []

    def _write(self, batches: Sequence[_Batch]) -> None:
        write_atomic(self._folder / _FILE, msgspec.json.format(msgspec.json.encode(list(batches)), indent=2))


def _key(request: Request) -> str:
    return f"{request.digest()[:40]}-{request.rotation}-{request.repeat}"


def _recorded(request: Request, result: Answer | RequestFailed) -> Answer:
    if isinstance(result, RequestFailed):
        result = Answer(request.item_id, "", "", Failure(result.kind, result.message), usage=result.usage)
    return msgspec.structs.replace(
        result,
        id=request.item_id,
        rotation=request.rotation,
        repeat=request.repeat,
        request=request.digest(),
        completed_at=now(),
    )
