"""A model behind a service's HTTP API: what the adapters of chat completions and of Gemini have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import msgspec

from mmar.errors import UsageError
from mmar.models.answer import Answer, RequestFailed
from mmar.models.audio_bytes import AudioBytes, AudioForm, check_placed, load_clips
from mmar.models.chat_request import StreamingBody
from mmar.models.credentials import Credential, embedded_secrets, find_credential
from mmar.models.http_client import HttpClient, UploadSlot, checked_base_url
from mmar.models.model import ModelOptions
from mmar.protocols import Request


class Service(msgspec.Struct, frozen=True):
    """A service's API.

    Attributes:
        url: its base URL.
        key_names: environment variables that may hold its key, the first that is set counts.
        header: the header that bears the key.
        scheme: what stands before the key there.
        documented: the containers that it documents for clips, with its name for each.
    """

    url: str
    key_names: tuple[str, ...]
    header: str
    scheme: str
    documented: Mapping[str, str]

    def headers(self, credential: Credential | None) -> dict[str, str]:
        """The header that bears a key."""
        return {self.header: f"{self.scheme}{credential.reveal()}"} if credential else {}

    def open(self, options: ModelOptions) -> tuple[tuple[str, ...], Credential | None]:
        """The base URLs to ask, and the key.

        Raises:
            UsageError: a URL is not valid, or the service itself is asked and there is no key.
        """
        urls = tuple(checked_base_url(url) for url in options.base_urls) or (self.url,)
        credential = find_credential(options, self.key_names)
        if credential is None and self.url in urls:
            raise UsageError(
                f"{self.url} needs a key and none was found",
                code="missing-key",
                hint=f"set {self.key_names[1]} or {self.key_names[0]}, or name a file with the option api_key_file; "
                "for a server of your own name its base URL",
            )
        return urls, credential

    def client(self, options: ModelOptions) -> HttpClient:
        """The HTTP client for a model; errors as `open`."""
        urls, credential = self.open(options)
        secrets = (*((credential,) if credential else ()), *embedded_secrets(options.extra))
        return HttpClient(urls, self.headers(credential), options.timeout_s, secrets)


class ServiceModel:
    """A model of a service.

    Args:
        name: with the adapter's name before it.
        client: the servers.
        path: what follows the base URL.
        documented: the containers in which clips are sent unchanged.
        audio: the form in which clips are sent; `None` for a model that is given none.
        write: the body of a request with its clips.
        read: the answer of a reply by item id, body and address; raises `RequestFailed`.
    """

    keeps_time = True

    def __init__(
        self,
        name: str,
        client: HttpClient,
        path: str,
        documented: Mapping[str, str],
        audio: AudioForm | None,
        write: Callable[[Request, AudioBytes | None], bytes | StreamingBody],
        read: Callable[[str, bytes, str], Answer],
    ) -> None:
        self.name = name
        self.uses_audio = audio is not None
        self.unresponsive, self.close = client.unresponsive, client.close
        self._client, self._path, self._documented = client, path, documented
        self._audio, self._write, self._read = audio, write, read

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
            audio = await asyncio.to_thread(load_clips, request, self._audio, self._documented)
            return await self._ask(request, audio, slot)

    async def _ask(
        self, request: Request, audio: AudioBytes | None, slot: UploadSlot | None = None
    ) -> Answer:
        reply, sent = await self._client.post_clip(self._path, self._write(request, audio), audio, slot)
        try:
            answer = self._read(request.item_id, reply.body, reply.place)
        except RequestFailed as failure:
            raise self._client.scrubbed(failure) from None
        answer = msgspec.structs.replace(answer, latency_s=reply.latency_s, sent=sent)
        return self._client.scrubbed_answer(answer)
