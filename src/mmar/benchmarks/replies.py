"""What an HTTP reply, or the lack of one, says: read from headers and errors, and put into words."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit, urlunsplit

import aiohttp

from mmar.benchmarks.part import Claim
from mmar.files.safe_paths import quote

__all__ = [
    "HOPELESS",
    "PASSING",
    "claim_of",
    "content_range",
    "error_words",
    "public_url",
    "retry_after",
    "status_words",
]

PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
"""Statuses that may be gone at the next try."""

HOPELESS = (
    aiohttp.ClientConnectorCertificateError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
    aiohttp.TooManyRedirects,
)
"""Errors that another try meets again."""

_SHA256 = re.compile(r'"?([0-9a-f]{64})"?')
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")
_STATUS_WORDS = {
    401: "asks for a login",
    403: "refuses",
    404: "has no such file",
    410: "has no such file any more",
}


def public_url(url: str) -> str:
    """A URL as it may be shown and kept: without user, password, query and fragment.

    Example:
        >>> public_url("https://me:secret@example.org/a.tar?token=1")
        'https://example.org/a.tar'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2].partition("?")[0]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def claim_of(reply: aiohttp.ClientResponse) -> Claim | None:
    """What a host says of the file on the way to it, redirects included.

    A strong `X-Linked-Etag` of 64 hexadecimal digits is the SHA-256 of the stored object (Git LFS); other
    tags say nothing about the content.
    """
    for step in (*reply.history, reply):
        if found := _SHA256.fullmatch(step.headers.get("X-Linked-Etag", "")):
            size = step.headers.get("X-Linked-Size", "")
            return Claim(found[1], int(size) if size.isascii() and size.isdigit() else None)
    return None


def content_range(reply: aiohttp.ClientResponse) -> tuple[int | None, int | None]:
    """The first byte and the size of the whole, as a 206 or 416 says them."""
    found = _CONTENT_RANGE.fullmatch(reply.headers.get("Content-Range", "").strip())
    if found is None:
        return None, None
    return (int(found[1]) if found[1] else None), (int(found[2]) if found[2] != "*" else None)


def retry_after(reply: aiohttp.ClientResponse) -> float | None:
    """Seconds that the server asks to wait, from a number or a date; `None` if it says neither."""
    text = reply.headers.get("Retry-After", "")
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def status_words(reply: aiohttp.ClientResponse) -> str:
    """A status for people."""
    said = f", {quote(reply.reason)}" if reply.reason else ""
    return f"the server {_STATUS_WORDS.get(reply.status, 'answered')} ({reply.status}{said})"


def error_words(error: Exception, connect: float, stall: float) -> str:
    """A transport error for people.

    Args:
        error: from aiohttp.
        connect: seconds allowed for a connection.
        stall: seconds of silence allowed.
    """
    match error:
        case aiohttp.ConnectionTimeoutError():
            return f"no connection within {connect:g} s"
        case TimeoutError():
            return f"nothing came for {stall:g} s"
        case aiohttp.ClientConnectorCertificateError():
            return f"the server's certificate is not accepted ({error.certificate_error})"
        case aiohttp.ClientConnectorDNSError():
            return f"the name {error.host} cannot be looked up"
        case aiohttp.ClientConnectorError():
            return f"no connection to {error.host} ({error.os_error.strerror or error.os_error})"
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError():
            return "the connection broke off"
        case aiohttp.NonHttpUrlClientError() | aiohttp.InvalidURL():
            return (
                f"the server sends on to {quote(public_url(str(error)))}, which is no http or https address"
            )
        case aiohttp.TooManyRedirects():
            return "the server sends from one address to the next without end"
        case aiohttp.ClientHttpProxyError():
            return f"the proxy answered {error.status}"
        case aiohttp.ClientResponseError():
            return (
                "the server's answer breaks the rules of HTTP"  # its own message quotes what came, at length
            )
        case _:
            return f"{type(error).__name__}: {error}"[:200]
