"""Asking over HTTP: one connection pool over one or several servers, every fault told by its kind.

The server with the fewest requests in flight is asked next. One that keeps failing is left alone for a while,
because failing is quick and would draw all the work to it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
from aiohttp.payload import Payload

from mmar._version import __version__
from mmar.errors import UsageError
from mmar.models.answer import Answer, RequestFailed, Sent
from mmar.models.audio_bytes import AudioBytes
from mmar.models.credentials import Credential
from mmar.models.proxy import proxy_for
from mmar.models.spliced import SplicedBody
from mmar.models.status import failure_of
from mmar.models.turns import Turn, Turns

__all__ = ["HttpClient", "Reply", "checked_base_url"]

# vLLM and SGLang close a connection that was idle for 5 s (uvicorn's default); reusing one at that very
# moment would fail a request for nothing.
_KEEP_ALIVE_S = 4.0
_CONNECT_S = 30.0
_LONGEST_REPLY = 64 * 2**20
_LONGEST_REST_S = 15.0


class Reply:
    """A reply of status 200.

    Attributes:
        body: its bytes.
        place: which URL gave it.
        latency_s: seconds from sending to the last byte.
    """

    __slots__ = ("body", "latency_s", "place")

    def __init__(self, body: bytes, place: str, latency_s: float) -> None:
        self.body = body
        self.place = place
        self.latency_s = latency_s


class _Server:
    """One base URL and how it is doing."""

    __slots__ = ("failures", "in_flight", "proxy", "rests_until", "url")

    def __init__(self, url: str, proxy: str | None) -> None:
        self.url = url
        self.proxy = proxy
        self.in_flight = 0
        self.failures = 0
        self.rests_until = 0.0


class HttpClient:
    """Posts JSON to servers that share the load.

    Args:
        base_urls: at least one, each checked by `checked_base_url`.
        headers: sent with each request, the credential's among them.
        timeout_s: longest wait for a reply, from sending on.
        credential: kept out of every message.
        environment: where proxies are looked up.
    """

    def __init__(
        self,
        base_urls: tuple[str, ...],
        headers: Mapping[str, str],
        timeout_s: float,
        credential: Credential | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._servers = [_Server(url, proxy_for(url, environment or {})) for url in base_urls]
        self._headers = {"User-Agent": f"mmar/{__version__}", **headers}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=min(timeout_s, _CONNECT_S))
        self._credential = credential
        self._session: aiohttp.ClientSession | None = None
        self._turn = 0
        self._turns = Turns()

    def __repr__(self) -> str:
        return f"HttpClient({', '.join(server.url for server in self._servers)})"

    def scrub(self, text: str) -> str:
        """The text without the credential."""
        return text if self._credential is None else self._credential.scrub(text)

    def scrubbed(self, failure: RequestFailed) -> RequestFailed:
        """The failure without the credential in its message."""
        return failure.with_message(self.scrub(failure.message))

    def scrubbed_answer(self, answer: Answer) -> Answer:
        """The answer without the credential, should the service have echoed it."""
        return msgspec.structs.replace(
            answer,
            text=self.scrub(answer.text),
            thinking=self.scrub(answer.thinking),
            finish_reason=answer.finish_reason and self.scrub(answer.finish_reason),
            model=answer.model and self.scrub(answer.model),
        )

    async def post(self, path: str, body: bytes | Payload) -> Reply:
        """Post a JSON body and wait for the whole reply.

        Args:
            path: what follows the base URL.
            body: JSON.

        Raises:
            RequestFailed: the reply is not of status 200, or none came.
        """
        server = self._next_server()
        place = server.url + path
        server.in_flight += 1
        try:
            reply = await self._post(place, body, server.proxy)
        except RequestFailed as failure:
            if failure.kind in ("transport", "server"):
                server.failures += 1
                # The first failure costs no rest: a single dropped connection says nothing of the next one.
                if server.failures > 1:
                    rest = min(_LONGEST_REST_S, 0.25 * 2.0 ** min(server.failures, 10))
                    server.rests_until = time.monotonic() + rest
            raise
        finally:
            server.in_flight -= 1
        server.failures = 0
        server.rests_until = 0.0
        return reply

    def turn(self) -> AbstractAsyncContextManager[Turn]:
        """Wait for a turn to read a clip and send it."""
        return self._turns.turn()

    async def post_clip(
        self, path: str, body: bytes | Payload, audio: AudioBytes | None, turn: Turn | None = None
    ) -> tuple[Reply, Sent | None]:
        """Post a body with a clip in it; the clip is hashed in a thread while the answer is awaited.

        Args:
            path: what follows the base URL.
            body: JSON.
            audio: the clip in it, if there is one.
            turn: given back when the body is sent.

        Raises:
            RequestFailed: as `post`.
        """
        if audio is None:
            return await self.post(path, body), None
        if turn is not None and isinstance(body, SplicedBody):
            body.sent = turn.give_back
        hashing = asyncio.ensure_future(asyncio.to_thread(audio.sent))
        try:
            reply = await self.post(path, body)
        except BaseException:
            hashing.cancel()
            raise
        return reply, await hashing

    async def _post(self, place: str, body: bytes | Payload, proxy: str | None) -> Reply:
        session = self._open()
        start = time.perf_counter()
        try:
            async with session.post(place, data=body, allow_redirects=False, proxy=proxy) as response:
                content = await _read(response, place)
                status = response.status
                headers = response.headers
        except TimeoutError:
            seconds = time.perf_counter() - start
            raise RequestFailed(
                "timeout", f"no reply from {place} in {seconds:.1f} s", retryable=True
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            # A certificate that is wrong now will be wrong in a second too.
            retryable = not isinstance(error, aiohttp.ClientSSLError)
            raise RequestFailed("transport", self.scrub(_broken(error, place)), retryable=retryable) from None
        latency = time.perf_counter() - start
        if status != 200:
            raise self.scrubbed(failure_of(status, headers, content, place))
        return Reply(content, place, latency)

    def _next_server(self) -> _Server:
        now = time.monotonic()
        awake = [server for server in self._servers if server.rests_until <= now] or self._servers
        # Those equally loaded take turns.
        self._turn += 1
        at = self._turn % len(awake)
        return min(awake[at:] + awake[:at], key=lambda server: server.in_flight)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            # How many are in flight is the engine's decision; a bound here would only hide waiting from it.
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_S, ttl_dns_cache=300)
            self._session = aiohttp.ClientSession(
                connector=connector,
                headers={**self._headers, "Content-Type": "application/json"},
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def close(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def checked_base_url(url: str) -> str:
    """A base URL without its last slash.

    Raises:
        UsageError: it is not one, or it holds a credential, which would end up in logs and manifests.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        host, port_is_right = None, False
        parts = urlsplit("")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise UsageError(
            "a base URL holds no user, password, query or fragment; "
            "put the key into the environment (OPENAI_API_KEY or MMAR_API_KEY) or a file (api_key_file)"
        )
    if parts.scheme not in ("http", "https") or not host or not port_is_right:
        raise UsageError(f"“{url}” is not a base URL; expected for example http://localhost:8000/v1")
    return url.rstrip("/")


async def _read(response: aiohttp.ClientResponse, place: str) -> bytes:
    content = await response.content.readany()
    if response.content.at_eof():
        return content
    pieces, size = [content], len(content)
    async for piece in response.content.iter_any():
        pieces.append(piece)
        size += len(piece)
        if size > _LONGEST_REPLY:
            raise RequestFailed("bad_reply", f"{place} sent more than {_LONGEST_REPLY >> 20} MiB")
    return b"".join(pieces)


def _broken(error: Any, place: str) -> str:
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy would not reach {place} (HTTP {error.status} {error.message})"
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return f"no connection to the proxy on the way to {place} ({error.os_error})"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection to {place} ({error.os_error.strerror or error.os_error})"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return f"{place} closed the connection without a reply"
    return f"the connection to {place} broke ({error or type(error).__name__})"
