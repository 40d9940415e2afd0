"""Workers behind one model: processes that answer lines of JSON, on this machine's GPUs or reached by ssh or srun.

Each request goes to the worker with the fewest in flight. A worker that ends is started again, its requests are asked
again, and one that ends several times without an answer is left out while others go on. Workers that tell facts about
themselves must tell the same, or they are refused by name: answers of two models must not be mixed.

A worker's first line may be `{"ready": true, "facts": {"settings": {...}, "environment": {...}}, "in_flight": 8}`. Later
lines without id and text are signs of life. `{"fatal": {"code", "message", "hint"}}` as the first line says that it can
never answer.
"""

from __future__ import annotations

import asyncio
import shlex
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from mmar.errors import ExternalError, UsageError
from mmar.models.answer import Answer, RequestFailed
from mmar.models.credentials import Credential
from mmar.models.jsonl import answer_of, request_record, sent_of, without_audio
from mmar.models.model import ModelFacts
from mmar.models.subprocess_model import Program
from mmar.protocols import Request

__all__ = ["Worker", "WorkerPool", "command_workers", "local_workers"]

_MAX_FRUITLESS_STARTS = 3


class Worker(msgspec.Struct, frozen=True):
    """How to start one worker.

    Attributes:
        label: for messages.
        arguments: the program and its arguments.
        environment: all environment variables; `None` for those of this process.
    """

    label: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] | None = None


class _Place:
    """One worker, and how it is doing."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.program: Program | None = None
        self.in_flight = 0
        self.capacity: int | None = None
        self.gone = ""
        self.fatal: dict[str, str] | None = None
        self.ready = False
        self.fruitless = 0
        self.starting = asyncio.Lock()

    @property
    def has_room(self) -> bool:
        return not self.gone and (self.capacity is None or self.in_flight < self.capacity)


class WorkerPool:
    """A model whose requests are answered by workers.

    Args:
        name: of the model.
        workers: at least one.
        uses_audio: whether they are given the clip.
        timeout_s: longest silence while answers are due, in seconds.
        start_s: longest wait for a worker's first line, in seconds.
        handshake: whether each worker is started and must tell its facts before the first request.
        secrets: kept out of every message and answer.
    """

    keeps_time = True  # a program may take longer to load weights than to answer

    def __init__(
        self,
        name: str,
        workers: Sequence[Worker],
        *,
        uses_audio: bool,
        timeout_s: float,
        start_s: float,
        handshake: bool = False,
        secrets: tuple[Credential, ...] = (),
    ) -> None:
        self.name = name
        self.uses_audio = uses_audio
        self._places = [_Place(worker) for worker in workers]
        self._timeout_s, self._start_s, self._handshake = timeout_s, start_s, handshake
        self._secrets = secrets
        self._facts: dict[str, str] | None = None
        self._environment: dict[str, str] = {}
        self._answered = False
        self._room = asyncio.Event()
        self._times: Counter[str] = Counter()

    @property
    def in_flight(self) -> int | None:
        """How many requests the workers take at once, where they say so."""
        return sum(place.capacity or 0 for place in self._places if not place.gone) or None

    async def prepare(self) -> ModelFacts:
        """Start all workers and compare their facts, where they tell any.

        Raises:
            ExternalError: no worker is left.
            UsageError: the first worker said why it can never answer (its code).
        """
        if self._handshake:
            await asyncio.gather(*(self._running(place) for place in self._places), return_exceptions=True)
            if all(place.gone for place in self._places):
                raise self._none_left()
        refused = {f"refused {place.worker.label}": place.gone for place in self._places if place.gone}
        return ModelFacts(dict(self._facts or {}), {**self._environment, **refused})

    async def ask(self, request: Request) -> Answer:
        """Ask once.

        Raises:
            RequestFailed: there is no answer.
            ExternalError: no worker is left.
        """
        sent = await asyncio.to_thread(sent_of, request) if self.uses_audio else None
        if not self.uses_audio:
            request = without_audio(request)
        self._times[request.item_id] += 1
        times = self._times[request.item_id]
        request_id = request.item_id if times == 1 else f"{request.item_id}#{times}"
        place = await self._take()
        try:
            program = await self._running(place)
            reply, latency_s = await program.ask(request_id, request_record(request, request_id))
            answer = answer_of(reply, request.item_id, self.name)
        except RequestFailed as failure:
            raise failure.with_message(self._scrub(failure.message)) from None
        finally:
            place.in_flight -= 1
            self._room.set()
        self._answered = True
        return msgspec.structs.replace(
            answer,
            text=self._scrub(answer.text),
            thinking=self._scrub(answer.thinking),
            latency_s=latency_s,
            sent=msgspec.structs.replace(sent, cut=True) if sent is not None and reply.cut else sent,
        )

    async def _take(self) -> _Place:
        """The worker with the fewest requests in flight, once one has room."""
        while True:
            free = [place for place in self._places if place.has_room]
            if free:
                place = min(free, key=lambda place: place.in_flight)
                place.in_flight += 1
                return place
            if all(place.gone for place in self._places):
                if self._answered or self._handshake:
                    raise self._none_left()
                raise RequestFailed("crash", self._scrub(self._places[0].gone))
            self._room.clear()
            await self._room.wait()

    def _none_left(self) -> ExternalError | UsageError:
        fatal = self._places[0].fatal
        if fatal is not None:
            message, hint = self._scrub(self._places[0].gone), fatal.get("hint") or None
            return UsageError(message, code=fatal.get("code", "cannot-load"), argument="model", hint=hint)
        reasons = "\n".join(f"  {place.worker.label}: {place.gone}" for place in self._places)
        return ExternalError(
            self._scrub(f"{self.name}: no worker is left\n{reasons}"),
            code="no-worker",
            hint="correct the cause and give the same command again",
        )

    async def _running(self, place: _Place) -> Program:
        async with place.starting:
            program = place.program
            if program is not None and not program.over:
                return program
            if program is not None:
                place.fruitless = 0 if program.answered else place.fruitless + 1
                if place.fruitless >= _MAX_FRUITLESS_STARTS:
                    place.gone = (
                        f"{self.name} ended {place.fruitless} times without an answer; {program.last_words}"
                    )
            if place.gone:
                raise RequestFailed(
                    "crash", place.gone, retryable=not all(each.gone for each in self._places)
                )
            worker = place.worker
            try:
                place.program = await Program.start(
                    list(worker.arguments), self._timeout_s, self._start_s, worker.environment
                )
                if self._handshake:
                    await self._compare(place, place.program)
            except RequestFailed as failure:
                # A worker that was ready once is worth further starts.
                if self._handshake and not place.ready and not place.gone:
                    place.gone = failure.message
                failure.retryable = not all(each.gone for each in self._places)
                raise
            place.ready = True
            return place.program

    async def _compare(self, place: _Place, program: Program) -> None:
        """Take note of a worker's facts; a worker that differs from the first is refused."""
        ready = await program.ready()
        if ready.fatal is not None:
            place.fatal = ready.fatal
            place.gone = ready.fatal.get("message", "it cannot be used")
            await program.stop()
            raise RequestFailed("crash", place.gone)
        facts = ready.facts or {}
        settings = facts.get("settings", {})
        place.capacity = ready.in_flight
        if self._facts is None:
            self._facts = settings
        for name, value in facts.get("environment", {}).items():
            self._environment[f"{place.worker.label} {name}" if len(self._places) > 1 else name] = value
        if settings != self._facts:
            differing = sorted(
                name for name in {*settings, *self._facts} if settings.get(name) != self._facts.get(name)
            )
            place.gone = "; ".join(
                f"{name} is {settings.get(name)}, the others have {self._facts.get(name)}"
                for name in differing
            )
            await program.stop()
            raise RequestFailed("crash", f"{place.worker.label}: {place.gone}", retryable=True)

    def _scrub(self, text: str) -> str:
        for secret in self._secrets:
            text = secret.scrub(text)
        return text

    async def close(self) -> None:
        """End the workers: close their standard inputs, wait, then end their process groups."""
        programs = [place.program for place in self._places if place.program is not None]
        await asyncio.gather(*(program.stop() for program in programs))


def local_workers(
    arguments: Sequence[str], gpus: Sequence[str], environment: Mapping[str, str]
) -> list[Worker]:
    """One worker for each GPU of this machine, which sees that GPU alone.

    Args:
        arguments: the program and its arguments.
        gpus: as in CUDA_VISIBLE_DEVICES; a text such as "0+1" gives one worker two.
        environment: of this process.
    """
    return [
        Worker(f"gpu {gpu}", tuple(arguments), {**environment, "CUDA_VISIBLE_DEVICES": gpu.replace("+", ",")})
        for gpu in gpus
    ]


def command_workers(command_lines: Sequence[str]) -> list[Worker]:
    """A worker for each command line, such as `ssh gpu1 python my_model.py`; no shell is involved.

    Raises:
        UsageError: a command line cannot be split, or there is no such program here.
    """
    workers = []
    for line in command_lines:
        try:
            arguments = shlex.split(line)
        except ValueError as error:
            raise UsageError(
                f"{line}: {error}", code="invalid-value", argument="workers", hint="quote it as for a shell"
            ) from None
        if not arguments or shutil.which(arguments[0]) is None:
            program = arguments[0] if arguments else ""
            raise UsageError(
                f'{line}: there is no program "{program}"', code="invalid-value", argument="workers"
            )
        workers.append(Worker(line, tuple(arguments)))
    return workers
