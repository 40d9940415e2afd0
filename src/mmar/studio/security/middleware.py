"""Security headers of every response, and limits on the size of request bodies."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from anyio import to_thread

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_Fault = Callable[[_Scope, str], Any]

_LOG = logging.getLogger("mmar.studio")
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without letters that are confused when read aloud


def policy(nonce: str) -> str:
    """The content security policy: same origin only, and no script without the response's nonce."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data:",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "font-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "object-src 'none'",
        )
    )


class SecureHeaders:
    """Middleware that adds the headers to every response, including errors.

    `fault` makes the response when the application failed, from the scope and the reference of the log entry.
    """

    def __init__(self, app: Any, *, fault: _Fault, https: bool = False) -> None:
        self._app, self._fault, self._https = app, fault, https

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce
        fixed = [
            (b"content-security-policy", policy(nonce).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
        ]
        if self._https:
            fixed.append((b"strict-transport-security", b"max-age=31536000"))

        begun = False

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = list(message.get("headers", []))
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                message["headers"] = headers + fixed
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            # The details go to the log only, under the reference that the response names.
            reference = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(2))
            _LOG.exception("fault %s at %s %s", reference, scope["method"], scope["path"])
            if begun:
                raise  # half of the response was sent: only a broken connection shows that the rest is missing
            await self._fault(scope, reference)(scope, receive, send_with_headers)


ANONYMOUS_LIMIT = 1 << 20
"""Bytes of a body without a login; a login form is far smaller."""

TEXT_LIMIT = 32 << 20
"""Bytes of a body that is held in memory: JSON, or a form without a file."""


class BodyLimits:
    """Middleware that refuses too large bodies.

    `known` tells whether a request with these headers is logged in; it is called for bodies above
    `ANONYMOUS_LIMIT`, in a thread. `respond` makes the response from scope, status, code and message.
    """

    def __init__(
        self,
        app: Any,
        *,
        known: Callable[[Mapping[str, str]], bool],
        respond: Callable[[MutableMapping[str, Any], int, str, str], Any],
        largest_upload: int,
    ) -> None:
        self._app, self._known, self._respond, self._largest_upload = app, known, respond, largest_upload

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            refusal = await self._refusal(headers)
            if refusal is not None:
                answer = await to_thread.run_sync(self._respond, scope, *refusal)
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
        length = int(headers.get("content-length", "0"))  # the server has rejected what is no number
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
