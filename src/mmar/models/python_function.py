"""`python:MODULE:FUNCTION` or `python:FILE.py:FUNCTION`: a Python function of the user's.

The function takes one dictionary and returns a text or a dictionary, both as in `mmar.models.jsonl`. If it
is `async`, it is awaited, as many at a time as the run asks for; otherwise it is called in a thread, one call
at a time unless the option `threads` says more, because few models bear two calls at once.

Options (`ModelOptions.extra`): `uses_audio` (`yes`, or `no` for a function that takes no audio), `threads`.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import importlib
import importlib.util
import inspect
import queue
import sys
import threading
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import msgspec

from mmar.errors import InputError, UsageError
from mmar.files.typed import convert
from mmar.models.answer import Answer, RequestFailed
from mmar.models.credentials import Credential, secrets_of
from mmar.models.jsonl import ProgramAnswer, answer_of, request_record, sent_of, without_audio
from mmar.models.model import ModelOptions
from mmar.models.options import check_known, choice_of, number_of
from mmar.protocols import Request

_IMPORTLIB = str(Path(importlib.__file__).parent)
_OWN_FOLDER = str(Path(__file__).parent)

RequestRecord = dict[str, Any]


class PythonFunction:
    """A function that answers.

    Args:
        name: with the adapter's name before it.
        function: from a request's dictionary to a text or an answer's dictionary, or to an awaitable of one.
        uses_audio: whether it is given the clip.
        timeout_s: longest time for one call, in seconds.
        threads: how many calls of a function that is not `async` go on at a time.
        secrets: kept out of every message.
    """

    keeps_time = True  # a call may wait longer for its turn than it takes

    def __init__(
        self,
        name: str,
        function: Callable[[RequestRecord], Any],
        *,
        uses_audio: bool,
        timeout_s: float,
        threads: int,
        secrets: tuple[Credential, ...] = (),
    ) -> None:
        self.name = name
        self.uses_audio = uses_audio
        self._function = function
        self._timeout_s = timeout_s
        self._secrets = secrets
        waits = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
            getattr(function, "__call__", None)  # noqa: B004 - an object with an async __call__
        )
        self._threads = None if waits else _Threads(threads)

    async def ask(self, request: Request) -> Answer:
        """Ask once.

        Raises:
            RequestFailed: there is no answer.
        """
        sent = await asyncio.to_thread(sent_of, request) if self.uses_audio else None
        if not self.uses_audio:
            request = without_audio(request)
        record = request_record(request, request.item_id)
        try:
            value, latency_s = await self._call(record)
            answer = answer_of(_program_answer(value), request.item_id, self.name)
        except RequestFailed as failure:
            message = failure.message
            for secret in self._secrets:
                message = secret.scrub(message)
            raise failure.with_message(message) from None
        return msgspec.structs.replace(answer, latency_s=latency_s, sent=sent)

    async def _call(self, record: RequestRecord) -> tuple[Any, float]:
        try:
            if self._threads is not None:
                return await self._threads.call(self._function, record, self._timeout_s)
            start = time.perf_counter()
            awaitable = cast("Awaitable[Any]", self._function(record))
            result = await asyncio.wait_for(awaitable, self._timeout_s)
            return result, time.perf_counter() - start
        except RequestFailed:
            raise
        except TimeoutError:
            raise RequestFailed(
                "timeout", f"{self.name}: no answer in {self._timeout_s:g} s", retryable=True
            ) from None
        except Exception as error:  # noqa: BLE001 - whatever a user's function raises is that item's failure
            raise RequestFailed(
                "crash", f"{self.name}: {type(error).__name__}: {error}{_raised_at(error)}"
            ) from None

    async def close(self) -> None:
        """End the threads."""
        if self._threads is not None:
            self._threads.close()


class _Worker:
    """A daemon thread that makes calls one after the other, so that a model stays in the thread it knows.

    The threads of `concurrent.futures` are joined when the interpreter ends, so that a call that hangs would hang the
    program.
    """

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[tuple[concurrent.futures.Future[Any], Callable[[], Any]] | None] = (
            queue.SimpleQueue()
        )
        threading.Thread(target=self._serve, name="mmar-python-function", daemon=True).start()

    def submit(self, call: Callable[[], Any]) -> concurrent.futures.Future[Any]:
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        self._work.put((future, call))
        return future

    def end(self) -> None:
        self._work.put(None)

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            future, call = work
            try:
                result = call()
            except (StopIteration, SystemExit, KeyboardInterrupt) as error:
                # A future refuses the first, and a user's sys.exit() must not end the run.
                result = None
                problem: BaseException | None = RuntimeError(f"{type(error).__name__}: {error}")
            except BaseException as error:  # noqa: BLE001 - raised where the call is awaited
                result, problem = None, error
            else:
                problem = None
            with suppress(concurrent.futures.InvalidStateError):  # nobody waits any more
                if problem is None:
                    future.set_result(result)
                else:
                    future.set_exception(problem)


class _Threads:
    """Makes calls in threads, a few at a time; one whose call does not return in time is replaced."""

    def __init__(self, count: int) -> None:
        self._places = asyncio.Semaphore(count)
        self._idle: list[_Worker] = []

    async def call(
        self, function: Callable[[Any], Any], argument: Any, timeout_s: float
    ) -> tuple[Any, float]:
        """What a call returned, and the seconds that it took; `TimeoutError` after `timeout_s` seconds."""
        async with self._places:
            worker = self._idle.pop() if self._idle else _Worker()
            start = time.perf_counter()
            future = worker.submit(lambda: function(argument))
            try:
                result = await asyncio.wait_for(asyncio.wrap_future(future), timeout_s)
            finally:
                if future.done() and not future.cancelled():
                    self._idle.append(worker)
                else:
                    worker.end()
            return result, time.perf_counter() - start

    def close(self) -> None:
        while self._idle:
            self._idle.pop().end()


def _raised_at(error: BaseException) -> str:
    """File and line where the user's code raised, for messages; empty where it cannot be told."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return f" ({error.filename}:{error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(("<frozen", _OWN_FOLDER, _IMPORTLIB))]
    return f" ({own[-1].filename}:{own[-1].lineno})" if own else ""


def _program_answer(value: Any) -> ProgramAnswer:
    if isinstance(value, str):
        return ProgramAnswer(text=value)
    try:
        return convert(value, ProgramAnswer)
    except InputError as error:
        raise RequestFailed(
            "bad_reply", f"expected a text or a dictionary of an answer ({error.summary})"
        ) from None


def from_function(
    function: Callable[[RequestRecord], Any],
    environment: Mapping[str, str] | None = None,
    *,
    name: str | None = None,
    uses_audio: bool = True,
    timeout_s: float = 300.0,
    threads: int = 1,
) -> PythonFunction:
    """A model of a plain function, sync or async.

    Args:
        function: takes a request as a dictionary, returns the answer's text or a dictionary (`mmar.models.jsonl`).
        environment: its secrets are kept out of messages.
        name: of the model; by default that of the function.
        uses_audio: whether it is given clips.
        timeout_s: longest time for one call, in seconds.
        threads: number of calls at a time of a function that is not async.
    """
    own = (
        f"{getattr(function, '__module__', '')}:{getattr(function, '__qualname__', type(function).__name__)}"
    )
    return PythonFunction(
        name or f"python:{own}",
        function,
        uses_audio=uses_audio,
        timeout_s=timeout_s,
        threads=threads,
        secrets=secrets_of(environment or {}),
    )


def open_python(name: str, options: ModelOptions) -> PythonFunction:
    """Open a function by the module or file that holds it.

    Args:
        name: `MODULE:FUNCTION` or `FILE.py:FUNCTION`; modules in the current folder are found.
        options: `uses_audio` and `threads`.

    Raises:
        UsageError: there is no such module or function, the import fails, or an option is unknown or wrong.
    """
    check_known(options.extra, ("uses_audio", "threads"), "python")
    place, colon, attribute = name.rpartition(":")
    if not colon or not place or not attribute:
        raise UsageError(
            f'"python:{name}" names no function; expected python:MODULE:FUNCTION',
            code="unknown-model",
            argument="model",
        )
    try:
        module = _from_file(Path(place)) if place.endswith(".py") else _from_module(place)
    except Exception as error:
        raise UsageError(
            f"python:{name}: {place} cannot be imported: {type(error).__name__}: {error}{_raised_at(error)}",
            code="import-failed",
            argument="model",
        ) from error
    function = module
    for part in attribute.split("."):
        function = getattr(function, part, None)
    if not callable(function):
        raise UsageError(
            f'python:{name}: {place} has no function "{attribute}"', code="unknown-model", argument="model"
        )
    return PythonFunction(
        f"python:{name}",
        function,
        uses_audio=choice_of(options.extra, "uses_audio", ("yes", "no"), "yes") == "yes",
        timeout_s=options.timeout_s,
        threads=int(number_of(options.extra, "threads", 1, 1024) or 1),
        secrets=secrets_of(options.environment),
    )


def _from_module(name: str) -> Any:
    # A console script's path begins with its own folder, not with the one in which it was started.
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    return importlib.import_module(name)


def _from_file(path: Path) -> Any:
    name = f"mmar_python_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    # Registered, as dataclasses and pickling of what the file defines expect.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
