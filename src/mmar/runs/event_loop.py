"""A session of a run to its end: in an event loop of its own, wherever it is called from, and stopped by signals."""

from __future__ import annotations

import asyncio
import contextvars
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, TypeVar

from mmar.runs.engine import Engine

# A batch system kills a process some seconds after SIGTERM; what is in flight is worth a short wait.
_TERMINATION_S = 5.0

Result = TypeVar("Result")


class StopHandle:
    """Stops a session's engine from outside: it sends no further request, and finishes those in flight.

    Args:
        handle_signals: whether SIGINT and SIGTERM stop it.
    """

    def __init__(self, *, handle_signals: bool = False) -> None:
        self._handle_signals = handle_signals
        self._halt: Callable[[], object] | None = None

    @contextmanager
    def bind(self, engine: Engine) -> Iterator[None]:
        """Within this block the engine can be stopped; entered in its event loop."""
        loop = asyncio.get_running_loop()
        self._halt = lambda: loop.call_soon_threadsafe(engine.stop_sending, "interrupted")
        with _signals_stop(engine) if self._handle_signals else nullcontext():
            yield

    def stop(self) -> None:
        """Stop the engine; called from another thread."""
        if self._halt is not None:
            self._halt()


def run_blocking(main: Callable[[StopHandle], Coroutine[Any, Any, Result]]) -> Result:
    """Run a session to its end, in a thread with an event loop of its own where one runs already; Ctrl-C stops it."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        in_main_thread = threading.current_thread() is threading.main_thread()
        return asyncio.run(main(StopHandle(handle_signals=in_main_thread)))
    stop_handle = StopHandle()
    executor = ThreadPoolExecutor(1, "mmar-run")
    future = executor.submit(contextvars.copy_context().run, asyncio.run, main(stop_handle))
    executor.shutdown(wait=False)  # a second Ctrl-C ends the wait below
    try:
        return future.result()
    except KeyboardInterrupt:
        stop_handle.stop()
        return future.result()


@contextmanager
def _signals_stop(engine: Engine) -> Iterator[None]:
    """Stop the engine at SIGINT or SIGTERM; a second signal ends the process.

    Where the event loop takes no signal handlers (Windows, or another thread than the main one) nothing changes.
    """
    loop = asyncio.get_running_loop()
    received: list[int] = []

    def handle(number: int) -> None:
        if received:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        received.append(number)
        engine.stop_sending("interrupted")
        if number == signal.SIGTERM:
            loop.call_later(_TERMINATION_S, engine.cancel_requests)

    handled = []
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, handle, number)
            handled.append(number)
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
