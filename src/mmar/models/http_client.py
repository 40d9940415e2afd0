"""HTTP for the adapters: requests to one or several servers, with every failure classified.

The server with the fewest requests in flight is asked next. One that keeps failing is left out for a while, because
failing is quick and would draw all requests to it. Proxies are those of the environment (`https_proxy`, `no_proxy`),
as aiohttp reads them; servers on this machine are always reached directly.

Clips are read and sent a few at a time (`UploadSlot`): when 64 requests start at once and share the processor, all 64
clips would be read, then all sent, and the service would have nothing to do until the last of them is almost there.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import ssl
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from mmar._version import __version__
from mmar.errors import UsageError
from mmar.models.answer import RequestFailed, SentAudio, join_sent
from mmar.models.audio_bytes import AudioBytes
from mmar.models.chat_request import StreamingBody
from mmar.models.credentials import Credential, redact_text, scrub
from mmar.models.service_errors import read_error_response

# vLLM and SGLang close a connection that was idle for 5 s (uvicorn's default); reusing one at that very
# moment would fail a request for nothing.
_KEEP_ALIVE_S = 4.0
_CONNECT_S = 30.0
MAX_REPLY = 64 << 20
_MAX_REST_S = 15.0
_ANY_PATH = "/models"  # both APIs list their models there, at no cost
# More would take turns with the event loop for the interpreter's lock, and delay what is being sent.
_HASHING_THREADS = 2
_UPLOADS = 4

Body = bytes | AsyncIterator[bytes] | aiohttp.FormData | None


class Reply(msgspec.Struct, frozen=True):
    """A successful reply: its body, the URL that sent it, and the seconds from sending to its end."""

    body: bytes
    url: str
    latency_s: float


class UploadSlot:
    """Permission to read a clip and send it, as an asynchronous context manager.

    It ends when it is released, with the block, or after `patience_s`: a slow disk or connection holds up nobody.
    """

    def __init__(self, semaphore: asyncio.Semaphore, patience_s: float = 0.05) -> None:
        self._semaphore, self._patience_s = semaphore, patience_s
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> UploadSlot:
        await self._semaphore.acquire()
        self._timer = asyncio.get_running_loop().call_later(self._patience_s, self.release)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Release the slot. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._semaphore.release()


class _Server:
    """One base URL, its connections and how it is doing."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.in_flight = 0
        self.failures = 0
        self.rests_until = 0.0
        self._session: aiohttp.ClientSession | None = None

    def session(self, headers: Mapping[str, str], timeout: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
        if self._session is None:
            # How many are in flight is the engine's decision; a bound here would only hide waiting from it.
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_S, ttl_dns_cache=300)
            self._session = aiohttp.ClientSession(
                connector=connector,
                headers=headers,
                timeout=timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=not _is_loopback(urlsplit(self.url).hostname or ""),
            )
        return self._session

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


class HttpClient:
    """Sends requests to servers that share the load.

    Args:
        base_urls: at least one, each checked by `validate_base_url`.
        headers: sent with each request, the credential's among them.
        timeout_s: longest wait for a reply, from sending on.
        secrets: kept out of every message and answer.
        max_reply: most bytes of a reply.
    """

    def __init__(
        self,
        base_urls: tuple[str, ...],
        headers: Mapping[str, str],
        timeout_s: float,
        secrets: tuple[Credential, ...] = (),
        max_reply: int = MAX_REPLY,
    ) -> None:
        self.secrets = secrets
        self._max_reply = max_reply
        self._servers = [_Server(url) for url in base_urls]
        self._headers = {"User-Agent": f"mmar/{__version__}", **headers}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=min(timeout_s, _CONNECT_S))
        self._next = 0
        self._uploads = asyncio.Semaphore(_UPLOADS)
        self._hashing = ThreadPoolExecutor(_HASHING_THREADS, "mmar-hash")

    def __repr__(self) -> str:
        return f"HttpClient({', '.join(server.url for server in self._servers)})"

    def upload_slot(self) -> UploadSlot:
        """A slot to read a clip and send it."""
        return UploadSlot(self._uploads)

    async def request(self, method: str, path: str, data: Body = None, size: int | None = None) -> Reply:
        """Send a request and wait for the whole reply.

        Args:
            method: of HTTP.
            path: what follows the base URL.
            data: JSON, as bytes or in pieces, or a form.
            size: of all pieces, in bytes.

        Raises:
            RequestFailed: the reply is not successful, or none came.
        """
        server = self._next_server()
        server.in_flight += 1
        try:
            reply = await self._request(server, method, server.url + path, data, size)
        except RequestFailed as failure:
            if failure.kind in ("transport", "server"):
                server.failures += 1
                # The first failure costs no rest: a single dropped connection says nothing of the next one.
                if server.failures > 1:
                    rest = min(_MAX_REST_S, 0.25 * 2.0 ** min(server.failures, 10))
                    server.rests_until = time.monotonic() + rest
            raise
        finally:
            server.in_flight -= 1
        server.failures = 0
        server.rests_until = 0.0
        return reply

    async def post_clips(
        self, path: str, body: StreamingBody, clips: Sequence[AudioBytes], slot: UploadSlot
    ) -> tuple[Reply, SentAudio | None]:
        """Post a JSON body that holds clips, which are hashed in a thread while the reply is awaited; see `request`.

        The slot is released when the body is sent.
        """
        hashing: list[asyncio.Future[SentAudio | None]] = []

        def end_upload() -> None:
            slot.release()
            if not hashing:
                loop = asyncio.get_running_loop()
                hashing.append(loop.run_in_executor(self._hashing, _hashed, clips))

        async def pieces() -> AsyncIterator[bytes]:
            for piece in body.pieces():
                yield piece
            end_upload()

        try:
            reply = await self.request("POST", path, pieces(), body.size)
        except BaseException:
            for each in hashing:
                each.cancel()
            raise
        end_upload()  # a server may reply before it has the whole body
        return reply, await hashing[0]

    async def unresponsive(self, seconds: float) -> str:
        """The URLs that gave no reply within a time; empty if any server replies, with whatever status.

        A server that is busy with a long answer replies to a small request in between; one that hangs does not.
        """
        timeout = aiohttp.ClientTimeout(total=seconds)

        async def replies(server: _Server) -> bool:
            session = server.session(self._headers, self._timeout)
            try:
                async with session.get(server.url + _ANY_PATH, timeout=timeout, allow_redirects=False):
                    return True
            except (TimeoutError, aiohttp.ClientError, OSError):
                return False

        if any(await asyncio.gather(*(replies(server) for server in self._servers))):
            return ""
        return ", ".join(server.url + _ANY_PATH for server in self._servers)

    async def _request(self, server: _Server, method: str, url: str, data: Body, size: int | None) -> Reply:
        session = server.session(self._headers, self._timeout)
        headers = {} if isinstance(data, aiohttp.FormData) else {"Content-Type": "application/json"}
        if size is not None:
            headers["Content-Length"] = str(size)
        start = time.perf_counter()
        try:
            async with session.request(
                method, url, data=data, headers=headers, allow_redirects=False
            ) as response:
                content = await _read(response, url, self._max_reply)
                status = response.status
        except TimeoutError:
            seconds = time.perf_counter() - start
            message = f"no reply from {url} within {seconds:.1f} s"
            raise RequestFailed("timeout", message, retryable=True) from None
        except (aiohttp.ClientError, OSError) as error:
            # A certificate or protocol that is wrong now will be wrong in a second too.
            permanent = isinstance(error, aiohttp.ClientSSLError | aiohttp.InvalidURL)
            message = scrub(_connection_problem(error, url), self.secrets)
            raise RequestFailed("transport", message, retryable=not permanent) from None
        latency = time.perf_counter() - start
        if not 200 <= status < 300:
            failure = read_error_response(status, response.headers, content, url)
            raise failure.with_message(scrub(failure.message, self.secrets))
        return Reply(content, url, latency)

    def _next_server(self) -> _Server:
        now = time.monotonic()
        awake = [server for server in self._servers if server.rests_until <= now] or self._servers
        # Those equally loaded take turns.
        self._next += 1
        index = self._next % len(awake)
        return min(awake[index:] + awake[:index], key=lambda server: server.in_flight)

    async def close(self) -> None:
        """Close all connections."""
        for server in self._servers:
            await server.close()


def validate_base_url(url: str) -> str:
    """A base URL without its last slash.

    Raises:
        UsageError: it is not one, or it may hold a credential, which would end up in logs, and is not shown.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
        port_is_valid = not parts.netloc.endswith(":") and parts.port != 0
    except ValueError:
        host, port_is_valid = None, False
        parts = urlsplit("")
    if any(mark in url for mark in "@?#"):
        message = "a base URL must not hold a user, a password, a query or a fragment"
        hint = "put the key into the environment (OPENAI_API_KEY or MMAR_API_KEY) or a file (api_key_file)"
        raise UsageError(message, code="credential-in-url", argument="base_urls", hint=hint)
    if parts.scheme not in ("http", "https") or not host or not port_is_valid:
        message = f'"{redact_text(url)}" is not a base URL, such as http://localhost:8000/v1'
        raise UsageError(message, code="invalid-url", argument="base_urls")
    return url.rstrip("/")


def _hashed(clips: Sequence[AudioBytes]) -> SentAudio | None:
    return join_sent([clip.sent() for clip in clips])


async def _read(response: aiohttp.ClientResponse, url: str, most: int) -> bytes:
    content = await response.content.readany()
    if response.content.at_eof():
        return content
    pieces, size = [content], len(content)
    async for piece in response.content.iter_any():
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise RequestFailed("bad_reply", f"{url} sent more than {most >> 20} MiB")
    return b"".join(pieces)


def _connection_problem(error: Any, url: str) -> str:
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy refused to connect to {url} (HTTP {error.status} {error.message})"
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return f"no connection to the proxy on the way to {url} ({error.os_error})"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"the certificate of {url} is not valid ({error.certificate_error})"
    cause = getattr(error, "os_error", None)
    if isinstance(error, aiohttp.ClientSSLError) or isinstance(cause, ssl.SSLError):
        reason = getattr(cause, "reason", None) or error
        return f"{url} does not speak TLS ({reason}): is it an http address, not https?"
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.os_error.errno or 0
        # asyncio writes a text of its own into a refused connection's error; a name that is unknown has a negative number.
        reason = os.strerror(number) if number > 0 else error.os_error.strerror or error.os_error
        return f"no connection to {url} ({reason})"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return f"{url} closed the connection without a reply"
    if isinstance(error, aiohttp.ClientResponseError):
        return f"{url} did not reply in HTTP ({error.message}): is it an https address, or not an API?"
    return f"the connection to {url} broke ({error or type(error).__name__})"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
