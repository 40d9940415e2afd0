import asyncio
import base64
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import pytest
from media_site import Answers, Site, media_site, tone_wav

from mmar.studio.media.guard_proxy import GuardProxy


def through(
    work: Callable[[Site, GuardProxy], Awaitable[object]], resolver: Answers | None = None, **policy: object
) -> tuple[object, GuardProxy]:
    async def run() -> tuple[object, GuardProxy]:
        async with media_site() as site, GuardProxy(site.policy(**policy), resolver) as proxy:
            return await asyncio.wait_for(work(site, proxy), 100), proxy

    return asyncio.run(run())


async def send(proxy: GuardProxy, request: str, *, password: str | None = None, then: bytes = b"") -> bytes:
    """All that the proxy answers to a request."""
    parts = urlsplit(proxy.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    pair = f"{parts.username}:{parts.password if password is None else password}"
    proof = base64.b64encode(pair.encode()).decode()
    writer.write(f"{request}\r\nProxy-Authorization: Basic {proof}\r\n\r\n".encode() + then)
    answer = await reader.read()
    writer.close()
    return answer


def get(url: str) -> str:
    return f"GET {url} HTTP/1.1\r\nHost: x\r\nProxy-Connection: keep-alive"


def test_a_plain_request_is_forwarded_without_the_headers_for_the_proxy() -> None:
    async def work(site: Site, proxy: GuardProxy) -> bytes:
        answer = await send(proxy, get(f"{site.base}/tone.wav?a=b%2f"))
        (request,) = site.requests
        assert request.raw_path == "/tone.wav?a=b%2f"
        assert not any(name.lower().startswith("proxy") for name in request.headers)
        return answer

    answer, proxy = through(work)
    assert answer.endswith(tone_wav())  # type: ignore[attr-defined]
    assert proxy.refusals == []
    assert proxy.received == len(answer)  # type: ignore[arg-type]


def test_a_tunnel_is_opened_to_hosts_on_the_list() -> None:
    async def work(site: Site, proxy: GuardProxy) -> bytes:
        inner = b"GET /tone.wav HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        return await send(proxy, f"CONNECT 127.0.0.1:{site.port} HTTP/1.1", then=inner)

    answer, _ = through(work)
    assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK")  # type: ignore[attr-defined]
    assert answer.endswith(tone_wav())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("request_line", "status", "reason"),
    [
        ("CONNECT 10.0.0.1:443 HTTP/1.1", b"403", "not on the list"),
        ("CONNECT evil.test:443 HTTP/1.1", b"403", "not on the list"),
        ("CONNECT 127.0.0.1:22 HTTP/1.1", b"403", "port 22"),
        ("CONNECT 127.0.0.1 HTTP/1.1", b"403", "port 443"),
        ("CONNECT me@127.0.0.1:443 HTTP/1.1", b"403", "user name"),
        ("GET http://evil.test/ HTTP/1.1", b"403", "not on the list"),
        ("GET /relative HTTP/1.1", b"403", "is not a URL"),
        ("GET ftp://127.0.0.1/ HTTP/1.1", b"403", "is not a URL"),
        ("nonsense", b"400", ""),
    ],
)
def test_everything_else_is_refused_with_a_reason(request_line: str, status: bytes, reason: str) -> None:
    answer, proxy = through(lambda site, proxy: send(proxy, request_line))
    assert answer.split()[1] == status  # type: ignore[attr-defined]
    assert reason in "".join(proxy.refusals)


def test_a_name_with_a_private_address_is_refused_when_it_is_connected_to() -> None:
    answer, proxy = through(
        lambda site, proxy: send(proxy, f"CONNECT media.test:{site.port} HTTP/1.1"), Answers(["10.9.8.7"])
    )
    assert answer.startswith(b"HTTP/1.1 502")  # type: ignore[attr-defined]
    assert proxy.refusals == [
        "media.test: 10.9.8.7 is a private address; only public addresses may be fetched from"
    ]


def test_requests_without_the_password_are_refused() -> None:
    async def work(site: Site, proxy: GuardProxy) -> bytes:
        answer = await send(proxy, get(f"{site.base}/tone.wav"), password="guess")
        assert site.requests == []
        return answer

    assert through(work)[0].startswith(b"HTTP/1.1 407")  # type: ignore[attr-defined]
    assert GuardProxy.url.fget is not None
    one, other = (through(lambda site, proxy: asyncio.sleep(0, proxy.url))[0] for _ in range(2))
    assert urlsplit(one).password != urlsplit(other).password  # type: ignore[arg-type]


def test_a_download_above_the_size_limit_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmar.studio.media.guard_proxy._OVERHEAD", 100_000)
    answer, proxy = through(lambda site, proxy: send(proxy, get(f"{site.base}/endless")), max_bytes=100_000)
    assert len(answer) < 400_000  # type: ignore[arg-type]
    assert proxy.refusals == ["more than the 100 kB that are allowed"]


def test_a_client_that_sends_nothing_is_disconnected() -> None:
    async def work(site: Site, proxy: GuardProxy) -> bytes:
        parts = urlsplit(proxy.url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        answer = await reader.read()
        writer.close()
        return answer

    assert through(work, connect_seconds=0.2)[0] == b""
