"""The chat-completions wire format: a request's JSON, and what a reply says.

Source: OpenAI API reference, "Create chat completion"; vLLM, "Multimodal inputs" for `audio_url` and
"Reasoning outputs" for `reasoning` (`reasoning_content` before version 0.11). Replies are read liberally,
because an answer that was paid for must not be lost over a field that nobody reads.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from mmar.models.answer import Answer, RequestFailed, Usage
from mmar.models.audio_bytes import MIME, AudioBytes
from mmar.models.chat_stream import joined
from mmar.models.extra_options import merged
from mmar.models.spliced import SPLICE, SplicedBody, spliced
from mmar.models.status import failure_of
from mmar.models.thinking import split_thinking
from mmar.protocols import Message, Request

__all__ = ["DOCUMENTED", "RESERVED", "AudioAs", "ChatForm", "MaxTokensAs", "chat_answer", "chat_body"]

DOCUMENTED = {"WAV": "wav", "MP3": "mp3"}
"""The containers that `input_audio` documents, with its name for each."""

RESERVED = ("model", "messages", "stream")
"""Fields of a request that an option may not set."""

AudioAs = Literal["input_audio", "input_audio_uri", "audio_url"]
MaxTokensAs = Literal["max_tokens", "max_completion_tokens"]


class ChatForm(msgspec.Struct, frozen=True):
    """How requests to one server are put.

    Attributes:
        model: the server's name of the model.
        audio_as: how audio stands in a message: `input_audio` as OpenAI documents it, `input_audio_uri` with
            a data URI in its `data` as DashScope does, or `audio_url` as vLLM and SGLang do.
        max_tokens_as: the field that bounds the answer's length.
        stream: whether the reply is asked for in pieces, for models that a service gives in no other way.
        body: fields added to every request.
    """

    model: str
    audio_as: AudioAs = "input_audio"
    max_tokens_as: MaxTokensAs = "max_tokens"
    stream: bool = False
    body: dict[str, Any] = {}


def chat_body(request: Request, form: ChatForm, audio: AudioBytes | None) -> bytes | SplicedBody:
    """The body of a request.

    Args:
        request: what is asked.
        form: how it is put.
        audio: the clip; a message's `audio` says where it stands. With `None` the text stands alone.
    """
    settings = request.settings
    body: dict[str, Any] = {
        "model": form.model,
        "messages": [_message(message, form, audio) for message in request.messages],
        "stream": form.stream,
    }
    if form.stream:
        body["stream_options"] = {"include_usage": True}
    wanted = {
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        form.max_tokens_as: settings.max_tokens,
        "seed": settings.seed,
    }
    body |= {name: value for name, value in wanted.items() if value is not None}
    body = merged(body, form.body)
    if audio is None:
        return msgspec.json.encode(body)
    return spliced(body, audio.data, _lead(form, audio))


def _lead(form: ChatForm, audio: AudioBytes) -> str:
    if form.audio_as == "input_audio":
        return ""
    # DashScope documents its data URI without a media type; the format stands beside it.
    return "data:;base64," if form.audio_as == "input_audio_uri" else f"data:{MIME[audio.container]};base64,"


def _message(message: Message, form: ChatForm, audio: AudioBytes | None) -> dict[str, Any]:
    # Text alone is written as a string, which every server understands; not all know parts.
    if audio is None or message.audio is None:
        return {"role": message.role, "content": message.text}
    if form.audio_as == "audio_url":
        sound: dict[str, Any] = {"type": "audio_url", "audio_url": {"url": SPLICE}}
    else:
        name = DOCUMENTED.get(audio.container, audio.container.lower())
        sound = {"type": "input_audio", "input_audio": {"data": SPLICE, "format": name}}
    # No part for no text: a captioner that takes no prompt refuses an empty one.
    text = [{"type": "text", "text": message.text}] if message.text else []
    return {"role": message.role, "content": [sound, *text] if message.audio == "before" else [*text, sound]}


class _Part(msgspec.Struct):
    text: Any = None
    thinking: Any = None


class _Spoken(msgspec.Struct):
    transcript: str | None = None


class _Message(msgspec.Struct):
    content: str | list[_Part] | None = None
    reasoning_content: Any = None
    reasoning: Any = None
    refusal: str | None = None
    audio: _Spoken | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Reply(msgspec.Struct):
    choices: list[_Choice] | None = None
    model: str | None = None
    usage: msgspec.Raw = msgspec.Raw()
    error: msgspec.Raw = msgspec.Raw()


class _PromptDetails(msgspec.Struct):
    audio_tokens: int | None = None


class _CompletionDetails(msgspec.Struct):
    reasoning_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None


_REPLY = msgspec.json.Decoder(_Reply)
_USAGE = msgspec.json.Decoder(_Usage)


def chat_answer(item_id: str, body: bytes, place: str) -> Answer:
    """Read a reply of status 200.

    Args:
        item_id: whose answer it is.
        body: the reply's bytes; a stream is understood too.
        place: where it came from, for messages.

    Raises:
        RequestFailed: it is not a chat completion, was stopped by a content filter, or holds no text.
    """
    try:
        reply = _REPLY.decode(joined(body))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        # Broken in transit or cut short, so another try can bring it whole.
        raise RequestFailed(
            "bad_reply", f"{place} sent no chat completion ({error})", retryable=True
        ) from None
    if not reply.choices:
        raise _without_choices(reply, place)
    choice = reply.choices[0]
    message = choice.message
    usage = _usage(reply.usage)
    if choice.finish_reason == "content_filter":
        raise RequestFailed("refused", f"{place}: stopped by a content filter", usage=usage)
    text, thinking = _said(message)
    if not text and not thinking:
        if message.refusal:
            raise RequestFailed("refused", f"{place}: {message.refusal}", usage=usage)
        raise RequestFailed("bad_reply", _silent(choice.finish_reason, place), usage=usage)
    return Answer(
        item_id,
        text,
        thinking,
        finish_reason=choice.finish_reason,
        usage=usage,
        model=reply.model,
    )


def _said(message: _Message) -> tuple[str, str]:
    """Text and thinking of a message."""
    reasons = [
        each for each in (message.reasoning_content, message.reasoning) if isinstance(each, str) and each
    ]
    thoughts = reasons[:1]
    content = message.content
    if isinstance(content, list):
        # Mistral's reasoning models answer in parts of type "thinking" and "text"; DashScope's parts have no type.
        thoughts += [text for part in content for text in _texts(part.thinking)]
        content = "".join(text for part in content for text in _texts(part.text))
    if not content and message.audio is not None:
        content = message.audio.transcript
    marked, text = split_thinking(content or "")
    return text, "\n".join([*thoughts, marked] if marked else thoughts)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [
            each["text"] for each in value if isinstance(each, dict) and isinstance(each.get("text"), str)
        ]
    return []


def _without_choices(reply: _Reply, place: str) -> RequestFailed:
    # OpenRouter and others report an upstream error with status 200 and its real code inside.
    said = bytes(reply.error)
    if said and said != b"null":
        error = msgspec.json.decode(said)
        code = error.get("code") if isinstance(error, dict) else None
        status = code if isinstance(code, int) and 400 <= code < 600 else 500
        return failure_of(status, {}, said, place)
    return RequestFailed("bad_reply", f"{place} sent a chat completion without choices", retryable=True)


def _silent(finish_reason: str | None, place: str) -> str:
    if finish_reason == "length":
        return f"{place}: no text, the token limit was spent before the answer began; raise max_tokens"
    return f"{place}: no text in the reply (finish reason {finish_reason})"


def _usage(raw: msgspec.Raw) -> Usage | None:
    try:
        found = _USAGE.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    prompt, completion = found.prompt_tokens_details, found.completion_tokens_details
    usage = Usage(
        found.prompt_tokens,
        found.completion_tokens,
        prompt.audio_tokens if prompt else None,
        completion.reasoning_tokens if completion else None,
    )
    return None if usage == Usage() else usage
