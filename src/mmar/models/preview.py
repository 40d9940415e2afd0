"""The body of a request as an adapter would send it, for looking at: nothing is sent.

The clip's base64 is shown as a few words, since nobody reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mmar.models.audio_bytes import load_clips
from mmar.models.chat_request import DOCUMENTED as CHAT_DOCUMENTED
from mmar.models.chat_request import chat_body
from mmar.models.gemini import DOCUMENTED as GEMINI_DOCUMENTED
from mmar.models.gemini import gemini_body, gemini_format
from mmar.models.jsonl import write_request
from mmar.models.model import split_name
from mmar.models.openai import chat_format
from mmar.models.options import audio_form, server_audio_options
from mmar.protocols import Request


def preview_body(model: str, request: Request, options: Mapping[str, str] | None = None) -> Any:
    """The JSON body that a model's adapter would send for a request, the audio abbreviated.

    `None` for adapters that send none of their own. Errors as `open_model` and `load_audio`.
    """
    adapter, name = split_name(model)
    extra = options or {}
    if adapter in ("command", "hf"):
        return write_request(request, request.item_id)
    if adapter in ("openai", "text", "vllm", "sglang"):
        if adapter in ("vllm", "sglang"):
            extra = server_audio_options(extra)
        clips = () if adapter == "text" else load_clips(request, audio_form(extra), CHAT_DOCUMENTED)
        body = chat_body(chat_format(name, extra), request, clips)
    elif adapter == "gemini":
        clips = load_clips(request, audio_form(extra), GEMINI_DOCUMENTED)
        body = gemini_body(gemini_format(extra), request, clips)
    else:
        return None
    return msgspec.json.decode(body.abbreviated())
