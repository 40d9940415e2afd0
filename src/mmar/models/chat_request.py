"""Requests in the format of chat completions, with the clip's base64 encoded while it is sent.

Sources: OpenAI API reference, "Create chat completion"; vLLM, "Multimodal inputs" for `audio_url`; DashScope,
"Qwen-Omni" for `input_audio` with a data URI.

The audio is never part of a JSON document in memory: a body is prepared JSON, the clip, prepared JSON, so that a
request holds the clip once, as it was read, whatever its length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import msgspec
import pybase64
from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import Payload

from mmar.models.audio_bytes import MIME, AudioBytes
from mmar.models.options import merged
from mmar.protocols import Message, Request

DOCUMENTED = {"WAV": "wav", "MP3": "mp3"}
"""The containers that `input_audio` documents, with its name for each."""

RESERVED = ("model", "messages", "stream")
"""Fields of a request that an option may not set."""

PLACEHOLDER = msgspec.Raw(b"\x00")
"""Stands in a body for the base64 text of a clip, without quotes; JSON text cannot hold this byte itself."""

# A multiple of 3, so that no piece ends in padding; 128 KiB of base64 a piece, which a processor's cache holds. Much
# larger ones cost half as much again: the allocator gives each back to the system and fetches it anew.
_PIECE = 96 * 1024

AudioAs = Literal["input_audio", "input_audio_uri", "audio_url"]
MaxTokensAs = Literal["max_tokens", "max_completion_tokens"]


class ChatFormat(msgspec.Struct, frozen=True):
    """How requests to one server are written.

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


def chat_body(request: Request, form: ChatFormat, audio: AudioBytes | None) -> bytes | StreamingBody:
    """The body of a request.

    Args:
        request: what is asked.
        form: how it is written.
        audio: the clip or clips; a message's `audio` says where they stand. With `None` the text stands alone.
    """
    settings = request.settings
    body: dict[str, Any] = {
        "model": form.model,
        "messages": [_message(message, form, audio) for message in request.messages],
        "stream": form.stream,
    }
    if form.stream:
        body["stream_options"] = {"include_usage": True}
    generation = {
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        form.max_tokens_as: settings.max_tokens,
        "seed": settings.seed,
    }
    body |= {name: value for name, value in generation.items() if value is not None}
    body = merged(body, form.body)
    if audio is None:
        return msgspec.json.encode(body)
    return streaming_body(body, [(each.data, _lead(form, each)) for each in audio.clips])


def _lead(form: ChatFormat, audio: AudioBytes) -> str:
    if form.audio_as == "input_audio":
        return ""
    # DashScope documents its data URI without a media type; the format stands beside it.
    return "data:;base64," if form.audio_as == "input_audio_uri" else f"data:{MIME[audio.container]};base64,"


def _message(message: Message, form: ChatFormat, audio: AudioBytes | None) -> dict[str, Any]:
    # Text alone is written as a string, which every server understands; not all know parts.
    if audio is None or message.audio is None:
        return {"role": message.role, "content": message.text}
    sounds = [_sound(form, each) for each in audio.clips]
    # No part for no text: a captioner that takes no prompt refuses an empty one.
    text = [{"type": "text", "text": message.text}] if message.text else []
    return {
        "role": message.role,
        "content": [*sounds, *text] if message.audio == "before" else [*text, *sounds],
    }


def _sound(form: ChatFormat, audio: AudioBytes) -> dict[str, Any]:
    if form.audio_as == "audio_url":
        return {"type": "audio_url", "audio_url": {"url": PLACEHOLDER}}
    name = DOCUMENTED.get(audio.container, audio.container.lower())
    return {"type": "input_audio", "input_audio": {"data": PLACEHOLDER, "format": name}}


def streaming_body(body: object, clips: Sequence[tuple[bytes, str]]) -> StreamingBody:
    """Make a body of a JSON value in which `PLACEHOLDER` stands once for each clip, for a string of its base64.

    Args:
        body: what `msgspec.json.encode` can write.
        clips: of each clip the bytes and what the string begins with, before the base64, such as
            `data:audio/wav;base64,` (plain ASCII).
    """
    texts = msgspec.json.encode(body).split(b"\x00")
    for place, (_, lead) in enumerate(clips):
        texts[place] += b'"' + lead.encode("ascii")
        texts[place + 1] = b'"' + texts[place + 1]
    return StreamingBody(texts, [data for data, _ in clips])


class StreamingBody(Payload):
    """A JSON body whose audio is encoded as it is sent.

    Args:
        texts: JSON before, between and after the base64 texts.
        clips: bytes of each clip; one fewer than the texts.
    """

    _autoclose = True
    sent: Callable[[], None] | None = None
    """Called when the body is sent, or cannot be."""

    def __init__(self, texts: Sequence[bytes], clips: Sequence[bytes]) -> None:
        super().__init__(clips, content_type="application/json")
        self._texts = texts
        self._clips = clips
        self._size = sum(map(len, texts)) + sum((len(data) + 2) // 3 * 4 for data in clips)

    def pieces(self) -> Iterator[bytes]:
        """The body's bytes in order, the audio's piece by piece; each piece is one call of the system."""
        waiting = self._texts[0]
        for clip, text in zip(self._clips, self._texts[1:], strict=True):
            data = memoryview(clip)
            last = max(0, len(data) - 1) // _PIECE * _PIECE
            for start in range(0, last, _PIECE):
                yield waiting + pybase64.b64encode(data[start : start + _PIECE])
                waiting = b""
            waiting += pybase64.b64encode(data[last:]) + text
        yield waiting

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Send the body; waits where the connection is full."""
        try:
            for piece in self.pieces():
                await writer.write(piece)
        finally:
            if self.sent is not None:
                self.sent()

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The whole body as text, for looking at a request without sending it."""
        return b"".join(self.pieces()).decode(encoding, errors)

    async def as_bytes(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """The whole body at once; aiohttp asks for it only where it must send a body twice."""
        del encoding, errors
        return b"".join(self.pieces())

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        """Send the body; its length is known beforehand, so there is nothing to cut."""
        del content_length
        await self.write(writer)

    def __repr__(self) -> str:
        return f"StreamingBody({self._size} bytes)"
