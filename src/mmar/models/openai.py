"""`openai/NAME`: a model that is given audio, behind OpenAI's chat completions or any compatible server's.

Options (`ModelOptions.extra`), explained in docs/models.md: `audio_as`, `audio_format`, `audio_rate`,
`audio_channels`, `audio_seconds`, `max_tokens_as`, `stream`, `body`,
`api_key_file`, `api_key_env`.
"""

from __future__ import annotations

import asyncio

from mmar.models.answer import Answer
from mmar.models.audio_bytes import AudioForm, check_placed, load_audio
from mmar.models.chat import DOCUMENTED
from mmar.models.chat_server import CHAT_OPTIONS, ChatServer, open_chat_server
from mmar.models.extra_options import AUDIO_OPTIONS, audio_form, check_known
from mmar.models.model import ModelOptions
from mmar.protocols import Request

__all__ = ["OpenAI", "open_openai"]


class OpenAI:
    """A model behind chat completions that is given the clip.

    Args:
        name: with the adapter's name before it.
        server: where it is asked.
        audio: the form in which clips are sent.
    """

    uses_audio = True

    def __init__(self, name: str, server: ChatServer, audio: AudioForm) -> None:
        self.name = name
        self._server = server
        self._audio = audio

    async def ask(self, request: Request) -> Answer:
        """Ask once.

        Raises:
            RequestFailed: there is no answer.
        """
        check_placed(request)
        if request.audio is None:
            return await self._server.ask(request, None)
        async with self._server.turn() as turn:
            # In a thread: reading may wait for a disk, and hashing lets go of the interpreter.
            audio = await asyncio.to_thread(load_audio, request.audio, self._audio, DOCUMENTED)
            return await self._server.ask(request, audio, turn)

    async def close(self) -> None:
        """Close all connections."""
        await self._server.close()


def open_openai(name: str, options: ModelOptions) -> OpenAI:
    """Open a model by the server's name of it.

    Raises:
        UsageError: an option is unknown or wrong, or a key is missing.
    """
    check_known(options.extra, (*CHAT_OPTIONS, *AUDIO_OPTIONS, "audio_as"), "openai")
    return OpenAI(f"openai/{name}", open_chat_server(name, options), audio_form(options.extra))
