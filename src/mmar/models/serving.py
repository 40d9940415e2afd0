"""`vllm/…` and `sglang/…`: an inference server for each group of GPUs, started and ended by this program.

The server's program lives in an environment of its own and is found on the path or by the option `program`; it is never
a dependency. A minder (`mmar.models.minder`) owns each server, so that none survives this program. Requests go through
the adapter of `openai/`, and the pool of `hf/` shares them out, starts a server again that ended, and compares facts.

A server counts as ready when `/health` says so and one question with a clip was answered.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import aiohttp
import msgspec
import numpy as np

from mmar.audio import Clip
from mmar.audio.wav import wav_bytes
from mmar.errors import UsageError
from mmar.models.answer import Answer, RequestFailed
from mmar.models.checkpoints import find_checkpoint
from mmar.models.credentials import Credential, embedded_secrets, secrets_of
from mmar.models.http_client import HttpClient
from mmar.models.jsonl import ProgramAnswer
from mmar.models.model import ModelOptions
from mmar.models.openai import ChatModel, chat_format
from mmar.models.options import (
    AUDIO_OPTIONS,
    audio_form,
    check_known,
    choice_of,
    extra_object,
    number_of,
    whole_of,
    yes,
)
from mmar.models.subprocess_model import Program
from mmar.models.worker_pool import RunningWorker, WorkerPool
from mmar.protocols import Message, Request, Settings

__all__ = ["ServerWorker", "open_sglang", "open_vllm"]

_DTYPES = ("auto", "float32", "bfloat16", "float16")
_START_S = 14_400.0  # as for `hf/`: a hundred gigabytes are downloaded and loaded first
_MOST_RESTARTS = 3
_OPTIONS = (
    *AUDIO_OPTIONS,
    "audio_as",
    "body",
    "code",
    "dtype",
    "exact",
    "max_model_len",
    "program",
    "quantization",
    "serve",
    "start_s",
    "tensor_parallel",
)
# What this program itself says to a server, and so may not be said by the option `serve`.
_OWN_ARGUMENTS = ("api_key", "host", "model", "model_path", "port", "served_model_name")
_VERDICT_S = 30.0
_HEALTH_S = 5.0
# Clips of these lengths tell by their token counts how far a server hears.
_SHORT_S, _LONG_S, _LONGER_S = 5, 120, 240
_PROBE_RATE = 16_000
_PROBE_TOKENS = 16


class _Engine(msgspec.Struct, frozen=True):
    """How one kind of server is started.

    Attributes:
        name: of the adapter.
        program: the default command.
        arguments: of a model's folder and name.
        option_names: its spelling of the options that both kinds have.
        exact: arguments that make an answer independent of the others in its batch.
        exact_environment: environment variables for the same.
        key_variable: environment variable for the key; empty where it must be an argument.
        version_paths: where it tells its version.
    """

    name: str
    program: tuple[str, ...]
    arguments: Callable[[str, str], list[str]]
    option_names: Mapping[str, str]
    exact: tuple[str, ...]
    exact_environment: Mapping[str, str]
    key_variable: str
    version_paths: tuple[str, ...]


# The checkpoint's sampling defaults would otherwise fill whatever a request leaves out.
_VLLM = _Engine(
    "vllm",
    ("vllm", "serve"),
    lambda folder, name: [
        *(folder, "--served-model-name", name, "--generation-config", "vllm"),
        *("--limit-mm-per-prompt", '{"audio": 1}'),
    ],
    {
        "tensor_parallel": "--tensor-parallel-size",
        "dtype": "--dtype",
        "quantization": "--quantization",
        "max_model_len": "--max-model-len",
    },
    ("--no-enable-prefix-caching",),
    {"VLLM_BATCH_INVARIANT": "1"},
    "VLLM_API_KEY",
    ("/version",),
)
_SGLANG = _Engine(
    "sglang",
    ("sglang", "serve"),
    lambda folder, name: [
        *("--model-path", folder, "--served-model-name", name),
        *("--sampling-defaults", "openai"),
    ],
    {
        "tensor_parallel": "--tp-size",
        "dtype": "--dtype",
        "quantization": "--quantization",
        "max_model_len": "--context-length",
    },
    ("--disable-radix-cache", "--enable-deterministic-inference"),
    {},
    "",
    ("/server_info", "/get_server_info"),
)


def open_vllm(name: str, options: ModelOptions) -> WorkerPool:
    """Open a checkpoint behind vLLM servers by its hub id or folder.

    Raises:
        UsageError: an option is unknown or not valid, or there is no such program.
    """
    return _open(_VLLM, name, options)


def open_sglang(name: str, options: ModelOptions) -> WorkerPool:
    """Open a checkpoint behind SGLang servers by its hub id or folder.

    Raises:
        UsageError: an option is unknown or not valid, or there is no such program.
    """
    return _open(_SGLANG, name, options)


def _open(engine: _Engine, name: str, options: ModelOptions) -> WorkerPool:
    extra = options.extra
    check_known(extra, _OPTIONS, engine.name)
    full_name = f"{engine.name}/{name}"
    if options.workers or options.base_urls:
        raise UsageError(
            f"{engine.name}/ starts its servers itself, on this machine",
            code="incompatible-options",
            argument="workers" if options.workers else "base_urls",
            hint="for servers elsewhere start them there and use openai/NAME with --base-url",
        )
    start_s = number_of(extra, "start_s", 0.1, 86_400) or _START_S
    program = _program(engine, options)
    size, groups = _gpu_groups(options.gpus, whole_of(extra, "tensor_parallel", 1, 1024))
    checkpoint = _Checkpoint(name)
    key = Credential(secrets.token_urlsafe(24), "this session")
    hidden = (key, *secrets_of(options.environment), *embedded_secrets(extra))
    form = msgspec.structs.replace(audio_form(extra), mono=True)
    form = form if form.rate is not None else msgspec.structs.replace(form, rate=16_000)

    def chat(url: str) -> ChatModel:
        headers = {"Authorization": f"Bearer {key.reveal()}"}
        client = HttpClient((f"{url}/v1",), headers, options.timeout_s, hidden)
        return ChatModel(full_name, client, chat_format(name, extra), form)

    environment = {**options.environment, "VLLM_NO_USAGE_STATS": "1"}
    if yes(extra, "exact"):
        environment |= engine.exact_environment
    if engine.key_variable:
        environment[engine.key_variable] = key.reveal()
    workers = [
        ServerWorker(
            f"{engine.name} on GPU {','.join(group)}" if group else full_name,
            engine,
            checkpoint,
            tuple(program),
            tuple(_arguments(engine, extra, size)),
            {**environment, "CUDA_VISIBLE_DEVICES": ",".join(group)} if group else environment,
            _settings(extra, size),
            key,
            chat,
        )
        for group in groups
    ]
    return WorkerPool(
        full_name,
        workers,
        uses_audio=True,
        timeout_s=options.timeout_s,
        start_s=start_s,
        handshake=True,
        most_restarts=_MOST_RESTARTS,
        secrets=hidden,
    )


def _program(engine: _Engine, options: ModelOptions) -> list[str]:
    """The words that start a server.

    Raises:
        UsageError: there is no such program.
    """
    try:
        words = shlex.split(options.extra.get("program", "")) or list(engine.program)
    except ValueError as error:
        raise UsageError(
            f"program: {error}", code="invalid-option", argument="options", hint="quote it as for a shell"
        ) from None
    if len(words) == 1 and Path(words[0]).name == engine.program[0]:
        words += engine.program[1:]
    if shutil.which(words[0], path=options.environment.get("PATH")) is None:
        raise UsageError(
            f'there is no program "{words[0]}"',
            code="missing-program",
            argument="model",
            hint=f"install {engine.name} in an environment of its own, such as: uv tool install {engine.name}; "
            f"or name it: --option program=/path/to/venv/bin/{engine.program[0]}",
        )
    return words


def _gpu_groups(gpus: tuple[str, ...], parallel: int | None) -> tuple[int, list[tuple[str, ...]]]:
    """How many GPUs a server has, and the GPUs of each; an empty group leaves the choice to the server.

    Raises:
        UsageError: the GPUs cannot be shared out so.
    """
    if not gpus:
        return parallel or 1, [()]
    groups = [tuple(gpu.split("+")) for gpu in gpus]
    if all(len(group) == 1 for group in groups) and parallel is not None:
        if len(gpus) % parallel:
            raise UsageError(
                f"{len(gpus)} GPUs cannot be shared out to servers with {parallel} each",
                code="incompatible-options",
                argument="gpus",
            )
        groups = [gpus[index : index + parallel] for index in range(0, len(gpus), parallel)]
    sizes = {len(group) for group in groups}
    if len(sizes) > 1 or parallel not in (None, *sizes):
        raise UsageError(
            "each server needs the same number of GPUs", code="incompatible-options", argument="gpus"
        )
    return sizes.pop(), groups


def _arguments(engine: _Engine, extra: Mapping[str, str], size: int) -> list[str]:
    """Arguments by the adapter's options.

    Raises:
        UsageError: an option's value is not valid.
    """
    values: dict[str, str | None] = {
        "tensor_parallel": str(size),
        "dtype": choice_of(extra, "dtype", _DTYPES, "auto"),
        "quantization": extra.get("quantization"),
        "max_model_len": None,
    }
    if (length := whole_of(extra, "max_model_len", 1, 1 << 30)) is not None:
        values["max_model_len"] = str(length)
    words = ["--host", "127.0.0.1"]
    for option, value in values.items():
        words += [] if value is None else [engine.option_names[option], value]
    if yes(extra, "exact"):
        words += engine.exact
    if choice_of(extra, "code", ("refuse", "trust"), "refuse") == "trust":
        words.append("--trust-remote-code")
    for option, value in extra_object(extra, "serve", _OWN_ARGUMENTS).items():
        flag = f"--{option.replace('_', '-')}"
        if value is True:
            words.append(flag)
        elif value is not None and value is not False:
            words += [flag, value if isinstance(value, str) else msgspec.json.encode(value).decode()]
    return words


def _settings(extra: Mapping[str, str], size: int) -> dict[str, str]:
    settings = {
        "dtype": extra.get("dtype", "auto"),
        "generation": "request",
        "batch": "invariant" if yes(extra, "exact") else "continuous",
        "tensor_parallel": str(size),
    }
    return settings | {name: extra[name] for name in ("quantization", "max_model_len") if name in extra}


class _Checkpoint:
    """A checkpoint that is looked for once for all servers, and how far they hear.

    Attributes:
        name: hub id or folder.
        probed: whether a server told how far it hears.
        limit_s: seconds up to which a server hears; `None` where no end was found.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.probed = False
        self.limit_s: float | None = None
        self._lock = asyncio.Lock()
        self._found: tuple[Path, str] | None = None

    async def find(self) -> tuple[Path, str]:
        async with self._lock:
            if self._found is None:
                self._found = await asyncio.to_thread(find_checkpoint, self.name)
            return self._found


class ServerWorker(msgspec.Struct, frozen=True):
    """How to start one server.

    Attributes:
        label: for messages.
        engine: its kind.
        checkpoint: what it serves.
        program: the words that start it.
        arguments: what follows the model.
        environment: all its environment variables.
        settings: for the signature, as far as they are known before it runs.
        key: what requests must show.
        chat: the adapter for requests to a URL.
    """

    label: str
    engine: _Engine
    checkpoint: _Checkpoint
    program: tuple[str, ...]
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    settings: Mapping[str, str]
    key: Credential
    chat: Callable[[str], ChatModel]

    async def start(self, name: str, timeout_s: float, start_s: float) -> RunningWorker:
        """Start a minder with a server; see `Worker.start`."""
        folder, identity = await self.checkpoint.find()
        command = [*self.program, *self.engine.arguments(str(folder), self.checkpoint.name), *self.arguments]
        environment = {"server_command": shlex.join([*command, "--port", "PORT"])}
        if not self.engine.key_variable:
            command += ["--api-key", self.key.reveal()]
        descriptor, log = tempfile.mkstemp(prefix=f"mmar-{self.engine.name}-", suffix=".log")
        os.close(descriptor)
        minder = [sys.executable, "-m", "mmar.models.minder", "--log", log, "--start-s", f"{start_s:g}"]
        # The minder itself keeps to start_s; what is waited here beyond it is for what it has to say.
        program = await Program.start(
            [*minder, *command, "--port", "{port}"], name, timeout_s, start_s + _VERDICT_S, self.environment
        )
        return _RunningServer(self, program, {**self.settings, "weights": identity}, environment)


class _RunningServer:
    """A server with its minder, and the adapter for requests to it."""

    def __init__(
        self,
        worker: ServerWorker,
        minder: Program,
        settings: Mapping[str, str],
        environment: Mapping[str, str],
    ) -> None:
        self.answered = 0
        self._worker, self._minder = worker, minder
        self._settings, self._environment = settings, environment
        self._chat: ChatModel | None = None
        self._url = ""

    @property
    def over(self) -> bool:
        """Whether the minder has ended, and so the server."""
        return self._minder.over

    @property
    def last_words(self) -> str:
        """How it ended, with the cause that the minder found in its log."""
        return self._minder.last_words

    async def ready(self) -> ProgramAnswer:
        """Wait until it is healthy and has answered a question with a clip.

        Raises:
            RequestFailed: the minder ended first.
        """
        first = await self._minder.ready()
        if first.fatal is not None or first.facts is None:
            return first
        place = first.facts["server"]
        self._url = place["url"]
        self._chat = self._worker.chat(self._url)
        try:
            await self._ask_real_questions(self._chat)
        except RequestFailed as failure:
            fatal = {
                "code": "server-failed",
                "message": f"{self._worker.label} is healthy, but a question with a clip failed: {failure.message}",
                "hint": f"the server's log: {place['log']}",
            }
            return ProgramAnswer(fatal=fatal)
        version = await self._version()
        engine = f"{self._worker.engine.name}@{version}" if version else self._worker.engine.name
        environment = {**self._environment, "log": place["log"], "heard_up_to": self._heard_up_to()}
        return ProgramAnswer(
            facts={"settings": {**self._settings, "engine": engine}, "environment": environment}
        )

    async def ask(self, request: Request, request_id: str) -> Answer:  # noqa: ARG002 - HTTP needs no id
        """Ask once; a clip that is longer than the server hears is counted as cut.

        Raises:
            RequestFailed: there is no answer.
        """
        assert self._chat is not None
        try:
            answer = await self._chat.ask(request)
        except RequestFailed as failure:
            if failure.kind in ("transport", "server") and await self._has_ended():
                words = f"{self._worker.label} ended: {self.last_words}"
                raise RequestFailed("crash", words, retryable=True) from None
            raise
        self.answered += 1
        limit_s = self._worker.checkpoint.limit_s
        if limit_s is not None and answer.sent is not None and answer.sent.seconds > limit_s:
            return msgspec.structs.replace(answer, sent=msgspec.structs.replace(answer.sent, cut=True))
        return answer

    async def stop(self) -> None:
        """End the server by closing the minder's input."""
        if self._chat is not None:
            await self._chat.close()
        await self._minder.stop()

    async def _has_ended(self) -> bool:
        """Whether the server has ended; waits until the minder knows, or the server is healthy."""
        until = time.monotonic() + _VERDICT_S
        while not self.over and time.monotonic() < until:
            if await self._get("/health") is not None:
                break
            await asyncio.sleep(0.2)
        return self.over

    async def _ask_real_questions(self, chat: ChatModel) -> None:
        """Ask about a short clip, and the first server how far it hears.

        Raises:
            RequestFailed: not even a short clip is answered.
        """
        with tempfile.TemporaryDirectory(prefix="mmar-probe-") as folder:

            async def count(seconds: int) -> int:
                answer = await chat.ask(_probe(Path(folder), seconds))
                return (answer.usage and answer.usage.input_tokens) or 0

            short = await count(_SHORT_S)
            checkpoint = self._worker.checkpoint
            if not checkpoint.probed:
                checkpoint.limit_s = await _longest_heard(count, short)
                checkpoint.probed = True

    def _heard_up_to(self) -> str:
        limit_s = self._worker.checkpoint.limit_s
        what = "no limit found" if limit_s is None else f"{limit_s:g} s"
        return f"{what}, by the number of tokens of clips of up to {_LONGER_S} s"

    async def _version(self) -> str:
        for path in self._worker.engine.version_paths:
            reply = await self._get(path)
            try:
                version = msgspec.json.decode(reply or b"")["version"]
            except (msgspec.MsgspecError, KeyError, TypeError):
                continue
            return str(version)
        return ""

    async def _get(self, path: str) -> bytes | None:
        """The body of a successful reply; `None` for any other, or none."""
        headers = {"Authorization": f"Bearer {self._worker.key.reveal()}"}
        timeout = aiohttp.ClientTimeout(total=_HEALTH_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
                session.get(self._url + path) as response,
            ):
                return await response.read() if response.status == 200 else None
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None


async def _longest_heard(count: Callable[[int], Awaitable[int]], short: int) -> float | None:
    """Seconds up to which a longer clip takes more tokens; `None` where no end was found.

    Evidence, not proof: a server may count tokens of what it then leaves out.

    Args:
        count: the number of tokens of a request with a clip of so many seconds; 0 where it is not told.
        short: that of the short clip.
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
