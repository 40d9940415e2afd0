"""The requests and replies of chat completions and of the Gemini API, as the two document them.

A request that is not as documented is a `ViolationError`.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web


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


class ViolationError(Exception):
    """The request is not what the API documents."""


def checked_json(request: web.Request, raw: bytes) -> dict[str, Any]:
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


_CHAT_SETTINGS = {
    "temperature": (0, 2, (int, float)),
    "top_p": (0, 1, (int, float)),
    "max_tokens": (1, 10**6, int),
    "max_completion_tokens": (1, 10**6, int),
    "seed": (-(2**63), 2**63 - 1, int),
}


_CHAT_MORE = {"reasoning_effort", "modalities", "chat_template_kwargs", "stream_options"}


Read = tuple[str, tuple[str, ...], tuple[tuple[bytes, str], ...]]
"""Of a request: the model, its texts, and the bytes and container of each clip."""


def read_chat(request: web.Request, body: Any) -> Read:
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
    return body["model"], tuple(texts), tuple(sounds)


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


def write_chat(model: str, say: Say, has_audio: bool) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": say.text}
    if say.thinking is not None:
        message[say.thinking_field] = say.thinking
    usage = say.usage or {
        "prompt_tokens": 120,
        "completion_tokens": 7,
        "total_tokens": 127,
        "prompt_tokens_details": {"audio_tokens": 100 if has_audio else 0},
    }
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": say.finish}],
        "usage": usage,
    }


def streamed_reply(reply: dict[str, Any]) -> web.Response:
    """The same reply in pieces of three characters, the usage in a last one, as OpenAI documents it."""
    (choice,) = reply["choices"]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    for name, text in choice["message"].items():
        if name != "role":
            deltas += [{name: text[start : start + 3]} for start in range(0, len(text or ""), 3)]
    head = {"id": reply["id"], "object": "chat.completion.chunk", "model": reply["model"]}
    pieces = [{**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    pieces.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
    pieces.append({**head, "choices": [], "usage": reply["usage"]})
    lines = [f"data: {json.dumps(piece, ensure_ascii=False)}" for piece in pieces]
    text = "\n\n".join([": a comment", *lines, "data: [DONE]"]) + "\n\n"
    return web.Response(text=text, content_type="text/event-stream")


def chat_error(status: int, message: str, code: str | None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "error", "param": None, "code": code}}


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


def read_gemini(request: web.Request, body: Any) -> Read:
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
    return model, tuple(texts), tuple(sounds)


def write_gemini(model: str, say: Say, has_audio: bool) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    if say.thinking is not None:
        parts.append({"text": say.thinking, "thought": True})
    if say.text is not None:
        # Gemini splits long texts over parts.
        half = len(say.text) // 2
        parts += [{"text": text} for text in (say.text[:half], say.text[half:]) if text]
    finish = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}.get(say.finish, say.finish)
    details = [{"modality": "TEXT", "tokenCount": 20}]
    if has_audio:
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


def gemini_error(status: int, message: str, code: str | None) -> dict[str, Any]:
    if status == 401:
        # The Gemini API answers a wrong key with 400 and this reason.
        details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
        return {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": details}}
    return {"error": {"code": status, "message": message, "status": code or "UNKNOWN"}}
