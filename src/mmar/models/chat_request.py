"""Requests in the format of chat completions, with the clip's base64 encoded while it is sent.

Sources: OpenAI API reference, "Create chat completion"; vLLM, "Multimodal inputs" for `audio_url`; DashScope,
"Qwen-Omni" for `input_audio` with a data URI.

The audio is never part of a JSON document in memory: a body is prepared JSON, the clip, prepared JSON, so that a
request holds the clip once, as it was read, whatever its length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec
import pybase64

from mmar.models.audio_bytes import MIME, AudioBytes
from mmar.models.options import deep_merge
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
    """The format of requests to one server.

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


def chat_body(form: ChatFormat, request: Request, clips: Sequence[AudioBytes] = ()) -> StreamingBody:
    """The body of a request; a message's `audio` says where the clips stand. Without clips the text stands alone."""
    settings = request.settings
    body: dict[str, Any] = {
        "model": form.model,
        "messages": [_message(message, form, clips) for message in request.messages],
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
    return streaming_body(deep_merge(body, form.body), [(clip.data, _lead(form, clip)) for clip in clips])


def _lead(form: ChatFormat, audio: AudioBytes) -> str:
    if form.audio_as == "input_audio":
        return ""
    # DashScope documents its data URI without a media type; the format stands beside it.
    return "data:;base64," if form.audio_as == "input_audio_uri" else f"data:{MIME[audio.container]};base64,"


def _message(message: Message, form: ChatFormat, clips: Sequence[AudioBytes]) -> dict[str, Any]:
    # Text alone is written as a string, which every server understands; not all know parts.
    if not clips or message.audio is None:
        return {"role": message.role, "content": message.text}
    sounds = [_sound(form, clip) for clip in clips]
    # No part for no text: a captioner that takes no prompt refuses an empty one.
    text = [{"type": "text", "text": message.text}] if message.text else []
    parts = [*sounds, *text] if message.audio == "before" else [*text, *sounds]
    return {"role": message.role, "content": parts}


def _sound(form: ChatFormat, audio: AudioBytes) -> dict[str, Any]:
    if form.audio_as == "audio_url":
        return {"type": "audio_url", "audio_url": {"url": PLACEHOLDER}}
    name = DOCUMENTED.get(audio.container, audio.container.lower())
    return {"type": "input_audio", "input_audio": {"data": PLACEHOLDER, "format": name}}


def streaming_body(body: object, clips: Sequence[tuple[bytes, str]]) -> StreamingBody:
    """Make a body of a JSON value in which `PLACEHOLDER` stands once for each clip.

    `clips` has the bytes of each, and what stands before its base64, such as `data:audio/wav;base64,` or nothing.
    """
    texts = msgspec.json.encode(body).split(b"\x00")
    for index, (_, lead) in enumerate(clips):
        texts[index] += b'"' + lead.encode("ascii")
        texts[index + 1] = b'"' + texts[index + 1]
    return StreamingBody(texts, [data for data, _ in clips])


class StreamingBody(msgspec.Struct, frozen=True):
    """A JSON body whose audio is encoded as it is sent.

    Attributes:
        texts: JSON before, between and after the base64 texts.
        clips: bytes of each clip; one fewer than the texts.
    """

    texts: Sequence[bytes]
    clips: Sequence[bytes]

    @property
    def size(self) -> int:
        """The number of bytes of the body."""
        return sum(map(len, self.texts)) + sum((len(clip) + 2) // 3 * 4 for clip in self.clips)

    def pieces(self) -> Iterator[bytes]:
        """The body's bytes in order, the audio's piece by piece; each piece is one call of the system."""
        waiting = self.texts[0]
        for clip, text in zip(self.clips, self.texts[1:], strict=True):
            data = memoryview(clip)
            last = max(0, len(data) - 1) // _PIECE * _PIECE
            for start in range(0, last, _PIECE):
                yield waiting + pybase64.b64encode(data[start : start + _PIECE])
                waiting = b""
            waiting += pybase64.b64encode(data[last:]) + text
        yield waiting

    def abbreviated(self) -> bytes:
        """The body with a few words in place of each base64 text, for looking at."""
        body = self.texts[0]
        for clip, text in zip(self.clips, self.texts[1:], strict=True):
            body += f"<base64 of {len(clip):,} bytes>".encode() + text
        return body
