"""A streamed chat completion, read as the whole that it makes up.

Nothing is gained by streaming when only whole answers count, so it is off; but some services give certain
models in no other way (DashScope's Qwen-Omni). The form is that of server-sent events (WHATWG HTML, 9.2): lines
`data: {…}`, each a piece of the answer, and `data: [DONE]` at the end.
"""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["joined"]


class _Spoken(msgspec.Struct):
    transcript: str | None = None


class _Delta(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    audio: _Spoken | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    model: str | None = None
    usage: Any = None
    error: Any = None


_CHUNK = msgspec.json.Decoder(_Chunk)


def joined(body: bytes) -> bytes:
    """A stream's pieces as one chat completion, in the form of one that was not streamed.

    Args:
        body: the whole stream. One that is plain JSON after all is given back as it is.

    Raises:
        msgspec.MsgspecError: a piece is not JSON, or the stream broke off before its end.
    """
    if body.lstrip()[:1] == b"{":
        return body
    parts: dict[str, list[str]] = {"content": [], "reasoning_content": [], "reasoning": [], "refusal": []}
    spoken: list[str] = []
    finish_reason, model, usage, ended = None, None, None, False
    for line in body.splitlines():
        if not line.startswith(b"data:"):
            continue  # comments keep a connection alive; nothing else is sent
        data = line[5:].strip()
        if data == b"[DONE]":
            ended = True
            break
        chunk = _CHUNK.decode(data)
        if chunk.error is not None:
            return msgspec.json.encode({"error": chunk.error})
        model, usage = chunk.model or model, chunk.usage or usage
        for choice in (chunk.choices or [])[:1]:
            finish_reason = choice.finish_reason or finish_reason
            if choice.delta is None:
                continue
            for name, pieces in parts.items():
                pieces.append(getattr(choice.delta, name) or "")
            if choice.delta.audio is not None:
                spoken.append(choice.delta.audio.transcript or "")
    if not ended and finish_reason is None:
        raise msgspec.DecodeError("the stream broke off")
    message: dict[str, Any] = {name: "".join(pieces) or None for name, pieces in parts.items()}
    message["audio"] = {"transcript": "".join(spoken)} if spoken else None
    choices = [{"message": message, "finish_reason": finish_reason}]
    return msgspec.json.encode({"choices": choices, "model": model, "usage": usage})
