"""A program that answers lines of JSON: its life from start to end, and who waits for which answer.

The program may be slow to start (weights to load) and may answer one request at a time, so time is counted
in silence: the wait for its first line, then the time since its last line while answers are due.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from mmar.models.answer import FailureKind, RequestFailed
from mmar.models.jsonl import ProgramAnswer

__all__ = ["Program"]

_LONGEST_LINE = 16 * 2**20
_STDERR_KEPT = 2048
_NOISE_KEPT = 200
_LOOK_S = 0.1
# How long a program may take to leave when its input closes, and to end when told to.
_LEAVE_S = 5.0
_END_S = 5.0
# How long the pipes of a program that is gone are read on; its children may hold them open.
_DRAIN_S = 1.0

_DECODER = msgspec.json.Decoder(ProgramAnswer)


class Program:
    """One started process. Made by `Program.start`.

    Attributes:
        over: whether it has ended or was given up.
        answered: how many answers it gave.
    """

    def __init__(self, process: asyncio.subprocess.Process, timeout_s: float, start_s: float) -> None:
        self.over = False
        self.answered = 0
        self._process = process
        self._timeout_s = timeout_s
        self._start_s = start_s
        self._pending: dict[str, asyncio.Future[ProgramAnswer]] = {}
        self._writing = asyncio.Lock()
        self._stderr = b""
        self._noise = ""
        self._spoke = False
        self._silences = 0
        self._last_line = time.monotonic()
        self._reader = asyncio.create_task(self._read_answers())
        self._listener = asyncio.create_task(self._read_stderr())
        self._watch = asyncio.create_task(self._watch_over())

    @classmethod
    async def start(cls, arguments: list[str], timeout_s: float, start_s: float) -> Program:
        """Start a process in a session of its own: Ctrl-C reaches us alone, and all that it starts can be ended.

        Args:
            arguments: the program and its arguments.
            timeout_s: longest silence while answers are due, in seconds.
            start_s: longest wait for its first line, in seconds.

        Raises:
            RequestFailed: it cannot be started.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_LONGEST_LINE,
                start_new_session=True,
            )
        except OSError as error:
            why = error.strerror or str(error)
            raise RequestFailed("crash", f"{arguments[0]} cannot be started ({why})") from None
        return cls(process, timeout_s, start_s)

    @property
    def last_words(self) -> str:
        """How it ended and what it said, for messages."""
        status = self._process.returncode
        words = "still running" if status is None else _ending(status)
        said = self._stderr.decode("utf-8", "replace").strip()
        if said:
            words += f"; the end of its standard error:\n{said}"
        if self._noise:
            words += f"\nthe last line of its standard output that was no answer: {self._noise}"
        return words

    async def ask(self, request_id: str, record: Mapping[str, Any]) -> tuple[ProgramAnswer, float]:
        """Hand over a request and wait for its answer.

        Args:
            request_id: not used before with this program.
            record: the request.

        Returns:
            The answer, and the seconds that it took from being handed over.

        Raises:
            RequestFailed: the program ended or fell silent.
        """
        if not self._pending and self._spoke:
            self._last_line = time.monotonic()  # that nothing was due is no silence
        start = time.perf_counter()
        future: asyncio.Future[ProgramAnswer] = asyncio.get_running_loop().create_future()
        self._pending[request_id] = future
        # Beside the wait, not before it: a program that reads nothing fills the pipe and holds the sending up.
        sending = asyncio.create_task(self._send(msgspec.json.encode(record) + b"\n"))
        try:
            return await future, time.perf_counter() - start
        finally:
            self._pending.pop(request_id, None)
            sending.cancel()

    async def _send(self, line: bytes) -> None:
        stdin = self._process.stdin
        if stdin is None:
            return
        try:
            async with self._writing:
                stdin.write(line)
                await stdin.drain()
        except (ConnectionError, RuntimeError):
            return  # it closed its input; those who watch its output say how it ended

    async def _read_answers(self) -> None:
        stdout = self._process.stdout
        while stdout is not None:
            try:
                line = await stdout.readline()
            except ValueError:
                self._noise = f"a line of more than {_LONGEST_LINE >> 20} MiB"
                return
            if not line:
                return
            self._take(line)

    def _take(self, line: bytes) -> None:
        """One line of standard output: an answer, a sign of life, or noise such as a progress bar."""
        try:
            answer = _DECODER.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self._noise = line[:_NOISE_KEPT].decode("utf-8", "replace").strip() or self._noise
            return
        self._spoke = True
        self._silences = 0
        self._last_line = time.monotonic()
        if answer.id is None:
            return
        future = self._pending.get(answer.id)
        if future is None or future.done():
            # A second answer, or one that came too late, or to a question that nobody put.
            self._noise = line[:_NOISE_KEPT].decode("utf-8", "replace").strip()
            return
        self.answered += 1
        future.set_result(answer)

    async def _read_stderr(self) -> None:
        stderr = self._process.stderr
        while stderr is not None and (said := await stderr.read(65_536)):
            self._stderr = (self._stderr + said)[-_STDERR_KEPT:]

    async def _watch_over(self) -> None:
        """See to it that nobody waits for a program that is gone or does nothing."""
        while True:
            # The return code is looked at, not waited for: asyncio's wait may wait for the pipes too, which
            # children of a program that is gone can hold open.
            await asyncio.wait({self._reader}, timeout=_LOOK_S)
            if self._process.returncode is not None:
                await asyncio.wait({self._reader, self._listener}, timeout=_DRAIN_S)
                break
            if self._reader.done():
                await self._gone_within(_END_S)
                break
            if self._pending and self._silent():
                break
        self.over = True
        self._signal_all(_KILL)
        await self._gone_within(_END_S)
        self._fail(lambda: ("crash", f"the program ended before it answered: {self.last_words}", True))

    def _silent(self) -> bool:
        """Deal with silence that lasts too long; true if the program is to be ended."""
        silence = time.monotonic() - self._last_line
        if not self._spoke:
            if silence <= self._start_s:
                return False
            self.over = True
            words = f"the program wrote no line within {self._start_s:g} s of its start: {self.last_words}"
            self._fail(lambda: ("timeout", words, False))
            return True
        if silence <= self._timeout_s:
            return False
        # Once it may have left out an answer; twice in a row it hangs.
        self._silences += 1
        self._last_line = time.monotonic()
        self.over = self._silences > 1
        words = f"the program answered nothing for {self._timeout_s:g} s: {self.last_words}"
        self._fail(lambda: ("timeout", words, True))
        return self.over

    def _fail(self, why: Callable[[], tuple[FailureKind, str, bool]]) -> None:
        for future in self._pending.values():
            if not future.done():
                kind, message, retryable = why()
                future.set_exception(RequestFailed(kind, message, retryable=retryable))

    async def stop(self) -> None:
        """End it: close its input and let it leave, then tell it to, then end all that it started."""
        self.over = True
        self._watch.cancel()
        if self._process.stdin is not None:
            self._process.stdin.close()
        # One that has fallen silent is not waited for.
        if self._silences or not await self._gone_within(_LEAVE_S):
            self._signal_all(_TERMINATE)
            await self._gone_within(_END_S)
        self._signal_all(_KILL)
        await self._gone_within(_END_S)
        self._fail(lambda: ("crash", "the program was stopped", True))
        await asyncio.wait({self._reader, self._listener}, timeout=_DRAIN_S)
        for task in (self._reader, self._listener, self._watch):
            task.cancel()
        await asyncio.gather(self._reader, self._listener, self._watch, return_exceptions=True)

    async def _gone_within(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while self._process.returncode is None and time.monotonic() < until:
            await asyncio.sleep(0.01)
        return self._process.returncode is not None

    def _signal_all(self, number: int) -> None:
        """Signal the program and all that it started."""
        try:
            if sys.platform == "win32":
                self._process.send_signal(number)
            else:
                os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):
            return  # all gone already; macOS says so by refusing


_TERMINATE = signal.SIGTERM
_KILL = signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL


def _ending(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"ended by signal {-status}"
