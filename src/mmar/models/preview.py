"""The body of a request as an adapter would send it, for looking at: nothing is sent.

The clip's base64 is shown as a few words, since nobody reads it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import msgspec

from mmar.models.audio_bytes import AudioBytes, load_clips
from mmar.models.chat_request import DOCUMENTED as CHAT_DOCUMENTED
from mmar.models.chat_request import StreamingBody, chat_body
from mmar.models.gemini import DOCUMENTED as GEMINI_DOCUMENTED
from mmar.models.gemini import gemini_body, gemini_format
from mmar.models.jsonl import request_record
from mmar.models.model import split_name
from mmar.models.openai import chat_format
from mmar.models.options import audio_form
from mmar.protocols import Request

_STAND_IN = b"clip%08d"  # of its place; decimal, so that each is found by its own base64


def preview_body(model: str, request: Request, options: Mapping[str, str] | None = None) -> Any:
    """The JSON body that a model's adapter would send.

    Args:
        model: `ADAPTER/NAME`.
        request: what is asked.
        options: of the adapter.

    Returns:
        The decoded JSON with the audio abbreviated; `None` for adapters that send none of their own.

    Raises:
        RequestFailed: of kind `audio`: the clip cannot be read or sent.
        UsageError: there is no such adapter, or an option's value is not valid.
    """
    adapter, name = split_name(model)
    extra = options or {}
    if adapter in ("command", "hf"):
        return request_record(request, request.item_id)
    if adapter in ("openai", "text", "vllm", "sglang"):
        if adapter in ("vllm", "sglang"):  # as `mmar.models.local.serving` sends clips to its servers
            extra = {"audio_rate": "16000", **extra, "audio_channels": "1"}
        audio = _audio(request, extra, CHAT_DOCUMENTED) if adapter != "text" else None
        return _decoded(chat_body(request, chat_format(name, extra), _stand_in(audio)), audio)
    if adapter == "gemini":
        audio = _audio(request, extra, GEMINI_DOCUMENTED)
        return _decoded(gemini_body(request, gemini_format(extra), _stand_in(audio)), audio)
    return None


def _audio(request: Request, extra: Mapping[str, str], documented: Mapping[str, str]) -> AudioBytes | None:
    return load_clips(request, audio_form(extra), documented)


def _stand_in(audio: AudioBytes | None) -> AudioBytes | None:
    if audio is None:
        return None
    first, *more = (
        msgspec.structs.replace(each, data=_STAND_IN % place, more=())
        for place, each in enumerate(audio.clips)
    )
    return msgspec.structs.replace(first, more=tuple(more))


def _decoded(body: bytes | StreamingBody, audio: AudioBytes | None) -> Any:
    text = body if isinstance(body, bytes) else body.decode()
    if audio is not None and isinstance(text, str):
        for place, clip in enumerate(audio.clips):
            text = text.replace(
                base64.b64encode(_STAND_IN % place).decode(), f"<base64 of {len(clip.data):,} bytes>"
            )
    return msgspec.json.decode(text)
