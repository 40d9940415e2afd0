"""A server of chat completions, as the adapters for models that hear and for those that read both use it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import get_args

import msgspec

from mmar.errors import UsageError
from mmar.models.answer import Answer, RequestFailed
from mmar.models.audio_bytes import AudioBytes
from mmar.models.chat import RESERVED, AudioAs, ChatForm, MaxTokensAs, chat_answer, chat_body
from mmar.models.credentials import KEY_OPTIONS, find_credential
from mmar.models.extra_options import choice_of, extra_body, yes
from mmar.models.http_client import HttpClient, checked_base_url
from mmar.models.model import ModelOptions
from mmar.models.turns import Turn
from mmar.protocols import Request

__all__ = ["BASE_URL", "CHAT_OPTIONS", "KEY_NAMES", "ChatServer", "open_chat_server"]

BASE_URL = "https://api.openai.com/v1"
KEY_NAMES = ("MMAR_API_KEY", "OPENAI_API_KEY")
CHAT_OPTIONS = (*KEY_OPTIONS, "body", "max_tokens_as", "stream")


class ChatServer:
    """One model on one or several servers of chat completions.

    Args:
        form: how requests are put.
        client: the servers.
    """

    def __init__(self, form: ChatForm, client: HttpClient) -> None:
        self._form = form
        self._client = client

    def turn(self) -> AbstractAsyncContextManager[Turn]:
        """Wait for a turn to read a clip and send it."""
        return self._client.turn()

    async def ask(self, request: Request, audio: AudioBytes | None, turn: Turn | None = None) -> Answer:
        """Ask once.

        Args:
            request: what is asked.
            audio: the clip, or `None` to send the text alone.
            turn: given back when the clip is sent.

        Raises:
            RequestFailed: there is no answer.
        """
        body = chat_body(request, self._form, audio)
        reply, sent = await self._client.post_clip("/chat/completions", body, audio, turn)
        try:
            answer = chat_answer(request.item_id, reply.body, reply.place)
        except RequestFailed as failure:
            raise self._client.scrubbed(failure) from None
        answer = msgspec.structs.replace(answer, latency_s=reply.latency_s, sent=sent)
        return self._client.scrubbed_answer(answer)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()


def open_chat_server(name: str, options: ModelOptions) -> ChatServer:
    """Open the servers of `options.base_urls`, or OpenAI's own.

    Raises:
        UsageError: an option is wrong, or OpenAI's own service is asked without a key.
    """
    extra = options.extra
    form = ChatForm(
        name,
        choice_of(extra, "audio_as", get_args(AudioAs), "input_audio"),
        choice_of(extra, "max_tokens_as", get_args(MaxTokensAs), "max_tokens"),
        yes(extra, "stream"),
        extra_body(extra, RESERVED),
    )
    base_urls = tuple(checked_base_url(url) for url in options.base_urls) or (BASE_URL,)
    credential = find_credential(options, KEY_NAMES)
    if credential is None and BASE_URL in base_urls:
        raise UsageError(
            f"{BASE_URL} asks for a key and none was found\n"
            "  → set OPENAI_API_KEY or MMAR_API_KEY, or name a file with the option api_key_file; "
            "for a server of your own give its base URL"
        )
    headers = {"Authorization": f"Bearer {credential.reveal()}"} if credential else {}
    client = HttpClient(base_urls, headers, options.timeout_s, credential, options.environment)
    return ChatServer(form, client)
