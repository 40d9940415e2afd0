"""A local forward proxy that applies the fetch policy to yt-dlp.

yt-dlp resolves names and follows redirects itself, so it is started with this proxy. Every requested host is checked
against the policy's lists, every connection is made through the `AddressGuard`, and received bytes are counted. The proxy
serves `CONNECT` (https) and plain requests with an absolute URL (http). A random user name and password exclude other
users of the machine.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import secrets
from types import TracebackType

from aiohttp.abc import AbstractResolver
from aiohttp.resolver import ThreadedResolver

from mmar.errors import MmarError
from mmar.files.progress import format_bytes
from mmar.studio.media.fetch_policy import AddressGuard, FetchPolicy, check_url

_LARGEST_HEAD = 1 << 16
_CHUNK = 1 << 16
# Allowance for pages, players and playlists around a recording.
_OVERHEAD = 64 << 20


class GuardProxy:
    """The proxy, an asynchronous context manager, with messages about refused requests and the bytes from servers."""

    def __init__(self, policy: FetchPolicy, resolver: AbstractResolver | None = None) -> None:
        self._policy = policy
        self._resolver = resolver
        self._guard = AddressGuard(policy)
        self._token = secrets.token_urlsafe(24)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.refusals: list[str] = []
        self.received = 0

    @property
    def url(self) -> str:
        """URL of the proxy with its password."""
        if self._server is None:
            raise RuntimeError("the proxy is not running")
        return f"http://mmar:{self._token}@127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> GuardProxy:
        if self._resolver is None:
            self._resolver = ThreadedResolver()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_LARGEST_HEAD)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # either side closed the connection, or sent something else than HTTP
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(self._policy.connect_seconds):
            head = await reader.readuntil(b"\r\n\r\n")
        line, *fields = head[:-4].decode("latin-1").split("\r\n")
        if not self._is_authorized(fields):
            await _answer(
                writer, "407 Proxy Authentication Required", 'Proxy-Authenticate: Basic realm="mmar"'
            )
            return
        method, _, rest = line.partition(" ")
        target, _, version = rest.rpartition(" ")
        if not version.startswith("HTTP/1."):
            await _answer(writer, "400 Bad Request")
            return
        # A tunnel's target is host:port; as a URL it passes the same check as every other one.
        address = f"https://{target}/" if method == "CONNECT" else target
        try:
            url = check_url(address, self._policy, led_to=True)
            upstream = await self._connected(url.host or "", url.port or 0)
        except MmarError as refusal:
            self.refusals.append(str(refusal))
            await _answer(writer, "403 Forbidden")
            return
        except OSError:
            if self._guard.refused:
                self.refusals.append(
                    f"{url.host}: {self._guard.refused[-1]}; only public addresses may be fetched from"
                )
            await _answer(writer, "502 Bad Gateway")
            return
        if method == "CONNECT":
            await _answer(writer, "200 Connection established", end=False)
            opening = b""
        else:
            forwarded = [field for field in fields if not field.lower().startswith(("proxy-", "connection:"))]
            # One request a connection: the next one may be for another host, and must be checked.
            request = (f"{method} {url.raw_path_qs} HTTP/1.1", *forwarded, "Connection: close", "", "")
            opening = "\r\n".join(request).encode("latin-1")
        await self._relay(reader, writer, upstream, opening)

    def _is_authorized(self, fields: list[str]) -> bool:
        expected = base64.b64encode(f"mmar:{self._token}".encode()).decode()
        options = [
            field.partition(":")[2].strip()
            for field in fields
            if field.lower().startswith("proxy-authorization:")
        ]
        return len(options) == 1 and hmac.compare_digest(options[0].encode(), f"Basic {expected}".encode())

    async def _connected(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        assert self._resolver is not None
        async with asyncio.timeout(self._policy.connect_seconds):
            made = await self._guard.connect(host, port, self._resolver)
        try:
            return await asyncio.open_connection(sock=made)
        except BaseException:
            made.close()
            raise

    async def _relay(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        opening: bytes,
    ) -> None:
        """Pass bytes both ways until one side has no more, or there is too much of it."""
        from_server, to_server = upstream
        try:
            to_server.write(opening)
            async with asyncio.TaskGroup() as both:
                sending = both.create_task(_forward(reader, to_server))
                both.create_task(self._counted(from_server, writer, sending))
        except* (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            to_server.close()

    async def _counted(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sending: asyncio.Task[None]
    ) -> None:
        while data := await reader.read(_CHUNK):
            self.received += len(data)
            if self.received > self._policy.max_bytes + _OVERHEAD:
                self.refusals.append(f"more than the {format_bytes(self._policy.max_bytes)} that are allowed")
                break
            writer.write(data)
            await writer.drain()
        # The server has sent everything; it would not answer what the client may still send.
        sending.cancel()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def _answer(writer: asyncio.StreamWriter, status: str, *fields: str, end: bool = True) -> None:
    closing = ("Content-Length: 0", "Connection: close") if end else ()
    writer.write("\r\n".join((f"HTTP/1.1 {status}", *fields, *closing, "", "")).encode("latin-1"))
    await writer.drain()
