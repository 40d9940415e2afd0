"""`openai/NAME` and `text/NAME`: models behind OpenAI's chat completions or any compatible server's.

`openai` sends the clip; `text` sends the question alone or, in a cascade, a caption beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import get_args

from mmar.models.audio_bytes import AudioForm
from mmar.models.chat_reply import chat_answer
from mmar.models.chat_request import DOCUMENTED, RESERVED, AudioAs, ChatFormat, MaxTokensAs, chat_body
from mmar.models.credentials import KEY_NAMES, KEY_OPTIONS
from mmar.models.http_client import HttpClient
from mmar.models.model import ModelOptions
from mmar.models.options import AUDIO_OPTIONS, audio_form, check_known, get_choice, get_object, get_switch
from mmar.models.service import Service, ServiceModel

OPENAI = Service("https://api.openai.com/v1", KEY_NAMES["openai"], "Authorization", "Bearer ")
_CHAT_OPTIONS = (*KEY_OPTIONS, "body", "max_tokens_as", "stream")


def chat_model(name: str, client: HttpClient, form: ChatFormat, audio: AudioForm | None) -> ServiceModel:
    """A model behind chat completions; see `ServiceModel`."""
    body = partial(chat_body, form)
    return ServiceModel(name, client, "/chat/completions", DOCUMENTED, audio, body, chat_answer)


def chat_format(model: str, extra: Mapping[str, str]) -> ChatFormat:
    """The format of requests, by the options."""
    return ChatFormat(
        model,
        get_choice(extra, "audio_as", get_args(AudioAs), "input_audio"),
        get_choice(extra, "max_tokens_as", get_args(MaxTokensAs), "max_tokens"),
        get_switch(extra, "stream"),
        get_object(extra, "body", RESERVED),
    )


def open_openai(name: str, options: ModelOptions) -> ServiceModel:
    """Open a model that takes clips by the server's name of it."""
    check_known(options.extra, (*_CHAT_OPTIONS, *AUDIO_OPTIONS, "audio_as"), "openai")
    form, audio = chat_format(name, options.extra), audio_form(options.extra)
    return chat_model(f"openai/{name}", OPENAI.client(options), form, audio)


def open_text(name: str, options: ModelOptions) -> ServiceModel:
    """Open a model that takes text alone by the server's name of it."""
    check_known(options.extra, _CHAT_OPTIONS, "text")
    form = chat_format(name, options.extra)
    return chat_model(f"text/{name}", OPENAI.client(options), form, None)
