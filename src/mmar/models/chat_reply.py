"""Parsing replies of chat completions, whole or streamed, as liberally as can be done without guessing.

Sources: OpenAI API reference, "Chat completion object" and "Chat completion chunk"; vLLM, "Reasoning outputs"
(`reasoning`, before version 0.11 `reasoning_content`); OpenRouter, "Reasoning tokens" and "Errors"; Mistral,
"Reasoning" (parts of type `thinking`); WHATWG HTML 9.2 for server-sent events.

An answer that was paid for must not be lost over a field that nobody reads; and what a service marks as broken off by
an error is no answer, however much text it holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from mmar.models.answer import Answer, RequestFailed, Usage
from mmar.models.service_errors import find_reply_error
from mmar.protocols.reading import split_thinking

_REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking", "reasoning_text", "reasoning_details")
_THINKING_PART = re.compile(r"reasoning|thinking|thought|summary|analysis")
# Finish reasons that mean that the answer was not finished, or was withheld; without separators, in small letters.
_BY_ERROR = re.compile(
    r"error|fail|abort|cancel|timeout|insufficientsystemresource|overload|unavailable|interrupt"
)
_BY_POLICY = re.compile(
    r"contentfilter|sensitive|safety|moderat|policy|blocked|blocklist|prohibited|recitation|spii|refus"
)


def decode_reply(body: bytes, url: str) -> Any:
    """Decode a reply's JSON, or the pieces of a stream into one reply.

    Raises:
        RequestFailed: it is empty, a web page, or broken off; the message names the URL.
    """
    text = body.removeprefix(b"\xef\xbb\xbf").strip()
    if not text:
        raise RequestFailed("bad_reply", f"{url} sent an empty reply", retryable=True)
    if re.match(rb"<(?:!doctype|html|head|body|\?xml)", text, re.IGNORECASE):
        message = f"{url} sent a web page: is the address that of the API?"
        raise RequestFailed("bad_reply", message, retryable=True)
    try:
        if text[:1] in b"{[":
            return _decode(text)
        return _joined(text)
    except (ValueError, RecursionError):
        message = f"{url} sent no complete JSON: {_excerpt(text)}"
        raise RequestFailed("bad_reply", message, retryable=True) from None


def check_finished(finish_reason: str | None, url: str, usage: Usage | None) -> None:
    """Raise `RequestFailed` where a finish reason says that the answer was withheld or broken off."""
    reason = re.sub(r"[^a-z]", "", (finish_reason or "").casefold())
    if _BY_POLICY.search(reason):
        message = f"{url}: withheld by the service's content policy (finish reason {finish_reason})"
        raise RequestFailed("refused", message, usage=usage)
    if _BY_ERROR.search(reason):
        message = f"{url} broke off the answer (finish reason {finish_reason})"
        raise RequestFailed("server", message, retryable=True, usage=usage)


def chat_answer(item_id: str, body: bytes, url: str) -> Answer:
    """Read a reply of status 200, whole or a stream, to the question about an item.

    Raises:
        RequestFailed: it is not a chat completion, reports an error, was withheld, or holds no text.
    """
    reply = decode_reply(body, url)
    fields = reply if isinstance(reply, dict) else {}
    choice = first_object(fields.get("choices"))
    usage = _usage(fields.get("usage"))
    failure = find_reply_error(reply, url, has_answer=choice is not None)
    if failure is None and choice is not None:
        failure = find_reply_error(choice, url, has_answer=True)
    if failure is not None:
        failure.usage = usage
        raise failure
    if choice is None:
        raise RequestFailed("bad_reply", f"{url} sent no chat completion: {_excerpt(body)}", retryable=True)
    finish_reason = _word(choice.get("finish_reason"))
    check_finished(finish_reason, url, usage)
    content = choice.get("message") or choice.get("delta")
    if not isinstance(content, dict):
        content = {"content": choice.get("text")}
    text, thinking = _text_and_thinking(content)
    if not text and not thinking:
        refusal = content.get("refusal")
        if isinstance(refusal, str) and refusal:
            raise RequestFailed("refused", f"{url}: {refusal}", usage=usage)
        if isinstance(content.get("audio"), dict):
            message = f"{url}: the reply is speech without a transcript; ask for text only"
            raise RequestFailed("speech", message, usage=usage)
        message = empty_reply_message(finish_reason, url)
        raise RequestFailed("bad_reply", message, usage=usage, finish_reason=finish_reason)
    return Answer(
        item_id,
        text,
        thinking,
        finish_reason=finish_reason,
        usage=usage,
        model=_word(fields.get("model")),
        spoken=not content.get("content") and isinstance(content.get("audio"), dict),
    )


def empty_reply_message(finish_reason: str | None, url: str) -> str:
    """The message for a reply without text."""
    if finish_reason in ("length", "MAX_TOKENS"):
        return f"{url}: no text, the token limit was reached before the answer began; raise max_tokens"
    return f"{url}: no text in the reply (finish reason {finish_reason})"


def _text_and_thinking(message: dict[str, Any]) -> tuple[str, str]:
    fields = ("".join(_strings(message.get(name))) for name in _REASONING_FIELDS)
    # Services that changed a field's name send it under both.
    thoughts = [next((text for text in fields if text), "")]
    content = message.get("content")
    if isinstance(content, dict):
        content = [content]
    if isinstance(content, list):
        texts = []
        for part in content:
            thinking, text = _part(part)
            thoughts.append(thinking)
            texts.append(text)
        content = "".join(texts)
    if not content and isinstance(message.get("audio"), dict):
        content = message["audio"].get("transcript")
    marked, text = split_thinking(content if isinstance(content, str) else "")
    return text, "\n".join(part for part in (*thoughts, marked) if part)


def _part(part: Any) -> tuple[str, str]:
    """Thinking and text of one part of a message's content."""
    if isinstance(part, str):
        return "", part
    if not isinstance(part, dict):
        return "", ""
    kind = part.get("type")
    thinking = "".join(
        text for name in ("thinking", "reasoning", "summary") for text in _strings(part.get(name))
    )
    text = "".join(_strings(part.get("text")))
    if part.get("thought") is True or (isinstance(kind, str) and _THINKING_PART.search(kind)):
        return thinking + text + "".join(_strings(part.get("content"))), ""
    return thinking, text


def _strings(value: Any) -> Iterator[str]:
    """The text in a value: itself, or that of its parts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, dict):
        for name in ("text", "summary", "content", "thinking", "value"):
            if value.get(name):
                yield from _strings(value[name])
                return


def first_object(value: Any) -> dict[str, Any] | None:
    """The first value of a list, where it is an object."""
    first = value[0] if isinstance(value, list) and value else None
    return first if isinstance(first, dict) else None


def token_count(value: Any, name: str) -> int | None:
    """A number of tokens among the fields of an object."""
    number = value.get(name) if isinstance(value, dict) else None
    return int(number) if isinstance(number, int | float) and 0 <= number < 2**53 else None


def _usage(value: Any) -> Usage | None:
    if not isinstance(value, dict):
        return None
    usage = Usage(
        token_count(value, "prompt_tokens"),
        token_count(value, "completion_tokens"),
        token_count(value.get("prompt_tokens_details"), "audio_tokens"),
        token_count(value.get("completion_tokens_details"), "reasoning_tokens"),
    )
    return None if usage == Usage() else usage


def _joined(stream: bytes) -> dict[str, Any]:
    """The pieces of a stream as one reply; a `ValueError` if one is not JSON or the stream broke off."""
    message: dict[str, Any] = {}
    content: list[Any] = []
    whole: dict[str, Any] = {"choices": None}
    finish_reason, ended = None, False
    for data in _events(stream):
        if data == b"[DONE]":
            ended = True
            break
        for chunk in _chunks(data):
            if find_reply_error(chunk, "", has_answer="choices" in chunk) is not None:
                return {"usage": whole.get("usage"), **chunk, "choices": None}
            whole["model"] = chunk.get("model") or whole.get("model")
            whole["usage"] = chunk.get("usage") or whole.get("usage")
            choice = next(iter(chunk.get("choices") or ()), None)
            if not isinstance(choice, dict):
                continue
            if choice.get("error"):
                return {"error": choice["error"], "usage": whole.get("usage")}
            finish_reason = choice.get("finish_reason") or finish_reason
            delta = choice.get("delta")
            if not isinstance(delta, dict):
                # Some servers end a stream with the whole message; it counts where no pieces came.
                delta = {} if content else choice.get("message") or {"content": choice.get("text")}
            _add(message, content, delta)
    if not ended and finish_reason is None:
        raise ValueError("the stream broke off")
    message["content"] = _merged(content)
    return {**whole, "choices": [{"message": message, "finish_reason": finish_reason}]}


def _add(message: dict[str, Any], content: list[Any], delta: dict[str, Any]) -> None:
    for name, value in delta.items():
        if name == "content":
            content += value if isinstance(value, list) else [value] if value else []
        elif name == "audio" and isinstance(value, dict):
            spoken = message.setdefault("audio", {"transcript": ""})
            spoken["transcript"] += value.get("transcript") or ""
        elif name == "refusal" or name in _REASONING_FIELDS:
            message[name] = message.get(name, "") + "".join(_strings(value))


def _merged(content: list[Any]) -> str | list[Any]:
    """Pieces of content: one text, or parts in which pieces of the same kind are joined."""
    parts: list[tuple[bool, str]] = []
    for piece in content:
        for is_thinking, text in zip((True, False), _part(piece), strict=True):
            if text and parts and parts[-1][0] is is_thinking:
                parts[-1] = is_thinking, parts[-1][1] + text
            elif text:
                parts.append((is_thinking, text))
    if not any(is_thinking for is_thinking, _ in parts):
        return "".join(text for _, text in parts)
    return [{"type": "thinking" if is_thinking else "text", "text": text} for is_thinking, text in parts]


def _events(stream: bytes) -> Iterator[bytes]:
    """The data of each server-sent event that has any."""
    data: list[bytes] = []
    for line in (*stream.splitlines(), b""):
        if line.startswith(b"data:"):
            data.append(line[5:].strip())
        elif not line and data:
            if joined := b"\n".join(data).strip():
                yield joined
            data = []


def _chunks(data: bytes) -> Iterable[dict[str, Any]]:
    """The chunks in an event's data: one over several lines, or one on each line where blank lines are left out."""
    try:
        values = [_decode(data)]
    except ValueError:
        lines = [line for line in data.split(b"\n") if line and line != b"[DONE]"]
        if len(lines) < 2:
            raise
        values = [_decode(line) for line in lines]
    return [value for value in values if isinstance(value, dict)]


def _decode(text: bytes) -> Any:
    """Decode JSON; also NaN and Infinity, which servers send for log probabilities."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return json.loads(text)


def _word(value: Any) -> str | None:
    """A name as text: itself, or the `type` of an object."""
    if isinstance(value, dict):
        value = value.get("type")
    return value if isinstance(value, str) and value else None


def _excerpt(body: bytes) -> str:
    return " ".join(body[:400].decode("utf-8", "replace").split())[:200]
