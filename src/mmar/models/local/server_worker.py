"""One inference server as a worker of the pool, started under a supervisor and asked over HTTP.

It is ready when `/health` says so and one question with a clip was answered. The first server is also asked about long
clips: a longer one takes more tokens, until the server cuts it.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from mmar.audio import Clip
from mmar.audio.wav import wav_bytes
from mmar.models.answer import Answer, RequestFailed
from mmar.models.credentials import Credential
from mmar.models.http_client import HttpClient
from mmar.models.jsonl import ProgramAnswer
from mmar.models.local.checkpoints import find_checkpoint
from mmar.models.local.program import Program
from mmar.models.local.worker_pool import RunningWorker
from mmar.models.service import ServiceModel
from mmar.protocols import Message, Request, Settings

_VERDICT_S = 30.0
_HEALTH_S = 5.0
# Clips of these lengths tell by their token counts how far a server hears.
_SHORT_S, _LONG_S, _LONGER_S = 5, 120, 240
_PROBE_RATE = 16_000
_PROBE_TOKENS = 16


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """The command line of one kind of server.

    Attributes:
        name: of the adapter, and of its program.
        always: arguments of every server.
        option_names: its spelling of options of the adapter that it does not call the same.
        exact: arguments that make an answer independent of the others in its batch.
        version_paths: where it tells its version.
        folder_option: what stands before the model's folder; empty where it is the first argument.
        clip_limit: option for the most clips of a request, which the memory is planned for; empty where it has none.
        exact_environment: environment variables for the same as `exact`.
        key_variable: environment variable for the key; empty where it must be an argument.
    """

    name: str
    always: tuple[str, ...]
    option_names: Mapping[str, str]
    exact: tuple[str, ...]
    version_paths: tuple[str, ...]
    folder_option: str = ""
    clip_limit: str = ""
    exact_environment: Mapping[str, str] = {}
    key_variable: str = ""


class Checkpoint:
    """State that the servers of one checkpoint share.

    Attributes:
        name: hub id or folder.
        probed: whether a server was asked about long clips.
        limit_s: seconds of a clip that a server reads; `None` where no limit was seen.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.probed = False
        self.limit_s: float | None = None
        self._lock = asyncio.Lock()
        self._location: tuple[Path, str] | None = None

    async def find(self) -> tuple[Path, str]:
        """Its folder and identity, by `find_checkpoint`, which is called once."""
        async with self._lock:
            if self._location is None:
                self._location = await asyncio.to_thread(find_checkpoint, self.name)
            return self._location


class ServerWorker(msgspec.Struct, frozen=True):
    """A server that can be started; its command is `program`, the model, `arguments`.

    Attributes:
        environment: all its environment variables.
        settings: for the signature, as far as they are known before it runs.
        key: what requests must show.
        chat: the adapter for requests to a URL.
    """

    label: str
    engine: Engine
    checkpoint: Checkpoint
    program: tuple[str, ...]
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    settings: Mapping[str, str]
    key: Credential
    chat: Callable[[str], ServiceModel]

    async def start(self, name: str, timeout_s: float, start_s: float) -> RunningWorker:
        """Start a supervisor with a server; see `Worker.start`."""
        folder, identity = await self.checkpoint.find()
        model = [self.engine.folder_option, str(folder), "--served-model-name", self.checkpoint.name]
        command = [*self.program, *(word for word in model if word), *self.arguments]
        environment = {"server_command": shlex.join([*command, "--port", "PORT"])}
        if not self.engine.key_variable:
            command += ["--api-key", self.key.reveal()]
        descriptor, log = tempfile.mkstemp(prefix=f"mmar-{self.engine.name}-", suffix=".log")
        os.close(descriptor)
        supervisor = [sys.executable, "-m", "mmar.models.local.supervisor", "--log", log]
        supervisor += ["--start-s", f"{start_s:g}", *command, "--port", "{port}"]
        # The supervisor keeps to start_s itself; what is waited beyond it is for its report.
        wait_s = start_s + _VERDICT_S
        program = await Program.start(supervisor, name, timeout_s, wait_s, self.environment)
        return _RunningServer(self, program, {**self.settings, "weights": identity}, environment)


@dataclass
class _RunningServer:
    """A server with its supervisor, and the adapter for requests to it."""

    _worker: ServerWorker
    _supervisor: Program
    _settings: Mapping[str, str]
    _environment: Mapping[str, str]
    answered: int = 0
    _chat: ServiceModel | None = None
    _server: HttpClient | None = None

    @property
    def over(self) -> bool:
        """Whether the supervisor has ended, and so the server."""
        return self._supervisor.over

    @property
    def exit_report(self) -> str:
        """Its end, with the cause from its log."""
        return self._supervisor.stderr_end or self._supervisor.exit_report

    async def ready(self) -> ProgramAnswer:
        """Wait until it is healthy and has answered a question with a clip."""
        first = await self._supervisor.ready()
        if first.fatal is not None or first.facts is None:
            return first
        server = first.facts["server"]
        authorization = {"Authorization": f"Bearer {self._worker.key.reveal()}"}
        self._server = HttpClient((server["url"],), authorization, _HEALTH_S)
        self._chat = self._worker.chat(server["url"])
        try:
            await self._ask_real_questions(self._chat)
        except RequestFailed as failure:
            why = self.exit_report if await self._has_ended(failure) else failure.message
            fatal = {
                "code": "server-failed",
                "message": f"{self._worker.label} was healthy, but a question with a clip failed: {why}",
                "hint": f"the server's log: {server['log']}",
            }
            return ProgramAnswer(fatal=fatal)
        settings = {**self._settings, "engine": await self._engine()}
        environment = {**self._environment, "log": server["log"], "heard_up_to": self._limit_text()}
        return ProgramAnswer(facts={"settings": settings, "environment": environment})

    async def ask(self, request: Request, request_id: str) -> Answer:  # noqa: ARG002 - HTTP needs no id
        """Ask once; a clip that is longer than what the server reads is counted as cut."""
        assert self._chat is not None
        try:
            answer = await self._chat.ask(request)
        except RequestFailed as failure:
            if await self._has_ended(failure):
                message = f"{self._worker.label} ended: {self.exit_report}"
                raise RequestFailed("crash", message, retryable=True) from None
            raise
        self.answered += 1
        limit_s = self._worker.checkpoint.limit_s
        if limit_s is not None and answer.sent is not None and answer.sent.seconds > limit_s:
            return msgspec.structs.replace(answer, sent=msgspec.structs.replace(answer.sent, cut=True))
        return answer

    async def stop(self) -> None:
        """End the server by closing the supervisor's input."""
        if self._chat is not None and self._server is not None:
            await self._chat.close()
            await self._server.close()
        await self._supervisor.stop()

    async def _has_ended(self, failure: RequestFailed) -> bool:
        """Whether a request failed because the server ended; waits until that is known, or the server is healthy."""
        if failure.kind not in ("transport", "server"):
            return False
        until = time.monotonic() + _VERDICT_S
        while not self.over and time.monotonic() < until:
            if await self._get("/health") is not None:
                break
            await asyncio.sleep(0.2)
        return self.over

    async def _ask_real_questions(self, chat: ServiceModel) -> None:
        """Ask about a short clip, which must be answered, and the first server about long ones."""
        with tempfile.TemporaryDirectory(prefix="mmar-probe-") as folder:

            async def count(seconds: int) -> int:
                try:
                    usage = (await chat.ask(_probe(Path(folder), seconds))).usage
                except RequestFailed as failure:
                    usage = failure.usage
                    # A model that thinks may not come to its answer within these few tokens.
                    if usage is None or not usage.output_tokens:
                        raise
                return (usage and usage.input_tokens) or 0

            short = await count(_SHORT_S)
            checkpoint = self._worker.checkpoint
            if not checkpoint.probed:
                checkpoint.limit_s = await _length_limit(count, short)
                checkpoint.probed = True

    def _limit_text(self) -> str:
        limit_s = self._worker.checkpoint.limit_s
        what = "no limit found" if limit_s is None else f"{limit_s:g} s"
        return f"{what}, by the number of tokens of clips of up to {_LONGER_S} s"

    async def _engine(self) -> str:
        """The engine with its version, where it tells it."""
        engine = self._worker.engine
        for path in engine.version_paths:
            try:
                version = msgspec.json.decode(await self._get(path) or b"")["version"]
            except (msgspec.MsgspecError, KeyError, TypeError):
                continue
            return f"{engine.name}@{version}"
        return engine.name

    async def _get(self, path: str) -> bytes | None:
        """The body of a successful reply; `None` for any other, or none."""
        assert self._server is not None
        try:
            return (await self._server.request("GET", path)).body
        except RequestFailed:
            return None


async def _length_limit(count: Callable[[int], Awaitable[int]], short: int) -> float | None:
    """Seconds up to which a longer clip takes more tokens; `None` where no limit was seen.

    Evidence, not proof: a server may count tokens of what it then leaves out. `count` gives the tokens of a request
    with a clip of so many seconds, 0 where it is not told; `short` is its value for the short clip.
    """
    try:
        most = await count(_LONGER_S)
        if not 0 < short < most or await count(_LONG_S) < most:
            return None
        low, high = _SHORT_S, _LONG_S
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if await count(middle) < most else (low, middle)
    except RequestFailed:
        return None  # a clip of that length is refused, not cut
    return float(high)


def _probe(folder: Path, seconds: int) -> Request:
    """A question about noise of some length."""
    samples = np.random.default_rng(0).standard_normal((seconds * _PROBE_RATE, 1), dtype=np.float32)
    path = folder / f"{seconds}.wav"
    path.write_bytes(wav_bytes(Clip(0.05 * samples, _PROBE_RATE)))
    question = "What is heard?"
    message = Message("user", question, audio="before")
    settings = Settings(temperature=0.0, max_tokens=_PROBE_TOKENS)
    return Request("probe", (message,), question, (), path, settings)
