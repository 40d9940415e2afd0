"""`openai/NAME` and `text/NAME`: models behind OpenAI's chat completions or any compatible server's.

`openai` sends the clip; `text` sends the question alone or, in a cascade, a caption beside it.

Options (`ModelOptions.extra`), explained in docs/models.md: `max_tokens_as`, `stream`, `body`, `api_key_file`,
`api_key_env`; for `openai` also `audio_as`, `audio_format`, `audio_rate`, `audio_channels`, `audio_seconds`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import get_args

import msgspec

from mmar.errors import UsageError
from mmar.models.answer import Answer, RequestFailed
from mmar.models.audio_bytes import AudioBytes, AudioForm, check_placed, load_clips
from mmar.models.chat_reply import chat_answer
from mmar.models.chat_request import DOCUMENTED, RESERVED, AudioAs, ChatFormat, MaxTokensAs, chat_body
from mmar.models.credentials import KEY_OPTIONS, embedded_secrets, find_credential
from mmar.models.http_client import HttpClient, UploadSlot, checked_base_url
from mmar.models.model import ModelOptions
from mmar.models.options import AUDIO_OPTIONS, audio_form, check_known, choice_of, extra_body, yes
from mmar.protocols import Request

__all__ = ["BASE_URL", "ChatModel", "chat_format", "open_openai", "open_text"]

BASE_URL = "https://api.openai.com/v1"
KEY_NAMES = ("MMAR_API_KEY", "OPENAI_API_KEY")
_CHAT_OPTIONS = (*KEY_OPTIONS, "body", "max_tokens_as", "stream")


class ChatModel:
    """A model behind chat completions.

    Args:
        name: with the adapter's name before it.
        client: the servers.
        form: how requests are written.
        audio: the form in which clips are sent; `None` for a model that is given none.
    """

    keeps_time = True

    def __init__(self, name: str, client: HttpClient, form: ChatFormat, audio: AudioForm | None) -> None:
        self.name = name
        self.uses_audio = audio is not None
        self._client = client
        self._form = form
        self._audio = audio

    async def ask(self, request: Request) -> Answer:
        """Ask once; a model without audio is sent the text alone.

        Raises:
            RequestFailed: there is no answer.
        """
        if self._audio is None:
            return await self._ask(request, None)
        check_placed(request)
        if request.audio is None:
            return await self._ask(request, None)
        async with self._client.upload_slot() as slot:
            # In a thread: reading may wait for a disk, and hashing releases the interpreter's lock.
            audio = await asyncio.to_thread(load_clips, request, self._audio, DOCUMENTED)
            return await self._ask(request, audio, slot)

    async def _ask(
        self, request: Request, audio: AudioBytes | None, slot: UploadSlot | None = None
    ) -> Answer:
        body = chat_body(request, self._form, audio)
        reply, sent = await self._client.post_clip("/chat/completions", body, audio, slot)
        try:
            answer = chat_answer(request.item_id, reply.body, reply.place)
        except RequestFailed as failure:
            raise self._client.scrubbed(failure) from None
        answer = msgspec.structs.replace(answer, latency_s=reply.latency_s, sent=sent)
        return self._client.scrubbed_answer(answer)

    async def unresponsive(self, seconds: float) -> str:
        """See `HttpClient.unresponsive`."""
        return await self._client.unresponsive(seconds)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()


def chat_format(model: str, extra: Mapping[str, str]) -> ChatFormat:
    """How requests are written, by the options.

    Raises:
        UsageError: an option's value is not valid.
    """
    return ChatFormat(
        model,
        choice_of(extra, "audio_as", get_args(AudioAs), "input_audio"),
        choice_of(extra, "max_tokens_as", get_args(MaxTokensAs), "max_tokens"),
        yes(extra, "stream"),
        extra_body(extra, RESERVED),
    )


def open_openai(name: str, options: ModelOptions) -> ChatModel:
    """Open a model that takes clips by the server's name of it.

    Raises:
        UsageError: an option is unknown or not valid, or a key is missing.
    """
    check_known(options.extra, (*_CHAT_OPTIONS, *AUDIO_OPTIONS, "audio_as"), "openai")
    return _open(f"openai/{name}", name, options, audio_form(options.extra))


def open_text(name: str, options: ModelOptions) -> ChatModel:
    """Open a model that takes text alone by the server's name of it.

    Raises:
        UsageError: an option is unknown or not valid, or a key is missing.
    """
    check_known(options.extra, _CHAT_OPTIONS, "text")
    return _open(f"text/{name}", name, options, None)


def _open(full_name: str, name: str, options: ModelOptions, audio: AudioForm | None) -> ChatModel:
    form = chat_format(name, options.extra)
    base_urls = tuple(checked_base_url(url) for url in options.base_urls) or (BASE_URL,)
    credential = find_credential(options, KEY_NAMES)
    if credential is None and BASE_URL in base_urls:
        raise UsageError(
            f"{BASE_URL} needs a key and none was found",
            code="missing-key",
            hint="set OPENAI_API_KEY or MMAR_API_KEY, or name a file with the option api_key_file; "
            "for a server of your own name its base URL",
        )
    headers = {"Authorization": f"Bearer {credential.reveal()}"} if credential else {}
    secrets = (*((credential,) if credential else ()), *embedded_secrets(options.extra))
    return ChatModel(full_name, HttpClient(base_urls, headers, options.timeout_s, secrets), form, audio)
