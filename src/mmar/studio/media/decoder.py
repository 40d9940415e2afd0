"""Decoding in a process of its own, with limits on time and memory.

A file from outside may make a decoder work for hours or use all memory. The tasks that read such files therefore run
in a child process, which is killed when a task takes too long. Parent and child exchange MessagePack over pipes; the
child's answer is decoded as typed data, so even a compromised child cannot run code here.
"""

from __future__ import annotations

import contextlib
import struct
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar, cast

import msgspec

from mmar.errors import ExternalError, InputError, MmarError, UsageError
from mmar.items.timestamps import Segment
from mmar.studio.media.cutting import PreparedClip, prepare_clip
from mmar.studio.media.uploads import StoredAudio, process_upload

_LENGTH = struct.Struct("<Q")
_MEMORY = 4 << 30
_KINDS: dict[str, type[MmarError]] = {"input": InputError, "usage": UsageError, "external": ExternalError}
_Result = TypeVar("_Result", StoredAudio, PreparedClip)


class UploadTask(msgspec.Struct, frozen=True, tag=True):
    """Arguments of `uploads.process_upload`."""

    path: str
    work: str
    max_bytes: int


class ClipTask(msgspec.Struct, frozen=True, tag=True):
    """Arguments of `cutting.prepare_clip`."""

    source: str
    segments: tuple[Segment, ...] | None
    out: str
    waveform: str
    rate: int | None = None
    channels: int | None = None


class _Failure(msgspec.Struct, frozen=True, tag=True):
    kind: str
    message: str
    code: str
    hint: str | None


class Decoder:
    """A child process that does one task after another, each within `timeout` seconds; it starts with the first one."""

    def __init__(self, timeout: float = 300.0) -> None:
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._stop: Callable[[], object] = lambda: None

    def process_upload(self, path: Path, work: Path, max_bytes: int) -> StoredAudio:
        """Run `uploads.process_upload`, with its errors and those of `_run`."""
        return self._run(UploadTask(str(path), str(work), max_bytes), StoredAudio, str(path))

    def prepare_clip(self, task: ClipTask) -> PreparedClip:
        """Run `cutting.prepare_clip`, with its errors and those of `_run`."""
        return self._run(task, PreparedClip, task.source)

    def close(self) -> None:
        """Stop the child, if it runs."""
        self._process = None
        self._stop()

    def _run(self, task: UploadTask | ClipTask, result: type[_Result], file: str) -> _Result:
        """Do a task.

        Raises:
            InputError: it took too long (`decoding-timeout`) or made the child fail (`decoding-failed`).
            MmarError: as the task itself.
        """
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 - this module, by this interpreter
                [sys.executable, "-P", "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # so that Ctrl-C reaches the parent alone, which then decides
            )
            self._stop = weakref.finalize(self, _stop_process, self._process)
        process = self._process
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            process.kill()

        timer = threading.Timer(self._timeout, expire)
        timer.start()
        try:
            _send(cast(IO[bytes], process.stdin), task)
            answer = _receive(cast(IO[bytes], process.stdout))
        except OSError:
            answer = None
        except BaseException:
            self.close()
            raise
        finally:
            timer.cancel()
        if answer is None:
            self.close()
            if expired.is_set():
                raise InputError(
                    f"decoding took more than {self._timeout:g} s and was stopped",
                    file=file,
                    code="decoding-timeout",
                    hint="cut the recording into parts, or convert it to WAV or FLAC",
                )
            raise InputError(
                "the decoder failed",
                file=file,
                code="decoding-failed",
                hint="the file may be damaged, or too large for the memory; convert it to WAV or FLAC",
            )
        decoded = msgspec.msgpack.decode(answer, type=result | _Failure)
        if isinstance(decoded, _Failure):
            if decoded.kind == "input":
                raise InputError(decoded.message, file=file, code=decoded.code, hint=decoded.hint)
            raise _KINDS[decoded.kind](decoded.message, code=decoded.code, hint=decoded.hint)
        return decoded


def _stop_process(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # what was not sent goes nowhere
                pipe.close()


def main(stdin: IO[bytes], stdout: IO[bytes]) -> None:
    """Do the tasks that arrive, until the input ends. Runs in the child."""
    while (data := _receive(stdin)) is not None:
        task = msgspec.msgpack.decode(data, type=UploadTask | ClipTask)
        answer: Any
        try:
            answer = _do(task)
        except MmarError as error:
            kind = next((name for name, each in _KINDS.items() if isinstance(error, each)), "external")
            answer = _Failure(kind, error.message, error.code, error.hint)
        except MemoryError:
            answer = _Failure(
                "input", "decoding needs too much memory", "decoding-failed", "cut it into parts"
            )
        _send(stdout, answer)


def _do(task: UploadTask | ClipTask) -> StoredAudio | PreparedClip:
    if isinstance(task, UploadTask):
        return process_upload(Path(task.path), Path(task.work), max_bytes=task.max_bytes)
    return prepare_clip(
        Path(task.source),
        task.segments,
        Path(task.out),
        Path(task.waveform),
        rate=task.rate,
        channels=task.channels,
    )


def _send(pipe: IO[bytes], value: object) -> None:
    data = msgspec.msgpack.encode(value)
    pipe.write(_LENGTH.pack(len(data)) + data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes | None:
    """The next message; `None` at the end."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    data = pipe.read(length)
    return data if len(data) == length else None


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


if __name__ == "__main__":
    _limit_memory()
    _out, sys.stdout = sys.stdout.buffer, sys.stderr
    main(sys.stdin.buffer, _out)
