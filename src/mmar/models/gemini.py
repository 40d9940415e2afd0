"""`gemini/NAME`: Google's models over the Gemini API's own REST format, with the clip as inline data.

The service itself mixes a clip's channels into one and reduces it to 16 kbit/s (Gemini API, "Audio
understanding", technical details); an answer's `sent` says what was given to the service.

Options (`ModelOptions.extra`), explained in docs/models.md: `audio_format`, `audio_rate`, `audio_channels`,
`audio_seconds`, `thoughts`, `body`, `api_key_file`, `api_key_env`.
"""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import msgspec

from mmar.errors import UsageError
from mmar.models.answer import Answer, RequestFailed
from mmar.models.audio_bytes import AudioForm, check_placed, load_audio
from mmar.models.credentials import KEY_OPTIONS, find_credential
from mmar.models.extra_options import AUDIO_OPTIONS, audio_form, check_known, extra_body, yes
from mmar.models.gemini_format import DOCUMENTED, RESERVED, GeminiForm, gemini_answer, gemini_body
from mmar.models.http_client import HttpClient, checked_base_url
from mmar.models.model import ModelOptions
from mmar.protocols import Request

__all__ = ["BASE_URL", "Gemini", "open_gemini"]

BASE_URL = "https://generativelanguage.googleapis.com/v1beta"
KEY_NAMES = ("MMAR_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY")


class Gemini:
    """A model behind `generateContent`.

    Args:
        model: the service's name of it.
        form: how requests are put.
        audio: the form in which clips are sent.
        client: the servers.
    """

    uses_audio = True

    def __init__(self, model: str, form: GeminiForm, audio: AudioForm, client: HttpClient) -> None:
        self.name = f"gemini/{model}"
        self._path = f"/models/{quote(model, safe='')}:generateContent"
        self._form = form
        self._audio = audio
        self._client = client

    async def ask(self, request: Request) -> Answer:
        """Ask once.

        Raises:
            RequestFailed: there is no answer.
        """
        check_placed(request)
        if request.audio is None:
            reply, sent = await self._client.post_clip(
                self._path, gemini_body(request, self._form, None), None
            )
        else:
            async with self._client.turn() as turn:
                audio = await asyncio.to_thread(load_audio, request.audio, self._audio, DOCUMENTED)
                body = gemini_body(request, self._form, audio)
                reply, sent = await self._client.post_clip(self._path, body, audio, turn)
        try:
            answer = gemini_answer(request.item_id, reply.body, reply.place)
        except RequestFailed as failure:
            raise self._client.scrubbed(failure) from None
        answer = msgspec.structs.replace(answer, latency_s=reply.latency_s, sent=sent)
        return self._client.scrubbed_answer(answer)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()


def open_gemini(name: str, options: ModelOptions) -> Gemini:
    """Open a model by the service's name of it, e.g. `gemini-2.5-pro`.

    Raises:
        UsageError: an option is unknown or wrong, or a key is missing.
    """
    check_known(options.extra, (*AUDIO_OPTIONS, *KEY_OPTIONS, "thoughts", "body"), "gemini")
    form = GeminiForm(yes(options.extra, "thoughts"), extra_body(options.extra, RESERVED))
    base_urls = tuple(checked_base_url(url) for url in options.base_urls) or (BASE_URL,)
    credential = find_credential(options, KEY_NAMES)
    if credential is None and BASE_URL in base_urls:
        raise UsageError(
            f"{BASE_URL} asks for a key and none was found\n"
            "  → set GEMINI_API_KEY or MMAR_API_KEY, or name a file with the option api_key_file"
        )
    headers = {"x-goog-api-key": credential.reveal()} if credential else {}
    client = HttpClient(base_urls, headers, options.timeout_s, credential, options.environment)
    return Gemini(name, form, audio_form(options.extra), client)
