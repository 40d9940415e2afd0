"""A session of a run to its end: in an event loop of its own, wherever it is called from, and stopped by signals."""

from __future__ import annotations

import asyncio
import contextvars
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from mmar.runs.engine import Engine

__all__ = ["run_blocking", "signals_stop"]

# A batch system kills a process some seconds after SIGTERM; what is in flight is worth a short wait.
_TERMINATION_S = 5.0

Result = TypeVar("Result")


def run_blocking(main: Callable[..., Coroutine[Any, Any, Result]], stop: Callable[[], None]) -> Result:
    """Run a session to its end, in a thread with an event loop of its own where one runs already.

    Args:
        main: the session; called with `handle_signals`, true where it runs in the main thread.
        stop: stops it from another thread; called at Ctrl-C where the session runs in a thread.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        in_main_thread = threading.current_thread() is threading.main_thread()
        return asyncio.run(main(handle_signals=in_main_thread))
    results: list[Result] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(asyncio.run(main(handle_signals=False)))
        except BaseException as error:  # noqa: BLE001 - raised in the caller's thread
            errors.append(error)

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(work,), name="mmar-run")
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        stop()
        thread.join()
    if errors:
        raise errors[0]
    return results[0]


@contextmanager
def signals_stop(engine: Engine) -> Iterator[None]:
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
        engine.halt("interrupted")
        if number == signal.SIGTERM:
            loop.call_later(_TERMINATION_S, engine.abandon)

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
