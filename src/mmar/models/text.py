"""`text/NAME`: a chat model without audio: it reads the question alone or, in a cascade, a caption beside it.

Options (`ModelOptions.extra`), explained in docs/models.md: `max_tokens_as`, `stream`, `body`,
`api_key_file`, `api_key_env`.
"""

from __future__ import annotations

from mmar.models.answer import Answer
from mmar.models.chat_server import CHAT_OPTIONS, ChatServer, open_chat_server
from mmar.models.extra_options import check_known
from mmar.models.model import ModelOptions
from mmar.protocols import Request

__all__ = ["Text", "open_text"]


class Text:
    """A model behind chat completions that only reads.

    Args:
        name: with the adapter's name before it.
        server: where it is asked.
    """

    uses_audio = False

    def __init__(self, name: str, server: ChatServer) -> None:
        self.name = name
        self._server = server

    async def ask(self, request: Request) -> Answer:
        """Ask once; a clip that the request may name is left out, as `uses_audio` says.

        Raises:
            RequestFailed: there is no answer.
        """
        return await self._server.ask(request, None)

    async def close(self) -> None:
        """Close all connections."""
        await self._server.close()


def open_text(name: str, options: ModelOptions) -> Text:
    """Open a model by the server's name of it.

    Raises:
        UsageError: an option is unknown or wrong, or a key is missing.
    """
    check_known(options.extra, CHAT_OPTIONS, "text")
    return Text(f"text/{name}", open_chat_server(name, options))
