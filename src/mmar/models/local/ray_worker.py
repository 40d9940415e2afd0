"""Workers on a Ray cluster: `--worker ray:N` starts N actors, each with the program of a worker on its node.

Ray is a transport of the pool like ssh or srun: the actors forward requests and answers, the pool shares them out, starts
a worker again that ended and compares facts, and one process writes the ledger. The nodes need this program, and for `hf/`
torch and transformers. Ray ends the actors with the program that started them, and their programs end with them.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from mmar.errors import UsageError
from mmar.models.answer import Answer, RequestFailed
from mmar.models.jsonl import ProgramAnswer
from mmar.models.local.program import Program
from mmar.models.local.worker_pool import RunningWorker
from mmar.protocols import Request

PREFIX = "ray:"
_MOST_WORKERS = 4096
_STOP_S = 15.0


def ray_workers(text: str, arguments: Sequence[str]) -> list[RayWorker]:
    """The workers that `ray:N` asks for; an empty first argument is the Python of the node.

    Raises:
        UsageError: it is not a number of workers, or Ray is not installed.
    """
    count = text.removeprefix(PREFIX)
    if not count.isdecimal() or not 1 <= int(count) <= _MOST_WORKERS:
        message = f"{text}: expected ray:N with N from 1 to {_MOST_WORKERS}"
        raise UsageError(message, code="invalid-value", argument="workers")
    if find_spec("ray") is None:
        message = f"{text} needs Ray"
        raise UsageError(message, code="missing-extra", argument="workers", hint="pip install 'mmar[ray]'")
    cluster = _Cluster()
    return [RayWorker(number, tuple(arguments), cluster) for number in range(int(count))]


class _Cluster:
    """The connection to a cluster that the workers of a model share."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._users = 0
        self._ours = False

    async def join(self) -> Any:
        """Connect, or start a cluster on this machine where there is none; returns the module `ray`."""
        import ray

        async with self._lock:
            self._users += 1
            if not ray.is_initialized():
                try:
                    await asyncio.to_thread(
                        ray.init,
                        include_dashboard=False,
                        log_to_driver=False,
                        configure_logging=False,
                    )
                except (ConnectionError, RuntimeError, ValueError) as error:
                    message = (
                        f"no connection to the Ray cluster ({type(error).__name__}: {error}); where its "
                        "authentication is on, set RAY_AUTH_MODE=token and give the cluster's token"
                    )
                    raise RequestFailed("crash", message) from None
                self._ours = True
        return ray

    async def leave(self) -> None:
        """Disconnect once nobody uses it any more."""
        import ray

        async with self._lock:
            self._users -= 1
            if self._users == 0 and self._ours:
                self._ours = False
                await asyncio.to_thread(ray.shutdown)


class RayWorker:
    """A worker that is started as an actor with a program; workers are numbered from 0."""

    def __init__(self, number: int, arguments: tuple[str, ...], cluster: _Cluster) -> None:
        self.label = f"ray {number}"
        self._number, self._arguments, self._cluster = number, arguments, cluster

    async def start(self, name: str, timeout_s: float, start_s: float) -> RunningWorker:
        """Start an actor, with a GPU where the cluster has any; see `Worker.start`."""
        ray = await self._cluster.join()
        gpus = int(ray.cluster_resources().get("GPU", 0))
        if 0 < gpus <= self._number:  # it would wait for a GPU for ever
            await self._cluster.leave()
            raise RequestFailed("crash", f"the Ray cluster has {gpus} GPUs, one for each worker")
        # The pool starts a worker again itself, so that its facts are compared each time.
        actor = ray.remote(Actor).options(
            num_cpus=0, num_gpus=min(gpus, 1), max_restarts=0, scheduling_strategy="SPREAD"
        )
        running = _RunningActor(ray, actor.remote(), self._cluster)
        try:
            await running.start(self._arguments, name, timeout_s, start_s)
        except RequestFailed:
            await running.stop()
            raise
        return running


class Actor:
    """The part that runs on a node: the worker's program, and a way to it.

    Failures are returned, not raised, because Ray wraps what is raised into errors of its own.
    """

    async def start(
        self, arguments: Sequence[str], name: str, timeout_s: float, start_s: float
    ) -> tuple[Any, ...] | None:
        """Start the program; see `Program.start`. An empty first argument is the Python of the node."""
        words = [arguments[0] or sys.executable, *arguments[1:]]
        try:
            self._program = await Program.start(words, name, timeout_s, start_s)
        except RequestFailed as failure:
            return (failure.kind, failure.message, failure.retryable, True)
        return None

    async def ready(self) -> ProgramAnswer | tuple[Any, ...]:
        """Wait for the program's first line."""
        try:
            return await self._program.ready()
        except RequestFailed as failure:
            return (failure.kind, failure.message, failure.retryable, True)

    async def ask(self, request: Request, request_id: str) -> Answer | tuple[Any, ...]:
        """Ask the program once."""
        try:
            return await self._program.ask(request, request_id)
        except RequestFailed as failure:
            return (failure.kind, failure.message, failure.retryable, self._program.over)

    async def stop(self) -> None:
        """End the program."""
        await self._program.stop()


class _RunningActor:
    """An actor that was started."""

    def __init__(self, ray: Any, actor: Any, cluster: _Cluster) -> None:
        self.over = False
        self.answered = 0
        self.exit_report = "still running"
        self._ray, self._actor, self._cluster = ray, actor, cluster
        self._stopped = False

    async def start(self, *arguments: Any) -> None:
        """Start the actor's program; see `Actor.start`."""
        await self._call(self._actor.start.remote(*arguments))

    async def ready(self) -> ProgramAnswer:
        """Wait for the first line of the actor's program."""
        ready: ProgramAnswer = await self._call(self._actor.ready.remote())
        return ready

    async def ask(self, request: Request, request_id: str) -> Answer:
        """Ask once."""
        answer: Answer = await self._call(self._actor.ask.remote(request, request_id))
        self.answered += 1
        return answer

    async def _call(self, reference: Any) -> Any:
        try:
            result = await reference
        except self._ray.exceptions.RayError as error:
            self.over = True
            self.exit_report = f"the Ray actor was lost ({type(error).__name__})"
            raise RequestFailed("crash", self.exit_report, retryable=True) from None
        if isinstance(result, tuple):
            kind, message, retryable, over = result
            if over:
                self.over, self.exit_report = True, message
            raise RequestFailed(kind, message, retryable=retryable)
        return result

    async def stop(self) -> None:
        """End the program, then the actor. Idempotent."""
        if self._stopped:
            return
        self._stopped = True
        try:
            async with asyncio.timeout(_STOP_S):
                await self._actor.stop.remote()
        except (self._ray.exceptions.RayError, TimeoutError):
            pass  # it is gone, or goes now
        self._ray.kill(self._actor)
        await self._cluster.leave()
