"""A small video site on loopback, for the tests of fetching: files, redirects, and everything that goes
wrong."""

import asyncio
import io
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import numpy as np
import soundfile
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from mmar.studio.media.fetch_policy import FetchPolicy

RATE = 8000


def tone_wav(seconds: float = 2.0) -> bytes:
    """A recording of 440 Hz as WAV."""
    buffer = io.BytesIO()
    time = np.arange(round(seconds * RATE)) / RATE
    soundfile.write(buffer, 0.5 * np.sin(2 * np.pi * 440 * time), RATE, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


class Site:
    """The site's behaviour, and the requests that it received."""

    def __init__(self) -> None:
        self.base = ""
        self.port = 0
        self.requests: list[web.Request] = []

    def policy(self, **changes: object) -> FetchPolicy:
        """A policy that allows this site and nothing else."""
        settings: dict[str, object] = {
            "hosts": ("127.0.0.1", "media.test"),
            "ports": (self.port,),
            "allow_loopback": True,
            "max_seconds": 120.0,
            "stall_seconds": 60.0,
            "connect_seconds": 60.0,
        }
        return FetchPolicy(**(settings | changes))  # type: ignore[arg-type]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One page of the site a behaviour."""
        self.requests.append(request)
        match request.path:
            case "/tone.wav":
                return web.Response(body=tone_wav(), content_type="audio/wav")
            case "/named":
                name = "../../../../tmp/evil.sh"
                head = {"Content-Disposition": f'attachment; filename="{name}"', "Set-Cookie": "track=1"}
                return web.Response(body=tone_wav(), headers=head)
            case "/to":
                return web.Response(status=302, headers={"Location": request.query["url"]})
            case "/round":
                return web.Response(status=302, headers={"Location": "/round"})
            case "/page" | "/watch":
                return web.Response(
                    text="<!DOCTYPE html><title>Please log in</title>", content_type="text/html"
                )
            case "/page.wav":
                return web.Response(body=b"\n <html>no</html>", content_type="audio/wav")
            case "/gzip":
                return web.Response(body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
            case "/empty":
                return web.Response(body=b"", content_type="audio/wav")
            case "/big":
                return web.Response(body=bytes(200_000), content_type="audio/wav")
            case "/endless" | "/drip" | "/stall" | "/short":
                return await self._stream(request)
        return web.Response(status=404)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        reply = web.StreamResponse(headers={"Content-Type": "audio/wav"})
        if request.path == "/short":
            reply.content_length = 1000
        await reply.prepare(request)
        try:
            await reply.write(b"RIFF")
            if request.path == "/short":
                request.transport.close()  # type: ignore[union-attr]
            while request.path == "/endless":
                await reply.write(bytes(65_536))
            while request.path == "/drip":
                await reply.write(b"x")
                await asyncio.sleep(0.05)
            if request.path == "/stall":
                await asyncio.sleep(60)
        except ConnectionError:
            pass
        return reply


@asynccontextmanager
async def media_site() -> AsyncIterator[Site]:
    """The site, listening on a port of its own."""
    site = Site()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", site.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        site.port = runner.addresses[0][1]
        site.base = f"http://127.0.0.1:{site.port}"
        yield site
    finally:
        await runner.cleanup()


class Answers(AbstractResolver):
    """A name service that gives one list of addresses after the other, the last for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.looked_up: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The next answer."""
        self.looked_up.append(host)
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing to close."""
