"""`gemini/NAME`: Google's models over the Gemini API's own REST format, with the clip as inline data.

Source: Gemini API reference, "Generating content" (v1beta): Content, Part, Blob, GenerationConfig,
GenerateContentResponse, FinishReason; "Audio understanding" for the media types; "Thinking" for thoughts. The service
itself mixes a clip's channels into one and reduces it to 16 kbit/s ("Audio understanding", technical details); an
answer's `sent` says what was given to the service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

import msgspec

from mmar.models.answer import Answer, RequestFailed, Usage
from mmar.models.audio_bytes import AudioBytes
from mmar.models.chat_reply import (
    check_finished,
    decode_reply,
    empty_reply_message,
    first_object,
    token_count,
)
from mmar.models.chat_request import PLACEHOLDER, StreamingBody, streaming_body
from mmar.models.credentials import KEY_NAMES, KEY_OPTIONS
from mmar.models.model import ModelOptions
from mmar.models.options import AUDIO_OPTIONS, audio_form, check_known, deep_merge, get_object, get_switch
from mmar.models.service import Service, ServiceModel
from mmar.models.service_errors import find_reply_error
from mmar.protocols import Message, Request
from mmar.protocols.reading import split_thinking

DOCUMENTED = {
    "WAV": "audio/wav",
    "MP3": "audio/mp3",
    "AIFF": "audio/aiff",
    "OGG": "audio/ogg",
    "FLAC": "audio/flac",
}
"""The containers that the API documents, with its media type for each."""

GEMINI = Service(
    "https://generativelanguage.googleapis.com/v1beta",
    KEY_NAMES["gemini"],
    "x-goog-api-key",
)

_RESERVED = ("contents", "systemInstruction")


class GeminiFormat(msgspec.Struct, frozen=True):
    """The format of requests: whether summaries of thoughts are requested, and fields of every request."""

    thoughts: bool = False
    body: dict[str, Any] = {}


def gemini_format(extra: Mapping[str, str]) -> GeminiFormat:
    """The format of requests, by the options."""
    return GeminiFormat(get_switch(extra, "thoughts"), get_object(extra, "body", _RESERVED))


def open_gemini(name: str, options: ModelOptions) -> ServiceModel:
    """Open a model by the service's name of it, e.g. `gemini-2.5-pro`."""
    check_known(options.extra, (*AUDIO_OPTIONS, *KEY_OPTIONS, "thoughts", "body"), "gemini")
    return ServiceModel(
        f"gemini/{name}",
        GEMINI.client(options),
        f"/models/{quote(name, safe='')}:generateContent",
        DOCUMENTED,
        audio_form(options.extra),
        partial(gemini_body, gemini_format(options.extra)),
        gemini_answer,
    )


def gemini_body(form: GeminiFormat, request: Request, clips: Sequence[AudioBytes] = ()) -> StreamingBody:
    """The body of a request; a message's `audio` says where the clips stand. Without clips the text stands alone."""
    settings = request.settings
    generation = {
        "temperature": settings.temperature,
        "topP": settings.top_p,
        "maxOutputTokens": settings.max_tokens,
        "seed": settings.seed,
    }
    config: dict[str, Any] = {name: value for name, value in generation.items() if value is not None}
    if form.thoughts:
        config["thinkingConfig"] = {"includeThoughts": True}
    system = [{"text": message.text} for message in request.messages if message.role == "system"]
    body: dict[str, Any] = {
        "contents": [_content(message, clips) for message in request.messages if message.role != "system"]
    }
    if system:
        body["systemInstruction"] = {"parts": system}
    if config:
        body["generationConfig"] = config
    return streaming_body(deep_merge(body, form.body), [(clip.data, "") for clip in clips])


def _content(message: Message, clips: Sequence[AudioBytes]) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"text": message.text}] if message.text else []
    if message.audio is not None:
        sounds: list[dict[str, Any]] = [
            {"inlineData": {"mimeType": DOCUMENTED[clip.container], "data": PLACEHOLDER}} for clip in clips
        ]
        parts = [*sounds, *parts] if message.audio == "before" else [*parts, *sounds]
    return {"role": "model" if message.role == "assistant" else "user", "parts": parts}


def gemini_answer(item_id: str, body: bytes, url: str) -> Answer:
    """Read a reply of status 200 to the question about an item.

    Raises:
        RequestFailed: it is not of the documented form, reports an error, was withheld, or holds no text. The
            service at times sends an empty candidate for no reason, so such a reply is worth one more attempt.
    """
    reply = decode_reply(body, url)
    fields = reply if isinstance(reply, dict) else {}
    candidate = first_object(fields.get("candidates"))
    usage = _usage(fields.get("usageMetadata"))
    if failure := find_reply_error(reply, url, has_answer=candidate is not None):
        failure.usage = usage
        raise failure
    feedback = fields.get("promptFeedback")
    if isinstance(feedback, dict) and feedback.get("blockReason"):
        reason = feedback["blockReason"]
        raise RequestFailed("refused", f"{url}: the prompt was blocked ({reason})", usage=usage)
    if candidate is None:
        message = f"{url} sent a response without candidates"
        raise RequestFailed("bad_reply", message, retryable=True, usage=usage, max_attempts=2)
    finish_reason = candidate.get("finishReason")
    finish_reason = finish_reason if isinstance(finish_reason, str) else None
    check_finished(finish_reason, url, usage)
    content = candidate.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    texts = [
        (bool(part.get("thought")), part["text"])
        for part in parts or ()
        if isinstance(part, dict) and isinstance(part.get("text"), str) and part["text"]
    ]
    marked, text = split_thinking("".join(text for is_thought, text in texts if not is_thought))
    thoughts = [text for is_thought, text in texts if is_thought]
    thinking = "\n".join([*thoughts, marked] if marked else thoughts)
    if not text and not thinking:
        if any(isinstance(part, dict) and part.get("inlineData") for part in parts or ()):
            raise RequestFailed("speech", f"{url}: the reply is speech; ask for text only", usage=usage)
        raise RequestFailed(
            "bad_reply",
            empty_reply_message(finish_reason, url),
            retryable=finish_reason != "MAX_TOKENS",
            usage=usage,
            max_attempts=2,
            finish_reason=finish_reason,
        )
    model = fields.get("modelVersion")
    return Answer(
        item_id,
        text,
        thinking,
        finish_reason=finish_reason,
        usage=usage,
        model=model if isinstance(model, str) else None,
    )


def _usage(value: Any) -> Usage | None:
    if not isinstance(value, dict):
        return None
    # Unlike OpenAI's, this API counts thoughts beside the candidates' tokens, not among them.
    answer, thoughts = token_count(value, "candidatesTokenCount"), token_count(value, "thoughtsTokenCount")
    output = None if answer is None and thoughts is None else (answer or 0) + (thoughts or 0)
    details = [each for each in value.get("promptTokensDetails") or () if isinstance(each, dict)]
    audio = sum(token_count(each, "tokenCount") or 0 for each in details if each.get("modality") == "AUDIO")
    usage = Usage(token_count(value, "promptTokenCount"), output, audio if details else None, thoughts)
    return None if usage == Usage() else usage
