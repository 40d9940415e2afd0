"""Workers behind one model: programs that answer lines of JSON (here, or reached by ssh or srun), servers, Ray actors.

Each request goes to the worker with the fewest in flight. A worker that ends is started again, its requests are asked
again, and one that ends several times without an answer is left out while others go on. Workers that tell facts about
themselves must tell the same, or they are refused by name: answers of two models must not be mixed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import msgspec

from mmar.errors import ExternalError, UsageError
from mmar.models.answer import Answer, RequestFailed
from mmar.models.credentials import Credential, scrub
from mmar.models.jsonl import ProgramAnswer, strip_audio
from mmar.models.model import ModelFacts, model_error
from mmar.protocols import Request

_MAX_FAILED_STARTS = 3


class RunningWorker(Protocol):
    """A worker that was started."""

    @property
    def over(self) -> bool:
        """Whether it has ended or was given up."""

    @property
    def answered(self) -> int:
        """The number of its answers."""

    @property
    def exit_report(self) -> str:
        """Its end, for messages."""

    async def ready(self) -> ProgramAnswer:
        """Wait until it can answer; `RequestFailed` if it ends first or takes too long."""

    async def ask(self, request: Request, request_id: str) -> Answer:
        """Ask once, with an id that is not used twice; see `Model.ask`."""

    async def stop(self) -> None:
        """End it and all that it started. Idempotent."""


class Worker(Protocol):
    """A worker that can be started."""

    @property
    def label(self) -> str:
        """For messages."""

    async def start(self, name: str, timeout_s: float, start_s: float) -> RunningWorker:
        """Start it; `RequestFailed` if that cannot be done.

        Args:
            name: of the model.
            timeout_s: longest silence while answers are due, in seconds.
            start_s: longest wait until it is ready, in seconds.
        """


class _Member:
    """One worker, and how it is doing."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.running: RunningWorker | None = None
        self.in_flight = 0
        self.capacity: int | None = None
        self.failure = ""
        self.error: UsageError | None = None
        self.ready = False
        self.starts = 0
        self.failed_starts = 0
        self.starting = asyncio.Lock()

    @property
    def has_room(self) -> bool:
        return not self.failure and (self.capacity is None or self.in_flight < self.capacity)


class WorkerPool:
    """A model whose requests are answered by workers, at least one.

    Args:
        uses_audio: whether they are given the clip.
        timeout_s: as for `Worker.start`.
        start_s: as for `Worker.start`.
        handshake: whether each worker is started and must tell its facts before the first request.
        most_restarts: how often a worker is started again at most; `None` for as often as it answers in between.
        secrets: kept out of every message and answer.
    """

    enforces_timeout = True  # a program may take longer to load weights than to answer

    def __init__(
        self,
        name: str,
        workers: Sequence[Worker],
        *,
        uses_audio: bool,
        timeout_s: float,
        start_s: float,
        handshake: bool = False,
        most_restarts: int | None = None,
        secrets: tuple[Credential, ...] = (),
    ) -> None:
        self.name = name
        self.uses_audio = uses_audio
        self._members = [_Member(worker) for worker in workers]
        self._timeout_s, self._start_s, self._handshake = timeout_s, start_s, handshake
        self._most_restarts, self._secrets = most_restarts, secrets
        self._facts: dict[str, str] | None = None
        self._environment: dict[str, str] = {}
        self._answered = False
        self._room = asyncio.Event()
        self._times: Counter[str] = Counter()

    @property
    def in_flight(self) -> int | None:
        """The number of requests that the workers take at once, where they tell it."""
        return sum(member.capacity or 0 for member in self._members if not member.failure) or None

    @property
    def _exhausted(self) -> bool:
        return all(member.failure for member in self._members)

    async def prepare(self) -> ModelFacts:
        """Start all workers and compare their facts, where they tell any.

        Raises:
            ExternalError: all workers failed.
            UsageError: the first worker said why it can never answer (its code).
        """
        if self._handshake:
            await asyncio.gather(*(self._running(member) for member in self._members), return_exceptions=True)
            if self._exhausted:
                raise self._no_worker_error()
        refused = {
            f"refused {member.worker.label}": member.failure for member in self._members if member.failure
        }
        return ModelFacts(dict(self._facts or {}), {**self._environment, **refused})

    async def ask(self, request: Request) -> Answer:
        """Ask once; see `Model.ask`. An `ExternalError` if all workers failed."""
        if not self.uses_audio:
            request = strip_audio(request)
        self._times[request.item_id] += 1
        times = self._times[request.item_id]
        request_id = request.item_id if times == 1 else f"{request.item_id}#{times}"
        member = await self._assign()
        try:
            running = await self._running(member)
            answer = await running.ask(request, request_id)
        except RequestFailed as failure:
            raise failure.with_message(scrub(failure.message, self._secrets)) from None
        finally:
            member.in_flight -= 1
            self._room.set()
        self._answered = True
        text, thinking = scrub(answer.text, self._secrets), scrub(answer.thinking, self._secrets)
        return msgspec.structs.replace(answer, text=text, thinking=thinking)

    async def _assign(self) -> _Member:
        """The worker with the fewest requests in flight, once one has room; one that is starting comes last."""
        while True:
            free = [member for member in self._members if member.has_room]
            if free:
                member = min(free, key=lambda member: (member.starting.locked(), member.in_flight))
                member.in_flight += 1
                return member
            if self._exhausted:
                if self._answered or self._handshake:
                    raise self._no_worker_error()
                raise RequestFailed("crash", scrub(self._members[0].failure, self._secrets))
            self._room.clear()
            await self._room.wait()

    def _no_worker_error(self) -> ExternalError | UsageError:
        first = self._members[0]
        if first.error is not None:
            return first.error
        reasons = "\n".join(f"  {member.worker.label}: {member.failure}" for member in self._members)
        return ExternalError(
            scrub(f"{self.name}: all workers failed\n{reasons}", self._secrets),
            code="no-worker",
            hint="correct the cause, then run the same command again",
        )

    async def _running(self, member: _Member) -> RunningWorker:
        """The member's worker, started again where it has ended."""
        async with member.starting:
            if member.running is not None and not member.running.over:
                return member.running
            if member.running is not None and not member.failure:
                await member.running.stop()  # whatever it left behind may hold a GPU's memory
                self._count_end(member, member.running.answered, member.running.exit_report)
                member.running = None
            if member.failure:
                raise RequestFailed("crash", member.failure, retryable=not self._exhausted)
            try:
                member.starts += 1
                member.running = await member.worker.start(self.name, self._timeout_s, self._start_s)
                if self._handshake:
                    await self._compare(member, member.running)
            except UsageError as error:  # found here before anything was started
                member.error, member.failure = error, error.message
                raise RequestFailed("crash", member.failure) from None
            except RequestFailed as failure:
                if member.running is not None:
                    await member.running.stop()  # it is counted when it is looked at again
                # A worker that was ready once is worth further starts.
                if self._handshake and not member.ready:
                    member.failure = member.failure or failure.message
                elif member.running is None:
                    self._count_end(member, 0, failure.message)
                failure.retryable = not self._exhausted
                raise
            member.ready = True
            return member.running

    def _count_end(self, member: _Member, answered: int, exit_report: str) -> None:
        """Give a worker up that has ended too often, or could not be started."""
        member.failed_starts = 0 if answered else member.failed_starts + 1
        if member.failed_starts >= _MAX_FAILED_STARTS:
            member.failure = (
                f"{self.name} ended {member.failed_starts} times without an answer; {exit_report}"
            )
        elif self._most_restarts is not None and member.starts > self._most_restarts:
            member.failure = f"{self.name} ended {member.starts} times; {exit_report}"

    async def _compare(self, member: _Member, running: RunningWorker) -> None:
        """Take note of a worker's facts; a worker that differs from the first is refused."""
        ready = await running.ready()
        if ready.fatal is not None:
            message = scrub(ready.fatal.get("message", "it cannot be used"), self._secrets)
            if not member.ready:
                code, hint = ready.fatal.get("code", "cannot-load"), ready.fatal.get("hint") or None
                member.error = model_error(code, message, hint)
                member.failure = message
            await running.stop()
            raise RequestFailed("crash", message)
        facts = ready.facts or {}
        settings = facts.get("settings", {})
        member.capacity = ready.in_flight
        if self._facts is None:
            self._facts = settings
        for name, value in facts.get("environment", {}).items():
            self._environment[f"{member.worker.label} {name}" if len(self._members) > 1 else name] = value
        if settings != self._facts:
            differing = sorted(
                name for name in {*settings, *self._facts} if settings.get(name) != self._facts.get(name)
            )
            member.failure = "; ".join(
                f"{name} is {settings.get(name)}, the others have {self._facts.get(name)}"
                for name in differing
            )
            await running.stop()
            raise RequestFailed("crash", f"{member.worker.label}: {member.failure}", retryable=True)

    async def close(self) -> None:
        """End the workers: close their standard inputs, wait, then end their process groups."""
        started = [member.running for member in self._members if member.running is not None]
        await asyncio.gather(*(running.stop() for running in started))
