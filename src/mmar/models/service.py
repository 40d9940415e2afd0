"""A model behind a service's HTTP API: what the adapters of chat completions and of Gemini have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Sequence

import msgspec

from mmar.errors import UsageError
from mmar.models.answer import Answer, RequestFailed
from mmar.models.audio_bytes import AudioBytes, AudioForm, check_audio_placement, load_clips
from mmar.models.chat_request import StreamingBody
from mmar.models.credentials import embedded_secrets, find_credential, scrub, scrub_answer
from mmar.models.http_client import MAX_REPLY, HttpClient, validate_base_url
from mmar.models.model import ModelOptions
from mmar.protocols import Request


class Service(msgspec.Struct, frozen=True):
    """A service's API.

    Attributes:
        url: its base URL.
        key_names: environment variables that may hold its key.
        header: the header that bears the key.
        scheme: what stands before the key there.
    """

    url: str
    key_names: tuple[str, ...]
    header: str
    scheme: str = ""

    def client(self, options: ModelOptions, max_reply: int = MAX_REPLY) -> HttpClient:
        """The HTTP client for a model; a `UsageError` without a key if the service itself is asked."""
        urls = tuple(validate_base_url(url) for url in options.base_urls) or (self.url,)
        credential = find_credential(options, self.key_names)
        if credential is None and self.url in urls:
            raise UsageError(
                f"{self.url} needs a key and none was found",
                code="missing-key",
                hint=f"set {self.key_names[1]} or {self.key_names[0]}, or name a file with the option api_key_file; "
                "for a server of your own name its base URL",
            )
        secrets, headers = embedded_secrets(options.extra), {}
        if credential is not None:
            secrets += (credential,)
            headers[self.header] = f"{self.scheme}{credential.reveal()}"
        return HttpClient(urls, headers, options.timeout_s, secrets, max_reply)


class ServiceModel:
    """A model of a service.

    Args:
        path: what follows the base URL.
        documented: the containers in which clips are sent unchanged.
        audio: the form in which clips are sent; `None` for a model that is given none.
        write: the body of a request with its clips.
        read: the answer of a reply by item id, body and URL.
    """

    enforces_timeout = True

    def __init__(
        self,
        name: str,
        client: HttpClient,
        path: str,
        documented: Container[str],
        audio: AudioForm | None,
        write: Callable[[Request, Sequence[AudioBytes]], StreamingBody],
        read: Callable[[str, bytes, str], Answer],
    ) -> None:
        self.name = name
        self.uses_audio = audio is not None
        self.unresponsive, self.close = client.unresponsive, client.close
        self._client, self._path, self._documented = client, path, documented
        self._audio, self._write, self._read = audio, write, read

    async def ask(self, request: Request) -> Answer:
        """Ask once, a model without audio by the text alone; see `Model.ask`."""
        if self._audio is not None:
            check_audio_placement(request)
        if self._audio is None or request.audio is None:
            body = self._write(request, ())
            reply, sent = await self._client.request("POST", self._path, body.texts[0]), None
        else:
            async with self._client.upload_slot() as slot:
                # In a thread: reading may wait for a disk.
                clips = await asyncio.to_thread(load_clips, request, self._audio, self._documented)
                body = self._write(request, clips)
                reply, sent = await self._client.post_clips(self._path, body, clips, slot)
        secrets = self._client.secrets
        try:
            answer = self._read(request.item_id, reply.body, reply.url)
        except RequestFailed as failure:
            raise failure.with_message(scrub(failure.message, secrets)) from None
        answer = msgspec.structs.replace(answer, latency_s=reply.latency_s, sent=sent)
        return scrub_answer(answer, secrets)
