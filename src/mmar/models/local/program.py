"""A process that answers lines of JSON: its life from start to end, and which request waits for which answer.

The program may be slow to start (weights to load) and may answer one request at a time, so time is counted
in silence: the wait for its first line, then the time since its last line while answers are due.

Standard output is for answers alone. What a program prints there while it starts is passed over; once it has read a
request, a line that is no answer to any request fails what is due, with the line, instead of a wait for an answer that
will not come. A program that has answered before may print other lines, which are only quoted in messages.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from mmar.models.answer import Answer, FailureKind, RequestFailed
from mmar.models.jsonl import ProgramAnswer, describe_clips, read_answer, write_request
from mmar.protocols import Request

_MAX_LINE = 16 * 2**20
_MAX_STDERR = 2048
_MAX_NOISE = 200
_POLL_S = 0.1
# How long an answer may take to follow a line that is none.
_GRACE_S = 1.0
# How long a program may take to leave when its input closes, and to end when told to.
_STDIN_CLOSE_TIMEOUT_S = 5.0
_TERMINATE_TIMEOUT_S = 5.0
# How long the pipes of a program that is gone are read on; its children may hold them open.
_DRAIN_S = 1.0

_DECODER = msgspec.json.Decoder(ProgramAnswer)


class Program:
    """One started process, a `RunningWorker`. Made by `Program.start`."""

    def __init__(
        self, process: asyncio.subprocess.Process, name: str, timeout_s: float, start_s: float
    ) -> None:
        self.over = False
        self.answered = 0
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        self._process, self._stdin = process, process.stdin
        self._name = name
        self._timeout_s = timeout_s
        self._start_s = start_s
        self._pending: dict[str, asyncio.Future[ProgramAnswer]] = {}
        self._writing = asyncio.Lock()
        self._stderr = b""
        self._noise = ""
        self._fault_since: float | None = None
        self._request_ids: set[str] = set()
        self._cancelled = False
        self._group_ended = False
        self._first: asyncio.Future[ProgramAnswer] = asyncio.get_running_loop().create_future()
        self._silences = 0
        self._last_line = time.monotonic()
        self._reader = asyncio.create_task(self._read_answers(process.stdout))
        self._stderr_reader = asyncio.create_task(self._read_stderr(process.stderr))
        self._watch = asyncio.create_task(self._watch_over())

    @classmethod
    async def start(
        cls,
        arguments: list[str],
        name: str,
        timeout_s: float,
        start_s: float,
        environment: Mapping[str, str] | None = None,
    ) -> Program:
        """Start a process in a session of its own: Ctrl-C reaches us alone, and all that it starts can be ended.

        See `Worker.start`; `environment` has all its variables, `None` for those of this process.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_MAX_LINE,
                start_new_session=True,
                env=environment,
            )
        except OSError as error:
            why = error.strerror or str(error)
            raise RequestFailed("crash", f"{arguments[0]} cannot be started ({why})") from None
        return cls(process, name, timeout_s, start_s)

    @property
    def stderr_end(self) -> str:
        """The end of what it wrote to standard error."""
        return self._stderr.decode("utf-8", "replace").strip()

    @property
    def exit_report(self) -> str:
        """Its exit status and last output, for messages."""
        status = self._process.returncode
        report = "still running" if status is None else _exit_text(status)
        if self.stderr_end:
            report += f"; the end of its standard error:\n{self.stderr_end}"
        if self._noise:
            report += f"\nthe last line of its standard output that is no answer: {self._noise}"
        return report

    async def ask(self, request: Request, request_id: str) -> Answer:
        """Send a request and wait for its answer; see `RunningWorker.ask`."""
        sent = await asyncio.to_thread(describe_clips, request)
        if self.over:  # nobody watches over a request that is sent from here on
            raise RequestFailed("crash", f"the program ended: {self.exit_report}", retryable=True)
        if not self._pending and self._first.done():
            self._last_line = time.monotonic()  # that nothing was due is no silence
        start = time.perf_counter()
        future: asyncio.Future[ProgramAnswer] = asyncio.get_running_loop().create_future()
        self._pending[request_id] = future
        self._request_ids.add(request_id)
        # Beside the wait, not before it: a program that reads nothing fills the pipe and holds the sending up.
        line = msgspec.json.encode(write_request(request, request_id)) + b"\n"
        sending = asyncio.create_task(self._send(line))
        try:
            reply = await future
        except asyncio.CancelledError:
            self._cancelled = True
            raise
        finally:
            self._pending.pop(request_id, None)
            sending.cancel()
        return read_answer(reply, request.item_id, self._name, sent, time.perf_counter() - start)

    async def ready(self) -> ProgramAnswer:
        """Wait for its first line of JSON; see `RunningWorker.ready`."""
        ends: set[asyncio.Future[Any]] = {self._first, self._watch}
        done, _ = await asyncio.wait(ends, timeout=self._start_s, return_when=asyncio.FIRST_COMPLETED)
        if self._first in done:
            return self._first.result()
        problem = "ended before it was ready"
        if self._watch not in done:
            problem = f"wrote no line within {self._start_s:g} s"
        raise RequestFailed("crash", f"the program {problem}: {self.exit_report}")

    async def _send(self, line: bytes) -> None:
        try:
            async with self._writing:
                self._stdin.write(line)
                await self._stdin.drain()
        except (ConnectionError, RuntimeError):
            return  # it closed its input; _watch_over reports how it ended

    async def _read_answers(self, stdout: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await stdout.readline()
            except ValueError:
                self._noise = f"a line of more than {_MAX_LINE >> 20} MiB"
                return
            if not line:
                return
            self._read_line(line)

    def _read_line(self, line: bytes) -> None:
        """One line of standard output: an answer, a sign of life, or something else."""
        try:
            answer = _DECODER.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            has_read = bool(self._request_ids) and not _unread_bytes(self._stdin)
            self._ignore_line(line, fault=has_read and not self.answered)
            return
        self._silences = 0
        self._last_line = time.monotonic()
        if not self._first.done():
            self._first.set_result(answer)
        if answer.id is None or answer.id not in self._request_ids:
            is_answer = answer.text is not None or answer.error is not None
            if is_answer or answer.id is not None:
                self._ignore_line(line, fault=True)
            return  # without id and text it is a sign of life
        future = self._pending.get(answer.id)
        if future is None or future.done():
            self._ignore_line(line, fault=False)  # a second answer, or one that came too late
            return
        self.answered += 1
        self._fault_since = None
        future.set_result(answer)

    def _ignore_line(self, line: bytes, *, fault: bool) -> None:
        self._noise = line[:_MAX_NOISE].decode("utf-8", "replace").strip() or self._noise
        if fault and self._fault_since is None and line.strip():
            self._fault_since = time.monotonic()

    async def _read_stderr(self, stderr: asyncio.StreamReader) -> None:
        while chunk := await stderr.read(65_536):
            self._stderr = (self._stderr + chunk)[-_MAX_STDERR:]

    async def _watch_over(self) -> None:
        """Fail what is due when the program is gone, or does nothing."""
        while True:
            # The return code is polled, not awaited: asyncio's wait may wait for the pipes too, which
            # children of a program that is gone can hold open.
            await asyncio.wait({self._reader}, timeout=_POLL_S)
            if self._process.returncode is not None:
                await asyncio.wait({self._reader, self._stderr_reader}, timeout=_DRAIN_S)
                break
            if self._reader.done():
                await self._exited_within(_TERMINATE_TIMEOUT_S)
                break
            self._check_fault()
            if self._pending and self._check_silence():
                break
        self.over = True
        self._signal_all(_KILL)
        self._group_ended = await self._exited_within(_TERMINATE_TIMEOUT_S)
        self._fail("crash", f"the program ended before it answered: {self.exit_report}", retryable=True)

    def _check_fault(self) -> None:
        """Fail what is due when a line that is no answer was not followed by one."""
        if self._fault_since is None or time.monotonic() - self._fault_since < _GRACE_S:
            return
        self._fault_since = None
        message = (
            f"the program wrote a line that answers no request: {self._noise}\n"
            'expected one line of JSON for each answer, with the "id" of its request and a "text"; '
            "other output belongs on standard error"
        )
        # Of a program that knows the protocol, the request that has waited longest is taken to be meant.
        keys = list(self._pending)[:1] if self.answered else list(self._pending)
        for key in keys:
            if not self._pending[key].done():
                self._pending[key].set_exception(RequestFailed("crash", message, retryable=self.answered > 0))

    def _check_silence(self) -> bool:
        """Handle silence that lasts too long; true if the program is to be ended."""
        silence = time.monotonic() - self._last_line
        if not self._first.done():
            if silence <= self._start_s:
                return False
            self.over = True
            message = f"the program wrote no line within {self._start_s:g} s of its start: {self.exit_report}"
            self._fail("timeout", message, retryable=False)
            return True
        if silence <= self._timeout_s:
            return False
        # Once it may have left out an answer; twice in a row it hangs.
        self._silences += 1
        self._last_line = time.monotonic()
        self.over = self._silences > 1
        message = f"the program answered nothing for {self._timeout_s:g} s: {self.exit_report}"
        self._fail("timeout", message, retryable=True)
        return self.over

    def _fail(self, kind: FailureKind, message: str, *, retryable: bool) -> None:
        for future in self._pending.values():
            if not future.done():
                future.set_exception(RequestFailed(kind, message, retryable=retryable))

    async def stop(self) -> None:
        """End it: close its input and let it leave, then tell it to, then end all that it started."""
        self.over = True
        self._watch.cancel()
        self._stdin.close()
        # One that has fallen silent, or whose answers nobody waits for, is not waited for.
        patience = 0.0 if self._silences or self._cancelled else _STDIN_CLOSE_TIMEOUT_S
        if not await self._exited_within(patience):
            self._signal_all(_TERMINATE)
            await self._exited_within(_TERMINATE_TIMEOUT_S)
        self._signal_all(_KILL)
        await self._exited_within(_TERMINATE_TIMEOUT_S)
        self._fail("crash", f"the program was stopped: {self.exit_report}", retryable=True)
        await asyncio.wait({self._reader, self._stderr_reader}, timeout=_DRAIN_S)
        tasks = (self._reader, self._stderr_reader, self._watch)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _exited_within(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while self._process.returncode is None and time.monotonic() < until:
            await asyncio.sleep(0.01)
        return self._process.returncode is not None

    def _signal_all(self, number: int) -> None:
        """Signal the program and all that it started."""
        if self._group_ended:  # nothing is left, and the number may be another process's by now
            return
        try:
            if sys.platform == "win32":
                self._process.send_signal(number)
            else:
                os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):
            return  # all gone already; macOS says so by refusing


def _unread_bytes(stdin: asyncio.StreamWriter) -> int:
    """The number of bytes of its standard input that a process has not read; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    import fcntl
    import termios

    pipe = stdin.transport.get_extra_info("pipe")
    try:
        count = fcntl.ioctl(pipe.fileno(), termios.FIONREAD, b"\0" * 4)
    except (OSError, ValueError):
        return 0
    return int.from_bytes(count, sys.byteorder)


_TERMINATE = signal.SIGTERM
_KILL = signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL


def _exit_text(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"ended by signal {-status}"
