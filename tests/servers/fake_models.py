"""The one fake model service of the tests: a real HTTP server on loopback, strict about what it is asked.

It speaks chat completions (`{url}/v1/chat/completions`) and Gemini's `generateContent`
(`{url}/v1beta/models/NAME:generateContent`), checks every request against what the two APIs document, decodes
the audio, and answers by a script:

    def script(asked: Asked) -> Outcome: ...

    with FakeModels(script) as service:
        ...                       # service.url, service.asked, service.violations

A script returns `Say`, or a fault: `Status`, `Drop`, `Broken`, `Hang`, `Cut`. It sees which request it is
(`asked.number`, from 0) and which try of the same question (`asked.nth`, from 0).
"""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

__all__ = ["Asked", "Broken", "Cut", "Drop", "FakeModels", "Hang", "Outcome", "Raw", "Say", "Status"]


@dataclass(frozen=True)
class Asked:
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
        at: seconds on the server's clock.
    """

    number: int
    nth: int
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    texts: tuple[str, ...]
    audio: bytes | None
    audio_type: str | None
    at: float

    @property
    def question(self) -> str:
        return self.texts[-1]


@dataclass(frozen=True)
class Say:
    """An answer, as each API writes it."""

    text: str | None = "yes"
    thinking: str | None = None
    thinking_field: str = "reasoning_content"
    finish: str = "stop"
    usage: dict[str, Any] | None = None
    model: str | None = None
    after_s: float = 0.0


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


Outcome = Say | Status | Raw | Drop | Broken | Cut | Hang
Script = Callable[[Asked], Outcome]


class ViolationError(Exception):
    """The request is not what the API documents."""


class FakeModels:
    """The service, running in a thread of its own while it is entered.

    Args:
        script: what to answer.
        key: the credential that every request must bear; `None` to refuse requests that bear one.
        models: names that are served; all where it is `None`.
    """

    def __init__(
        self,
        script: Script | Outcome = Say(),
        *,
        key: str | None = None,
        models: set[str] | None = None,
    ) -> None:
        self.script = script
        self.key = key
        self.models = models
        self.asked: list[Asked] = []
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
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
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
        return await self._serve(request, _read_chat, _write_chat, _chat_error)

    async def _gemini(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, _read_gemini, _write_gemini, _gemini_error)

    async def _serve(
        self,
        request: web.Request,
        read: Callable[[web.Request, Any], tuple[str, tuple[str, ...], bytes | None, str | None]],
        write: Callable[[str, Say, bool], dict[str, Any]],
        error: Callable[[int, str, str | None], dict[str, Any]],
    ) -> web.StreamResponse:
        self._in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            raw = await request.read()
            try:
                body = _checked_json(request, raw)
                model, texts, audio, audio_type = read(request, body)
                denied = self._denied(request, read is _read_gemini)
            except ViolationError as violation:
                self.violations.append(str(violation))
                return web.json_response(error(400, str(violation), "invalid_request"), status=400)
            if denied:
                return web.json_response(error(401, denied, "invalid_api_key"), status=401)
            if self.models is not None and model not in self.models:
                return web.json_response(error(404, f"no model {model}", "model_not_found"), status=404)
            asked = Asked(
                len(self.asked),
                self._times[texts],
                request.path_qs,
                dict(request.headers),
                body,
                texts,
                audio,
                audio_type,
                self._loop.time(),
            )
            self._times[texts] += 1
            self.asked.append(asked)
            outcome = self.script(asked) if callable(self.script) else self.script
            return await self._carry_out(
                request, outcome, model, write, error, heard=audio is not None, streamed=body.get("stream")
            )
        finally:
            self._in_flight -= 1

    def _denied(self, request: web.Request, gemini: bool) -> str | None:
        if "key" in request.query:
            raise ViolationError("the key stands in the URL")
        name = "x-goog-api-key" if gemini else "Authorization"
        found = request.headers.get(name)
        if self.key is None:
            if found is not None:
                raise ViolationError(f"{name} sent to a server that asks for none")
            return None
        expected = self.key if gemini else f"Bearer {self.key}"
        # Real services echo what they were given; a client must not pass it on.
        return None if found == expected else f"Incorrect API key provided: {found}"

    async def _carry_out(
        self,
        request: web.Request,
        outcome: Outcome,
        model: str,
        write: Callable[[str, Say, bool], dict[str, Any]],
        error: Callable[[int, str, str | None], dict[str, Any]],
        *,
        heard: bool,
        streamed: bool,
    ) -> web.StreamResponse:
        if isinstance(outcome, Say):
            if outcome.after_s:
                await asyncio.sleep(outcome.after_s)
            reply = write(outcome.model or model, outcome, heard)
            return _streamed(reply) if streamed else web.json_response(reply)
        if isinstance(outcome, Status):
            content = outcome.body
            if content is None:
                content = json.dumps(error(outcome.code, outcome.message, outcome.error_code)).encode()
            return web.Response(
                body=content, status=outcome.code, headers=outcome.headers, content_type="application/json"
            )
        if isinstance(outcome, Raw):
            return web.Response(body=outcome.body, content_type="application/json")
        if isinstance(outcome, Broken):
            return web.Response(body=b'{"id": "x", "choices": [{"mess', content_type="application/json")
        if isinstance(outcome, Hang):
            await self._hanging.wait()
        if isinstance(outcome, Cut):
            response = web.StreamResponse(headers={"Content-Length": "1000"})
            await response.prepare(request)
            await response.write(b'{"id": "x", "choices": [')
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


def _checked_json(request: web.Request, raw: bytes) -> dict[str, Any]:
    headers = request.headers
    if headers.get("Content-Type", "").partition(";")[0] != "application/json":
        raise ViolationError(f"Content-Type is {headers.get('Content-Type')}")
    if headers.get("Content-Length") != str(len(raw)) or "Transfer-Encoding" in headers:
        raise ViolationError(f"Content-Length is {headers.get('Content-Length')} for {len(raw)} bytes")
    if not headers.get("User-Agent", "").startswith("mmar/"):
        raise ViolationError(f"User-Agent is {headers.get('User-Agent')}")
    try:
        body = json.loads(raw, object_pairs_hook=_without_twins)
    except ValueError as error:
        raise ViolationError(f"not JSON: {error}") from None
    if not isinstance(body, dict):
        raise ViolationError("not a JSON object")
    return body


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ViolationError(f"a name stands twice in {[name for name, _ in pairs]}")
    return dict(pairs)


def _fields(value: Any, where: str, required: set[str], optional: set[str] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment]
    if not isinstance(value, dict):
        raise ViolationError(f"{where} is {type(value).__name__}, expected an object")
    names = set(value)
    if not required <= names or not names <= required | optional:
        raise ViolationError(f"{where} has the fields {sorted(names)}, expected {sorted(required)}")
    return value


def _number(value: Any, where: str, least: float, most: float, kind: type | tuple[type, ...]) -> None:
    if isinstance(value, bool) or not isinstance(value, kind) or not least <= value <= most:
        raise ViolationError(f"{where} is {value!r}, expected a number from {least} to {most}")


def _audio(data: Any, container: str) -> bytes:
    if not isinstance(data, str):
        raise ViolationError("the audio's data is not a string")
    try:
        audio = base64.b64decode(data, validate=True)
    except ValueError as error:
        raise ViolationError(f"the audio is not base64: {error}") from None
    starts = {
        "wav": b"RIFF",
        "flac": b"fLaC",
        "mp3": (b"ID3", b"\xff"),
        "mpeg": (b"ID3", b"\xff"),
        "ogg": b"OggS",
    }
    if container not in starts or not audio.startswith(starts[container]):
        raise ViolationError(f"the audio is not {container}: {audio[:8]!r}")
    return audio


# ── chat completions ──────────────────────────────────────────────────────────────────────────────────────

_CHAT_SETTINGS = {
    "temperature": (0, 2, (int, float)),
    "top_p": (0, 1, (int, float)),
    "max_tokens": (1, 10**6, int),
    "max_completion_tokens": (1, 10**6, int),
    "seed": (-(2**63), 2**63 - 1, int),
}
_CHAT_MORE = {"reasoning_effort", "modalities", "chat_template_kwargs", "stream_options"}


def _read_chat(request: web.Request, body: Any) -> tuple[str, tuple[str, ...], bytes | None, str | None]:
    _fields(body, "the body", {"model", "messages", "stream"}, set(_CHAT_SETTINGS) | _CHAT_MORE)
    if body["stream"] is not (body.get("stream_options") == {"include_usage": True}):
        raise ViolationError(f"stream is {body['stream']!r}, its options {body.get('stream_options')!r}")
    for name, (least, most, kind) in _CHAT_SETTINGS.items():
        if name in body:
            _number(body[name], name, least, most, kind)
    if not isinstance(body["messages"], list) or not body["messages"]:
        raise ViolationError("messages is not a list of one or more")
    texts: list[str] = []
    sounds: list[tuple[bytes, str]] = []
    for message in body["messages"]:
        _fields(message, "a message", {"role", "content"})
        if message["role"] not in ("system", "user", "assistant"):
            raise ViolationError(f"role is {message['role']!r}")
        content = message["content"]
        if isinstance(content, str):
            texts.append(content)
            continue
        if message["role"] != "user" or not isinstance(content, list) or not content:
            raise ViolationError(f"content of a {message['role']} message is {type(content).__name__}")
        for part in content:
            _read_chat_part(part, texts, sounds)
    if len(sounds) > 1:
        raise ViolationError(f"{len(sounds)} sounds in one request")
    audio, kind = sounds[0] if sounds else (None, None)
    return body["model"], tuple(texts), audio, kind


def _read_chat_part(part: Any, texts: list[str], sounds: list[tuple[bytes, str]]) -> None:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text":
        if not part.get("text"):
            raise ViolationError("a part of no text")
        texts.append(_fields(part, "a part", {"type", "text"})["text"])
    elif kind == "input_audio":
        inner = _fields(_fields(part, "a part", {"type", kind})[kind], kind, {"data", "format"})
        data = inner["data"]
        if data.startswith("data:"):
            head, _, data = data.partition(",")
            if head != "data:;base64":
                raise ViolationError(f"the data URI begins {head!r}")
        sounds.append((_audio(data, inner["format"]), inner["format"]))
        inner["data"] = "…"
    elif kind == "audio_url":
        inner = _fields(_fields(part, "a part", {"type", kind})[kind], kind, {"url"})
        head, _, data = inner["url"].partition(",")
        if not head.startswith("data:audio/") or not head.endswith(";base64"):
            raise ViolationError(f"the data URI begins {head[:40]!r}")
        container = head[len("data:audio/") : -len(";base64")]
        sounds.append((_audio(data, container), container))
        inner["url"] = "…"
    else:
        raise ViolationError(f"a part of type {kind!r}")


def _write_chat(model: str, say: Say, heard: bool) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": say.text}
    if say.thinking is not None:
        message[say.thinking_field] = say.thinking
    usage = say.usage or {
        "prompt_tokens": 120,
        "completion_tokens": 7,
        "total_tokens": 127,
        "prompt_tokens_details": {"audio_tokens": 100 if heard else 0},
    }
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": say.finish}],
        "usage": usage,
    }


def _streamed(reply: dict[str, Any]) -> web.Response:
    """The same reply in pieces of three characters, the usage in a last one, as OpenAI documents it."""
    (choice,) = reply["choices"]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    for name, text in choice["message"].items():
        if name != "role":
            deltas += [{name: text[at : at + 3]} for at in range(0, len(text or ""), 3)]
    head = {"id": reply["id"], "object": "chat.completion.chunk", "model": reply["model"]}
    pieces = [{**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    pieces.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
    pieces.append({**head, "choices": [], "usage": reply["usage"]})
    lines = [f"data: {json.dumps(piece, ensure_ascii=False)}" for piece in pieces]
    text = "\n\n".join([": a comment", *lines, "data: [DONE]"]) + "\n\n"
    return web.Response(text=text, content_type="text/event-stream")


def _chat_error(status: int, message: str, code: str | None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "error", "param": None, "code": code}}


# ── Gemini ────────────────────────────────────────────────────────────────────────────────────────────────

_GEMINI_SETTINGS = {
    "temperature": (0, 2, (int, float)),
    "topP": (0, 1, (int, float)),
    "maxOutputTokens": (1, 10**6, int),
    "seed": (-(2**31), 2**31 - 1, int),
}
_GEMINI_AUDIO = {
    "audio/wav": "wav",
    "audio/mp3": "mp3",
    "audio/aiff": "aiff",
    "audio/aac": "aac",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
}


def _read_gemini(request: web.Request, body: Any) -> tuple[str, tuple[str, ...], bytes | None, str | None]:
    model, colon, method = request.match_info["call"].rpartition(":")
    if not colon or method != "generateContent":
        raise ViolationError(f"the method is {method!r}")
    _fields(body, "the body", {"contents"}, {"systemInstruction", "generationConfig", "safetySettings"})
    config = _fields(
        body.get("generationConfig", {}),
        "generationConfig",
        set(),
        {*_GEMINI_SETTINGS, "thinkingConfig", "responseMimeType"},
    )
    for name, (least, most, kind) in _GEMINI_SETTINGS.items():
        if name in config:
            _number(config[name], name, least, most, kind)
    if "thinkingConfig" in config:
        _fields(
            config["thinkingConfig"],
            "thinkingConfig",
            set(),
            {"includeThoughts", "thinkingBudget", "thinkingLevel"},
        )
    texts: list[str] = []
    sounds: list[tuple[bytes, str]] = []
    if "systemInstruction" in body:
        parts = _fields(body["systemInstruction"], "systemInstruction", {"parts"})["parts"]
        texts += [_fields(part, "a part", {"text"})["text"] for part in parts]
    if not isinstance(body["contents"], list) or not body["contents"]:
        raise ViolationError("contents is not a list of one or more")
    for content in body["contents"]:
        _fields(content, "a content", {"role", "parts"})
        if content["role"] not in ("user", "model"):
            raise ViolationError(f"role is {content['role']!r}")
        for part in content["parts"]:
            if part.get("text"):
                texts.append(_fields(part, "a part", {"text"})["text"])
                continue
            blob = _fields(
                _fields(part, "a part", {"inlineData"})["inlineData"], "inlineData", {"mimeType", "data"}
            )
            if blob["mimeType"] not in _GEMINI_AUDIO:
                raise ViolationError(f"mimeType is {blob['mimeType']!r}")
            sounds.append((_audio(blob["data"], _GEMINI_AUDIO[blob["mimeType"]]), blob["mimeType"]))
            blob["data"] = "…"
    if len(sounds) > 1:
        raise ViolationError(f"{len(sounds)} sounds in one request")
    audio, kind = sounds[0] if sounds else (None, None)
    return model, tuple(texts), audio, kind


def _write_gemini(model: str, say: Say, heard: bool) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    if say.thinking is not None:
        parts.append({"text": say.thinking, "thought": True})
    if say.text is not None:
        # Gemini splits long texts over parts.
        half = len(say.text) // 2
        parts += [{"text": text} for text in (say.text[:half], say.text[half:]) if text]
    finish = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}.get(say.finish, say.finish)
    details = [{"modality": "TEXT", "tokenCount": 20}]
    if heard:
        details.append({"modality": "AUDIO", "tokenCount": 100})
    usage = say.usage or {
        "promptTokenCount": 120,
        "candidatesTokenCount": 7,
        "totalTokenCount": 127,
        "promptTokensDetails": details,
    }
    return {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": finish, "index": 0}],
        "usageMetadata": usage,
        "modelVersion": model,
        "responseId": "r-1",
    }


def _gemini_error(status: int, message: str, code: str | None) -> dict[str, Any]:
    if status == 401:
        # The Gemini API answers a wrong key with 400 and this reason.
        details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
        return {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": details}}
    return {"error": {"code": status, "message": message, "status": code or "UNKNOWN"}}
