"""A few threads in which a user's function is called, without waiting for one that never comes back.

`concurrent.futures` joins its threads when the interpreter ends, so a call that hangs would hang the program;
these threads are daemons, and one that overstays is replaced.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

__all__ = ["Threads"]

Call = Callable[[], None]


class Threads:
    """Calls functions, so many at a time; each thread lives on, so that a model stays in the one it knows.

    Args:
        count: how many calls go on at a time.
    """

    def __init__(self, count: int) -> None:
        self._places = asyncio.Semaphore(count)
        self._idle: list[queue.SimpleQueue[Call | None]] = []

    async def call(
        self, function: Callable[[Any], Any], argument: Any, timeout_s: float
    ) -> tuple[Any, float]:
        """Call a function in a thread.

        Args:
            function: what is called.
            argument: its only argument.
            timeout_s: longest wait, from when the call begins.

        Returns:
            What it returned, and the seconds that the call took.

        Raises:
            TimeoutError: it did not return in time; its thread is left to itself.
            Exception: whatever the function raised.
        """
        loop = asyncio.get_running_loop()
        async with self._places:
            future: asyncio.Future[Any] = loop.create_future()
            work = self._idle.pop() if self._idle else _new_thread()
            start = time.perf_counter()
            work.put(lambda: _carry_out(function, argument, loop, future))
            try:
                result = await asyncio.wait_for(asyncio.shield(future), timeout_s)
            finally:
                if future.done():
                    self._idle.append(work)
                else:
                    # Its call goes on; the thread ends with it and is replaced.
                    future.cancel()
                    work.put(None)
            return result, time.perf_counter() - start

    def close(self) -> None:
        """Let idle threads end."""
        while self._idle:
            self._idle.pop().put(None)


def _new_thread() -> queue.SimpleQueue[Call | None]:
    work: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
    threading.Thread(target=_serve, args=(work,), name="mmar-python-function", daemon=True).start()
    return work


def _serve(work: queue.SimpleQueue[Call | None]) -> None:
    while (call := work.get()) is not None:
        call()


def _carry_out(
    function: Callable[[Any], Any],
    argument: Any,
    loop: asyncio.AbstractEventLoop,
    future: asyncio.Future[Any],
) -> None:
    result: Any = None
    error: Exception | None = None
    try:
        result = function(argument)
    except StopIteration as raised:
        error = RuntimeError(f"StopIteration: {raised}")  # which a future refuses to hold
    except Exception as raised:  # noqa: BLE001 - handed on to whoever asked
        error = raised
    except BaseException as raised:  # noqa: BLE001 - a user's sys.exit() must not end the run
        error = RuntimeError(f"{type(raised).__name__}: {raised}")

    def settle() -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    try:
        loop.call_soon_threadsafe(settle)
    except RuntimeError:
        return  # the loop is closed: nobody waits any more
