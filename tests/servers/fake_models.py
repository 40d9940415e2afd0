"""The one fake model service of the tests: a real HTTP server on loopback, strict about requests.

It speaks chat completions (`{url}/v1/chat/completions`) and Gemini's `generateContent`
(`{url}/v1beta/models/NAME:generateContent`), checks every request against what the two APIs document, decodes
the audio, and answers by a script:

    def script(received: ReceivedRequest) -> Reply: ...

    with FakeModels(script) as service:
        ...                       # service.url, service.requests, service.violations

A script returns `Say`, or a fault: `Status`, `Drop`, `Broken`, `Hang`, `Cut`. It sees which request it is
(`received.number`, from 0) and which try of the same question (`received.nth`, from 0).
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from servers.formats import (
    Read,
    Say,
    ViolationError,
    chat_error,
    checked_json,
    gemini_error,
    read_chat,
    read_gemini,
    streamed_reply,
    write_chat,
    write_gemini,
)

__all__ = ["Broken", "Cut", "Drop", "FakeModels", "Hang", "Raw", "ReceivedRequest", "Reply", "Say", "Status"]


@dataclass(frozen=True)
class ReceivedRequest:
    """A request as it arrived.

    Attributes:
        number: how many came before it.
        nth: how many with the same text came before it.
        path: of the URL, with its query.
        headers: as sent.
        body: the JSON, the audio's base64 left out.
        texts: every text of the conversation, in order.
        audio: the decoded audio, or `None`.
        audio_type: `wav`, `mp3`… or the media type, as sent.
        time_s: seconds on the server's clock.
        clips: the decoded audio of all clips, the first one too.
    """

    number: int
    nth: int
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    texts: tuple[str, ...]
    audio: bytes | None
    audio_type: str | None
    time_s: float
    clips: tuple[bytes, ...] = ()

    @property
    def question(self) -> str:
        return self.texts[-1]


@dataclass(frozen=True)
class Status:
    """An HTTP error, with the body that the API documents, or one's own."""

    code: int
    message: str = "no"
    error_code: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True)
class Raw:
    """Status 200 with these bytes."""

    body: bytes


@dataclass(frozen=True)
class Drop:
    """The connection is closed without a reply."""


@dataclass(frozen=True)
class Broken:
    """Status 200 with half a JSON document."""


@dataclass(frozen=True)
class Cut:
    """Status 200, half of the declared body, and the connection is closed."""


@dataclass(frozen=True)
class Hang:
    """Never a reply."""


Reply = Say | Status | Raw | Drop | Broken | Cut | Hang
Script = Callable[[ReceivedRequest], Reply]


_YES = Say()


class FakeModels:
    """The service, running in a thread of its own while it is entered.

    Args:
        script: what to answer.
        key: the credential that every request must bear; `None` to refuse requests that bear one.
        models: names that are served; all where it is `None`.
    """

    def __init__(
        self,
        script: Script | Reply = _YES,
        *,
        key: str | None = None,
        models: set[str] | None = None,
    ) -> None:
        self.script = script
        self.key = key
        self.models = models
        self.requests: list[ReceivedRequest] = []
        self.violations: list[str] = []
        self.most_in_flight = 0
        self.url = ""
        self._in_flight = 0
        self._times: Counter[tuple[str, ...]] = Counter()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def chat_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def gemini_url(self) -> str:
        return f"{self.url}/v1beta"

    def __enter__(self) -> FakeModels:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(60)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        self._hanging = asyncio.Event()
        app = web.Application(client_max_size=2**30)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1beta/models/{call:.+}", self._gemini)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"

    async def _stop(self) -> None:
        self._hanging.set()
        await self._runner.cleanup()

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, read_chat, write_chat, chat_error)

    async def _gemini(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, read_gemini, write_gemini, gemini_error)

    async def _serve(
        self,
        request: web.Request,
        read: Callable[[web.Request, Any], Read],
        write: Callable[[str, Say, bool], dict[str, Any]],
        error: Callable[[int, str, str | None], dict[str, Any]],
    ) -> web.StreamResponse:
        self._in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            raw = await request.read()
            try:
                body = checked_json(request, raw)
                model, texts, sounds = read(request, body)
                denied = self._denied(request, read is read_gemini)
            except ViolationError as violation:
                self.violations.append(str(violation))
                return web.json_response(error(400, str(violation), "invalid_request"), status=400)
            if denied:
                return web.json_response(error(401, denied, "invalid_api_key"), status=401)
            if self.models is not None and model not in self.models:
                return web.json_response(error(404, f"no model {model}", "model_not_found"), status=404)
            received = ReceivedRequest(
                len(self.requests),
                self._times[texts],
                request.path_qs,
                dict(request.headers),
                body,
                texts,
                sounds[0][0] if sounds else None,
                sounds[0][1] if sounds else None,
                self._loop.time(),
                tuple(data for data, _ in sounds),
            )
            self._times[texts] += 1
            self.requests.append(received)
            reply = self.script(received) if callable(self.script) else self.script
            return await self._respond(
                request, reply, model, write, error, has_audio=bool(sounds), streamed=body.get("stream")
            )
        finally:
            self._in_flight -= 1

    def _denied(self, request: web.Request, gemini: bool) -> str | None:
        if "key" in request.query:
            raise ViolationError("the key stands in the URL")
        name = "x-goog-api-key" if gemini else "Authorization"
        credential = request.headers.get(name)
        if self.key is None:
            if credential is not None:
                raise ViolationError(f"{name} sent to a server that asks for none")
            return None
        expected = self.key if gemini else f"Bearer {self.key}"
        # Real services echo what they were given; a client must not pass it on.
        return None if credential == expected else f"Incorrect API key provided: {credential}"

    async def _respond(
        self,
        request: web.Request,
        reply: Reply,
        model: str,
        write: Callable[[str, Say, bool], dict[str, Any]],
        error: Callable[[int, str, str | None], dict[str, Any]],
        *,
        has_audio: bool,
        streamed: bool,
    ) -> web.StreamResponse:
        if isinstance(reply, Say):
            if reply.after_s:
                await asyncio.sleep(reply.after_s)
            document = write(reply.model or model, reply, has_audio)
            return streamed_reply(document) if streamed else web.json_response(document)
        if isinstance(reply, Status):
            content = reply.body
            if content is None:
                content = json.dumps(error(reply.code, reply.message, reply.error_code)).encode()
            return web.Response(
                body=content, status=reply.code, headers=reply.headers, content_type="application/json"
            )
        if isinstance(reply, Raw):
            return web.Response(body=reply.body, content_type="application/json")
        if isinstance(reply, Broken):
            return web.Response(body=b'{"id": "x", "choices": [{"mess', content_type="application/json")
        if isinstance(reply, Hang):
            await self._hanging.wait()
        if isinstance(reply, Cut):
            response = web.StreamResponse(headers={"Content-Length": "1000"})
            await response.prepare(request)
            await response.write(b'{"id": "x", "choices": [')
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
