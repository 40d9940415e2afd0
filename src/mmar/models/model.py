"""The interface of adapters (the protocol class `Model`), and opening one by a name such as `openai/gpt-4o`.

An adapter is opened by a function of a model's name and options, whose module is imported when it is needed: a baseline
needs no HTTP client.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

import msgspec

from mmar.errors import UsageError
from mmar.models.answer import Answer
from mmar.protocols import Request


class Model(Protocol):
    """Anything that turns a request into an answer.

    A model may also have:

    - `enforces_timeout`: true where it ends a request after `ModelOptions.timeout_s` by itself: it can say who did not answer,
      and leaves out the time for which a request waits its turn or a program loads weights;
    - `in_flight`: how many requests it takes at once, used where the run names no concurrency;
    - `async prepare() -> ModelFacts`: called once before the first request, and before the run's manifest is compared;
    - `async unresponsive(seconds) -> str`: called while nothing was answered for a while: an address that does not
      reply to a small request within that time, or empty if it does.
    """

    @property
    def name(self) -> str:
        """As given to `mmar run`, e.g. `openai/gpt-4o-audio-preview`; part of the signature."""

    @property
    def uses_audio(self) -> bool:
        """Whether it is given the clip. One that is not is asked without it, by design."""

    async def ask(self, request: Request) -> Answer:
        """Ask once; no retries, they are the engine's.

        Raises:
            RequestFailed: there is no answer.
        """

    async def close(self) -> None:
        """Give back connections and processes."""


class ModelFacts(msgspec.Struct, frozen=True):
    """Settings and environment that a model reports before the first request.

    Attributes:
        settings: what an answer depends on, such as commit, dtype and batch size; part of the signature.
        environment: what it runs on, such as devices and versions; recorded with the session.
    """

    settings: dict[str, str] = {}
    environment: dict[str, str] = {}

    @property
    def warnings(self) -> list[str]:
        """Warnings for the user: the entries of the environment that are named so."""
        return sorted({text for name, text in self.environment.items() if name.endswith("warning")})


async def prepare_model(model: Model) -> ModelFacts:
    """The facts of a model, none where it has no `prepare`; an `MmarError` if it cannot be used."""
    prepare = getattr(model, "prepare", None)
    return ModelFacts() if prepare is None else cast("ModelFacts", await prepare())


class ModelOptions(msgspec.Struct, frozen=True):
    """Options of opening a model; each adapter takes those that it knows.

    Attributes:
        seed: for models that draw at random.
        base_urls: servers that share the load, for adapters that speak HTTP.
        timeout_s: longest wait for one answer, in seconds.
        gpus: of this machine, one worker each, for adapters that start programs.
        workers: command lines of workers, for the same adapters.
        clips: most clips of one request, for servers that are started with a limit.
        environment: where credentials are looked up; handed in, so that nothing is read behind the caller's back.
        extra: further options of one adapter, by name; docs/models.md explains them.
    """

    seed: int = 0
    base_urls: tuple[str, ...] = ()
    timeout_s: float = 300.0
    gpus: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()
    clips: int = 1
    environment: Mapping[str, str] = msgspec.field(default_factory=dict)
    extra: Mapping[str, str] = msgspec.field(default_factory=dict)


ADAPTERS: dict[str, tuple[str, str]] = {
    "baseline": (
        "baseline",
        "baseline/random, baseline/longest, baseline/listener, baseline/listener-letters",
    ),
    "openai": ("openai", "openai/NAME: any OpenAI-compatible server, with --base-url"),
    "gemini": ("gemini", "gemini/NAME: Google's Gemini API"),
    "text": ("openai", "text/NAME: a chat model that is given no audio, with --base-url"),
    "cascade": (
        "cascade",
        "cascade/CAPTIONER+REASONER: such as cascade/openai/qwen2-audio+text/deepseek-chat",
    ),
    "hf": (
        "local.hf",
        "hf/ORG/NAME[@REVISION], hf/./FOLDER: open weights in a worker process (extra: local)",
    ),
    "vllm": (
        "local.serving",
        "vllm/ORG/NAME[@REVISION], vllm/./FOLDER: open weights behind vLLM servers that are started here",
    ),
    "sglang": ("local.serving", "sglang/ORG/NAME[@REVISION], sglang/./FOLDER: the same with SGLang"),
    "command": (
        "local.command",
        "command/PROGRAM ARGUMENTS…: a program that reads and writes lines of JSON",
    ),
    "python": (
        "python_function",
        "python:MODULE:FUNCTION or python:FILE.py:FUNCTION: a function of yours",
    ),
}
"""Adapter by the part of a model's name before the slash: its module, which has `open_ADAPTER`, and its line in a list."""


WORKER_ADAPTERS = ("command", "hf", "sglang", "vllm")
"""Adapters that start programs, and so take GPUs and workers."""


def model_error(code: str, message: str, hint: str | None = None) -> UsageError:
    """The error of a model that cannot be used."""
    return UsageError(message, code=code, argument="model", hint=hint)


def incompatible(message: str, argument: str, hint: str | None = None) -> UsageError:
    """The error of an argument that does not go with the model."""
    return UsageError(message, code="incompatible-options", argument=argument, hint=hint)


def split_name(name: str) -> tuple[str, str]:
    """The adapter of a model's name, and the adapter's own part of it; a `UsageError` if there is none such."""
    # "python:module:function" is how Python itself writes it; everything else has a slash.
    adapter, separator, rest = name.partition(":" if name.startswith("python:") else "/")
    if not separator or not rest or adapter not in ADAPTERS:
        known = "\n".join(f"  {text}" for _, text in ADAPTERS.values())
        raise model_error("unknown-model", f'unknown model "{name}"; there are\n{known}')
    return adapter, rest


def uses_audio(name: str, options: Mapping[str, str] | None = None) -> bool:
    """Whether a model `ADAPTER/NAME` takes clips, without opening it: no key is needed. Errors as `split_name`."""
    adapter, rest = split_name(name)
    if adapter == "baseline":
        return rest.startswith("listener")
    if adapter in ("command", "python"):
        return (options or {}).get("uses_audio", "yes") == "yes"
    return adapter != "text"


def open_model(name: str, options: ModelOptions | None = None) -> Model:
    """Open a model by its name, `ADAPTER/NAME`.

    Raises:
        UsageError: there is no such adapter or model, an option is unknown or not valid, or a key, a program or a package
            is missing.
    """
    adapter, rest = split_name(name)
    options = options or ModelOptions()
    if (options.gpus or options.workers) and adapter not in WORKER_ADAPTERS:
        known = ", ".join(f"{each}/" for each in WORKER_ADAPTERS)
        message = f"GPUs and workers are for {known}, which start programs, not for {adapter}/"
        raise incompatible(message, "gpus" if options.gpus else "workers")
    module = import_module(f"mmar.models.{ADAPTERS[adapter][0]}")
    return cast("Model", getattr(module, f"open_{adapter}")(rest, options))
