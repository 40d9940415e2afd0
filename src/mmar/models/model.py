"""What every adapter is: the protocol class `Model`, and the options that it is opened with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from mmar.models.answer import Answer
from mmar.protocols import Request

__all__ = ["Model", "ModelOptions"]


class Model(Protocol):
    """Anything that turns a request into an answer.

    Attributes:
        name: as given to `mmar run`, e.g. `openai/gpt-4o-audio-preview`; part of the signature.
        uses_audio: whether the model is given the clip. One that does not is asked without it, by design.

    A model may have an attribute `keeps_time`: true where it ends a request after `ModelOptions.timeout_s` by itself,
    and so knows better than its caller when a program that is still loading weights should be waited for.
    """

    @property
    def name(self) -> str:
        """As given to `mmar run`."""
        ...

    @property
    def uses_audio(self) -> bool:
        """Whether it is given the clip."""
        ...

    async def ask(self, request: Request) -> Answer:
        """Ask once; no retries, they are the engine's.

        Raises:
            RequestFailed: there is no answer.
        """
        ...

    async def close(self) -> None:
        """Give back connections and processes."""
        ...


class ModelOptions(msgspec.Struct, frozen=True):
    """How to open a model; each adapter takes what it knows.

    Attributes:
        seed: for models that draw at random.
        base_urls: servers that share the load, for adapters that speak HTTP.
        timeout_s: longest wait for one answer, in seconds.
        concurrency: most requests in flight, for sizing connection pools.
        environment: where credentials are looked up; handed in, so that nothing is read behind the caller's back.
        extra: further options of one adapter, by name.
    """

    seed: int = 0
    base_urls: tuple[str, ...] = ()
    timeout_s: float = 300.0
    concurrency: int = 8
    environment: Mapping[str, str] = msgspec.field(default_factory=dict)
    extra: Mapping[str, str] = msgspec.field(default_factory=dict)
