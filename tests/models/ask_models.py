"""Asking a model of the kind `openai/` for one answer or several."""

from __future__ import annotations

import asyncio

from mmar.models import Answer, ModelOptions, RequestFailed, open_model
from mmar.protocols import Message, Request, Settings
from servers.fake_models import FakeModels

PLAIN = Settings()
KEY = "sk-planted-0123456789abcdef"


def request_of(audio, text="What is heard?", settings=PLAIN, where="before"):
    messages = (Message("system", "Listen."), Message("user", text, where if audio else None))
    return Request("item-1", messages, text, ("a tone", "noise"), audio, settings)


def options_for(*services: FakeModels, timeout_s=60.0, environment=None, **extra) -> ModelOptions:
    urls = tuple(service.chat_url for service in services)
    return ModelOptions(base_urls=urls, timeout_s=timeout_s, environment=environment or {}, extra=extra)


def ask(name: str, options: ModelOptions, *requests: Request) -> list[Answer | RequestFailed]:
    async def run():
        model = open_model(name, options)
        try:
            return await asyncio.gather(*map(model.ask, requests), return_exceptions=True)
        finally:
            await model.close()

    return asyncio.run(run())


def ask_one(options: ModelOptions, request: Request) -> Answer:
    (answer,) = ask("openai/hearer", options, request)
    if isinstance(answer, BaseException):
        raise answer
    return answer


def failure(options: ModelOptions, request: Request) -> RequestFailed:
    (result,) = ask("openai/hearer", options, request)
    assert isinstance(result, RequestFailed), result
    return result
