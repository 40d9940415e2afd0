"""Limits on the size of request bodies, lower for requests without a login.

The framework reads a whole body into memory or onto the disk before the login is checked. Without limits, anybody who
reaches the port could fill either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from anyio import to_thread

__all__ = ["ANONYMOUS_LIMIT", "TEXT_LIMIT", "BodyLimits"]

ANONYMOUS_LIMIT = 1 << 20
"""Bytes that may be sent by whoever is not logged in; a login is far smaller."""

TEXT_LIMIT = 32 << 20
"""Bytes of a body that is held in memory: JSON, or a form without a file."""


class BodyLimits:
    """Middleware that refuses too large bodies.

    Args:
        app: the application behind it.
        known: whether a request with these headers (names in small letters) comes from somebody who is logged in;
            asked only for bodies above `ANONYMOUS_LIMIT`, in a thread.
        said: makes the answer, itself an application, from the request's scope, a status, a kind and words.
        largest_upload: bytes of a form with a file.
    """

    def __init__(
        self,
        app: Any,
        *,
        known: Callable[[Mapping[str, str]], bool],
        said: Callable[[MutableMapping[str, Any], int, str, str], Any],
        largest_upload: int,
    ) -> None:
        self._app, self._known, self._said, self._largest_upload = app, known, said, largest_upload

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            refusal = await self._refusal(headers)
            if refusal is not None:
                answer = await to_thread.run_sync(self._said, scope, *refusal)
                answer.headers["connection"] = "close"  # the body was not read: it cannot be used again
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _refusal(self, headers: Mapping[str, str]) -> tuple[int, str, str] | None:
        if "transfer-encoding" in headers:
            return (
                411,
                "length-required",
                "Send the length of the body (Content-Length); chunked bodies are not accepted.",
            )
        length = int(headers.get("content-length", "0"))  # the server has refused what is no number
        if length <= ANONYMOUS_LIMIT:
            return None
        upload = headers.get("content-type", "").startswith("multipart/form-data")
        largest = self._largest_upload if upload else TEXT_LIMIT
        if length > largest:
            return (
                413,
                "too-large",
                f"The request has {-(-length >> 20)} MiB; the limit is {largest >> 20} MiB.",
            )
        if not await to_thread.run_sync(self._known, headers):
            return 401, "login-required", "Log in first, or send a token: Authorization: Bearer TOKEN."
        return None
