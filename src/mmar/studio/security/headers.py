"""What every answer of the server says about itself: a strict policy with a nonce, no sniffing, no framing."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

__all__ = ["SecureHeaders", "policy"]

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def policy(nonce: str) -> str:
    """The content security policy: nothing but our own, and no script without this answer's nonce."""
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
    """Middleware that puts the headers on every answer, errors included.

    Args:
        app: the application behind it.
        https: whether the site is reached by HTTPS, so that browsers may be told to insist on it.
    """

    def __init__(self, app: Any, *, https: bool = False) -> None:
        self._app, self._https = app, https

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
            # A fault of ours: said in few words, with the headers, and told to the log by whoever called us.
            if not begun:
                start = {
                    "type": "http.response.start",
                    "status": 500,
                    "headers": [(b"content-type", b"text/plain")],
                }
                await send_with_headers(start)
                body = b"The studio made a mistake; its log says more. What you saved is safe."
                await send_with_headers({"type": "http.response.body", "body": body})
            raise
