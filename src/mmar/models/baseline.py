"""Baselines that need no download: `random`, `longest`, and `listener`, which answers from the audio alone.

`listener-letters` gives the listener's answers as letters: "B" for the second choice. The published rule compares words
and finds none of them right, so it shows why there are two numbers.

They show where a number begins (METHODS, "chance") and prove the path of the audio from end to end.
"""

from __future__ import annotations

import asyncio
import random
import string
from collections.abc import Callable

import msgspec

from mmar.errors import MmarError
from mmar.models.answer import Answer, RequestFailed
from mmar.models.audio_bytes import check_single
from mmar.models.model import ModelOptions, model_error
from mmar.protocols import Request


class Baseline(msgspec.Struct, frozen=True):
    """A model that is a function from a request to text and thinking."""

    name: str
    uses_audio: bool
    answer: Callable[[Request], tuple[str, str]]

    async def ask(self, request: Request) -> Answer:
        """Answer in a thread, so that reading a clip does not delay other requests."""
        if not request.choices:
            raise RequestFailed("rejected", f"{self.name} needs choices, and the question is open")
        try:
            text, thinking = await asyncio.to_thread(self.answer, request)
        except MmarError as error:
            raise RequestFailed("audio", str(error)) from None
        return Answer(request.item_id, text, thinking, finish_reason="stop", model=self.name)

    async def close(self) -> None:
        """Nothing to close."""


def open_baseline(name: str, options: ModelOptions) -> Baseline:
    """Open `random`, `longest`, `listener` or `listener-letters`."""
    seed = options.seed
    answers: dict[str, Callable[[Request], tuple[str, str]]] = {
        "random": lambda request: _random(request, seed),
        "longest": _longest,
        "listener": lambda request: _listen(request, seed),
        "listener-letters": lambda request: _listen_in_letters(request, seed),
    }
    if name not in answers:
        known = ", ".join(f"baseline/{each}" for each in answers)
        raise model_error("unknown-model", f'unknown model "baseline/{name}"; there are {known}')
    return Baseline(f"baseline/{name}", name.startswith("listener"), answers[name])


def _random(request: Request, seed: int) -> tuple[str, str]:
    # One generator an item, so that the order in which items are asked changes nothing; and another for each
    # further sample and order of the choices, or they would all be one draw.
    key = f"{seed}:{request.item_id}"
    if request.rotation or request.repeat:
        key = f"{key}:{request.rotation}:{request.repeat}"
    return random.Random(key).choice(request.choices), ""  # noqa: S311 - a baseline, not a secret


def _longest(request: Request) -> tuple[str, str]:
    return max(request.choices, key=len), ""


def _listen(request: Request, seed: int) -> tuple[str, str]:
    from mmar.audio import read_clip
    from mmar.models.listener import answer_from_audio

    if request.audio is None:
        raise RequestFailed("audio", "the listener needs a clip, and the request has none")
    check_single(request, "the listener")
    finding = answer_from_audio(read_clip(request.audio), request.question, request.choices, seed)
    return finding.choice, finding.reason


def _listen_in_letters(request: Request, seed: int) -> tuple[str, str]:
    choice, reason = _listen(request, seed)
    return string.ascii_uppercase[request.choices.index(choice)], reason
