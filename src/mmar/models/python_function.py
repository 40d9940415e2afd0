"""`python:MODULE:FUNCTION` or `python:FILE.py:FUNCTION`: a Python function of the user's.

The function takes one dictionary and returns a text or a dictionary, both as in `mmar.models.jsonl`. If it
is `async`, it is awaited, as many at a time as the run asks for; otherwise it is called in a thread, one call
at a time unless the option `threads` says more, because few models bear two calls at once.
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
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from mmar.errors import InputError
from mmar.files.typed import convert
from mmar.models.answer import Answer, RequestFailed
from mmar.models.credentials import environment_secrets, scrub
from mmar.models.jsonl import ProgramAnswer, describe_clips, read_answer, strip_audio, write_request
from mmar.models.model import ModelOptions, model_error
from mmar.models.options import check_known, get_choice, get_int
from mmar.protocols import Request

_IMPORTLIB = str(Path(importlib.__file__).parent)
_OWN_FOLDER = str(Path(__file__).parent)

RequestRecord = dict[str, Any]


class PythonFunction:
    """A model of a plain function, sync or async.

    Args:
        function: from a request's dictionary to a text or an answer's dictionary (`mmar.models.jsonl`), or to an
            awaitable of one.
        name: of the model; by default that of the function.
        uses_audio: whether it is given the clip.
        timeout_s: longest time for one call, in seconds.
        threads: how many calls of a function that is not `async` go on at a time.
        environment: its secrets are kept out of messages.
    """

    enforces_timeout = True  # a call may wait longer for its turn than it takes

    def __init__(
        self,
        function: Callable[[RequestRecord], Any],
        name: str | None = None,
        *,
        uses_audio: bool = True,
        timeout_s: float = 300.0,
        threads: int = 1,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        module, own_name = getattr(function, "__module__", ""), getattr(function, "__qualname__", None)
        self.name = name or f"python:{module}:{own_name or type(function).__name__}"
        self.uses_audio = uses_audio
        self._function = function
        self._timeout_s = timeout_s
        self._secrets = environment_secrets(environment or {})
        # An object may have an async __call__.
        methods = (function, getattr(function, "__call__", None))  # noqa: B004
        self._is_async = any(map(inspect.iscoroutinefunction, methods))
        self._threads = _Threads(threads)

    async def ask(self, request: Request) -> Answer:
        """Ask once; see `Model.ask`."""
        sent = await asyncio.to_thread(describe_clips, request) if self.uses_audio else None
        if not self.uses_audio:
            request = strip_audio(request)
        record = write_request(request, request.item_id)
        try:
            value, latency_s = await self._call(record)
            return read_answer(_program_answer(value), request.item_id, self.name, sent, latency_s)
        except RequestFailed as failure:
            raise failure.with_message(scrub(failure.message, self._secrets)) from None

    async def _call(self, record: RequestRecord) -> tuple[Any, float]:
        """The result of a call, and the seconds that it took."""
        try:
            if not self._is_async:
                return await self._threads.call(partial(self._function, record), self._timeout_s)
            start = time.perf_counter()
            result = await asyncio.wait_for(self._function(record), self._timeout_s)
            return result, time.perf_counter() - start
        except RequestFailed:
            raise
        except TimeoutError:
            message = f"{self.name}: no answer in {self._timeout_s:g} s"
            raise RequestFailed("timeout", message, retryable=True) from None
        except Exception as error:  # noqa: BLE001 - whatever a user's function raises is that item's failure
            message = f"{self.name}: {type(error).__name__}: {error}{_error_location(error)}"
            raise RequestFailed("crash", message) from None

    async def close(self) -> None:
        """End the threads."""
        self._threads.close()


_Call = Callable[[], Any]
_Work = queue.SimpleQueue[tuple[concurrent.futures.Future[Any], _Call] | None]


class _Threads:
    """Makes calls in daemon threads, `count` at a time.

    A thread makes one call after the other, so that a model stays in the thread it knows, and is replaced when a call
    does not return in time. The threads of `concurrent.futures` are joined when the interpreter ends, so that a call
    that hangs would hang the program.
    """

    def __init__(self, count: int) -> None:
        self._free = asyncio.Semaphore(count)
        self._idle: list[_Work] = []

    async def call(self, function: _Call, timeout_s: float) -> tuple[Any, float]:
        """The result of a call, and the seconds that it took; `TimeoutError` after `timeout_s` seconds."""
        async with self._free:
            work = self._idle.pop() if self._idle else _start_thread()
            future: concurrent.futures.Future[Any] = concurrent.futures.Future()
            start = time.perf_counter()
            work.put((future, function))
            try:
                result = await asyncio.wait_for(asyncio.wrap_future(future), timeout_s)
            finally:
                if future.done() and not future.cancelled():
                    self._idle.append(work)
                else:
                    work.put(None)
            return result, time.perf_counter() - start

    def close(self) -> None:
        """End the idle threads; one that hangs ends with the program."""
        while self._idle:
            self._idle.pop().put(None)


def _start_thread() -> _Work:
    work: _Work = queue.SimpleQueue()
    threading.Thread(target=_make_calls, args=(work,), name="mmar-python-function", daemon=True).start()
    return work


def _make_calls(work: _Work) -> None:
    while (job := work.get()) is not None:
        future, function = job
        result: Any = None
        problem: BaseException | None = None
        try:
            result = function()
        except (StopIteration, SystemExit, KeyboardInterrupt) as error:
            # asyncio refuses the first, and a user's sys.exit() must not end the run.
            problem = RuntimeError(f"{type(error).__name__}: {error}")
        except BaseException as error:  # noqa: BLE001 - raised where the call is awaited
            problem = error
        with suppress(concurrent.futures.InvalidStateError):  # nobody waits any more
            if problem is None:
                future.set_result(result)
            else:
                future.set_exception(problem)


def _error_location(error: BaseException) -> str:
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
        message = f"expected a text or a dictionary of an answer ({error.summary})"
        raise RequestFailed("bad_reply", message) from None


def open_python(name: str, options: ModelOptions) -> PythonFunction:
    """Open the function of `MODULE:FUNCTION` or `FILE.py:FUNCTION`; modules in the current folder are found."""
    check_known(options.extra, ("uses_audio", "threads"), "python")
    module_name, _, attribute = name.rpartition(":")
    if not module_name or not attribute:
        message = f'"python:{name}" names no function; expected python:MODULE:FUNCTION'
        raise model_error("unknown-model", message)
    try:
        is_file = module_name.endswith(".py")
        function = _from_file(Path(module_name)) if is_file else _from_module(module_name)
    except Exception as error:
        cause = f"{type(error).__name__}: {error}{_error_location(error)}"
        message = f"python:{name}: {module_name} cannot be imported: {cause}"
        raise model_error("import-failed", message) from error
    for part in attribute.split("."):
        function = getattr(function, part, None)
    if not callable(function):
        raise model_error("unknown-model", f'python:{name}: {module_name} has no function "{attribute}"')
    return PythonFunction(
        function,
        f"python:{name}",
        uses_audio=get_choice(options.extra, "uses_audio", ("yes", "no"), "yes") == "yes",
        timeout_s=options.timeout_s,
        threads=get_int(options.extra, "threads", 1, 1024) or 1,
        environment=options.environment,
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
