"""The same work on many pieces, shared among processes, its results in the pieces' order.

Where the system can fork, workers are forks that take the next piece's number from one file: they begin at once with
what is loaded already. `concurrent.futures` has loaded and started when a tenth of 100,000 records is scored; it is
for other systems, and for pieces that only this process can read. A program with threads is not forked, since a copy
of it may hang; processes that are started anew run the program's main module again, so only the command starts any.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from mmar.errors import ExternalError

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["can_fork", "forked", "pooled", "shared", "team_size"]

Piece = TypeVar("Piece")
Result = TypeVar("Result")
Begin = Callable[[], Callable[[Piece], Result]]

_NUMBER = 4
_LENGTH = 8
_FAULT = -1
_MOST = 8


def can_fork() -> bool:
    """Whether this process can be copied and the copies do all that the original does."""
    return sys.platform == "linux" and hasattr(os, "memfd_create") and threading.active_count() == 1


def team_size(*, spawn: bool) -> int:
    """How many processes are to share work; 1 where none may be made.

    Args:
        spawn: whether processes may be started anew, which a program stands whose main module is guarded.
    """
    if not (spawn or can_fork()):
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(_MOST, cores)


@contextmanager
def _no_warning() -> Iterator[None]:
    """From Python 3.12 on a fork warns where a numerical library has threads; they hold nothing that a worker needs."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r".*multi-threaded, use of fork\(\)", DeprecationWarning)
        yield


def shared(pieces: Sequence[Piece], begin: Begin[Piece, Result], workers: int) -> Iterator[Result]:
    """The result of each piece, in order.

    Args:
        pieces: what to work on.
        begin: called once in each worker; gives the work on a piece. It, pieces and results must be picklable.
        workers: number of processes.

    Raises:
        ExternalError: a worker was ended from outside.
    """
    return (forked if can_fork() else pooled)(pieces, begin, workers)


def pooled(pieces: Iterable[Piece], begin: Begin[Piece, Result], workers: int) -> Iterator[Result]:
    """As `shared`, by a pool: on any system, and of pieces that are made as it goes."""
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    context = get_context("fork" if can_fork() else "spawn")
    with ProcessPoolExecutor(workers, context, _begin_here, (begin,)) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for piece in pieces:
                with _no_warning():
                    waiting.append(pool.submit(_work_here, piece))
                # Enough to keep every worker busy, and no more: what waits is held in memory.
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise _ended() from None


_here: list[Callable[[Any], Any]] = []


def _begin_here(begin: Begin[Any, Any]) -> None:
    _here[:] = [begin()]


def _work_here(piece: Any) -> Any:
    return _here[0](piece)


def forked(pieces: Sequence[Piece], begin: Begin[Piece, Result], workers: int) -> Iterator[Result]:
    """As `shared`, by forks of this process; Linux only, and only where this is its one thread."""
    import pickle
    import select

    # Read by all through one offset, which the kernel moves: so each number is taken once.
    numbers = os.memfd_create("mmar")
    os.write(numbers, b"".join(at.to_bytes(_NUMBER, "big") for at in range(len(pieces))))
    os.lseek(numbers, 0, os.SEEK_SET)
    team: dict[int, int] = {}
    try:
        for _ in range(min(workers, len(pieces))):
            mine, theirs = os.pipe()
            with _no_warning():
                worker = os.fork()
            if not worker:
                # Only the reader may hold the reading ends: else a worker would wait for one that is gone.
                for pipe in (mine, *team):
                    os.close(pipe)
                _work(numbers, theirs, pieces, begin)
            os.close(theirs)
            team[mine] = worker
        watch = select.poll()
        for pipe in team:
            watch.register(pipe, select.POLLIN)
        found: dict[int, Result] = {}
        at, working = 0, len(team)
        while at < len(pieces):
            if at in found:
                yield found.pop(at)
                at += 1
                continue
            if not working:
                raise _ended()
            for pipe, _ in watch.poll():
                message = _message(pipe)
                if not message:
                    watch.unregister(pipe)
                    working -= 1
                    continue
                number, result = pickle.loads(message)  # noqa: S301 - from our own fork
                if number == _FAULT:
                    raise result
                found[number] = result
    finally:
        os.close(numbers)
        for pipe, worker in team.items():
            os.close(pipe)
            with suppress(ProcessLookupError):
                os.kill(worker, 9)
            with suppress(ChildProcessError):
                os.waitpid(worker, 0)


def _work(numbers: int, pipe: int, pieces: Sequence[Any], begin: Begin[Any, Any]) -> NoReturn:
    """A worker's whole life. It ends without cleaning up: what it would clean up is another process's."""
    try:
        work = begin()
        while number := os.read(numbers, _NUMBER):
            at = int.from_bytes(number, "big")
            _send(pipe, (at, work(pieces[at])))
    except KeyboardInterrupt:
        pass  # the other process has heard it as well
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the other process's to say
        # An error of two processes: whoever reads it wants to know where it began.
        import traceback

        error.add_note("".join(traceback.format_exception(error)))
        with suppress(Exception):
            _send(pipe, (_FAULT, error))
    finally:
        os._exit(0)


def _send(pipe: int, what: tuple[int, Any]) -> None:
    import pickle

    text = pickle.dumps(what, pickle.HIGHEST_PROTOCOL)
    left = memoryview(len(text).to_bytes(_LENGTH, "big") + text)
    while left:
        left = left[os.write(pipe, left) :]


def _message(pipe: int) -> bytes:
    """The next message of a worker; nothing where it has ended, even in the middle of one."""
    length = _exactly(pipe, _LENGTH)
    return _exactly(pipe, int.from_bytes(length, "big")) if length else b""


def _exactly(pipe: int, count: int) -> bytes:
    pieces = []
    while count:
        piece = os.read(pipe, count)
        if not piece:
            return b""
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def _ended() -> ExternalError:
    return ExternalError(
        "a process that shared the work was ended from outside (out of memory?)\n  → run it again"
    )
