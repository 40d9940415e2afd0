"""The wire format of the Gemini API's `generateContent`: a request's JSON, and what a reply says.

Source: Gemini API reference, "Generating content" (v1beta): Content, Part, Blob, GenerationConfig,
GenerateContentResponse, FinishReason; "Audio understanding" for the media types; "Thinking" for thoughts.
"""

from __future__ import annotations

from typing import Any

import msgspec

from mmar.models.answer import Answer, RequestFailed, Usage
from mmar.models.audio_bytes import AudioBytes
from mmar.models.extra_options import merged
from mmar.models.spliced import SPLICE, SplicedBody, spliced
from mmar.protocols import Message, Request

__all__ = ["DOCUMENTED", "RESERVED", "GeminiForm", "gemini_answer", "gemini_body"]

DOCUMENTED = {
    "WAV": "audio/wav",
    "MP3": "audio/mp3",
    "AIFF": "audio/aiff",
    "OGG": "audio/ogg",
    "FLAC": "audio/flac",
}
"""The containers that the API documents, with its media type for each."""

RESERVED = ("contents", "systemInstruction")
"""Fields of a request that an option may not set."""

# FinishReason values by which the service withholds an answer for its policy.
_POLICY = {
    "SAFETY",
    "RECITATION",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "IMAGE_SAFETY",
}


class GeminiForm(msgspec.Struct, frozen=True):
    """How requests are put.

    Attributes:
        thoughts: whether summaries of the model's thoughts are asked for.
        body: fields added to every request.
    """

    thoughts: bool = False
    body: dict[str, Any] = {}


def gemini_body(request: Request, form: GeminiForm, audio: AudioBytes | None) -> bytes | SplicedBody:
    """The body of a request.

    Args:
        request: what is asked.
        form: how it is put.
        audio: the clip; a message's `audio` says where it stands. With `None` the text stands alone.
    """
    settings = request.settings
    wanted = {
        "temperature": settings.temperature,
        "topP": settings.top_p,
        "maxOutputTokens": settings.max_tokens,
        "seed": settings.seed,
    }
    config: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    if form.thoughts:
        config["thinkingConfig"] = {"includeThoughts": True}
    system = [{"text": message.text} for message in request.messages if message.role == "system"]
    body: dict[str, Any] = {
        "contents": [_content(message, audio) for message in request.messages if message.role != "system"]
    }
    if system:
        body["systemInstruction"] = {"parts": system}
    if config:
        body["generationConfig"] = config
    body = merged(body, form.body)
    return msgspec.json.encode(body) if audio is None else spliced(body, audio.data)


def _content(message: Message, audio: AudioBytes | None) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"text": message.text}] if message.text else []
    if audio is not None and message.audio is not None:
        sound = {"inlineData": {"mimeType": DOCUMENTED[audio.container], "data": SPLICE}}
        parts.insert(0 if message.audio == "before" else len(parts), sound)
    return {"role": "model" if message.role == "assistant" else "user", "parts": parts}


class _Part(msgspec.Struct):
    text: str | None = None
    thought: bool | None = None


class _Content(msgspec.Struct):
    parts: list[_Part] | None = None


class _Candidate(msgspec.Struct, rename="camel"):
    content: _Content | None = None
    finish_reason: str | None = None


class _Feedback(msgspec.Struct, rename="camel"):
    block_reason: str | None = None


class _Reply(msgspec.Struct, rename="camel"):
    candidates: list[_Candidate] | None = None
    prompt_feedback: _Feedback | None = None
    usage_metadata: msgspec.Raw = msgspec.Raw()
    model_version: str | None = None


class _Modality(msgspec.Struct, rename="camel"):
    modality: str = ""
    token_count: int = 0


class _Usage(msgspec.Struct, rename="camel"):
    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    prompt_tokens_details: list[_Modality] | None = None


_REPLY = msgspec.json.Decoder(_Reply)
_USAGE = msgspec.json.Decoder(_Usage)


def gemini_answer(item_id: str, body: bytes, place: str) -> Answer:
    """Read a reply of status 200.

    Args:
        item_id: whose answer it is.
        body: the reply's bytes.
        place: where it came from, for messages.

    Raises:
        RequestFailed: it is not of the documented form, was withheld by policy, or holds no text.
    """
    try:
        reply = _REPLY.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RequestFailed(
            "bad_reply", f"{place} sent no GenerateContentResponse ({error})", retryable=True
        ) from None
    usage = _usage(reply.usage_metadata)
    if reply.prompt_feedback is not None and reply.prompt_feedback.block_reason:
        why = f"{place}: the prompt was blocked ({reply.prompt_feedback.block_reason})"
        raise RequestFailed("refused", why, usage=usage)
    if not reply.candidates:
        raise RequestFailed("bad_reply", f"{place} sent a response without candidates", retryable=True)
    candidate = reply.candidates[0]
    if candidate.finish_reason in _POLICY:
        raise RequestFailed(
            "refused", f"{place}: the answer was withheld ({candidate.finish_reason})", usage=usage
        )
    parts = (candidate.content.parts if candidate.content else None) or []
    text = "".join(part.text for part in parts if part.text and not part.thought)
    thinking = "\n".join(part.text for part in parts if part.text and part.thought)
    if not text and not thinking:
        raise RequestFailed("bad_reply", _silent(candidate.finish_reason, place), usage=usage)
    return Answer(
        item_id,
        text,
        thinking,
        finish_reason=candidate.finish_reason,
        usage=usage,
        model=reply.model_version,
    )


def _silent(finish_reason: str | None, place: str) -> str:
    if finish_reason == "MAX_TOKENS":
        return f"{place}: no text, the token limit was spent before the answer began; raise max_tokens"
    return f"{place}: no text in the reply (finish reason {finish_reason})"


def _usage(raw: msgspec.Raw) -> Usage | None:
    try:
        found = _USAGE.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    # Unlike OpenAI's, this API counts thoughts beside the candidates' tokens, not among them.
    said, thought = found.candidates_token_count, found.thoughts_token_count
    output = None if said is None and thought is None else (said or 0) + (thought or 0)
    details = found.prompt_tokens_details
    audio = sum(each.token_count for each in details if each.modality == "AUDIO") if details else None
    usage = Usage(found.prompt_token_count, output, audio, thought)
    return None if usage == Usage() else usage
