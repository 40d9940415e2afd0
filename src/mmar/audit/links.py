"""Link checking: whether the addresses of a benchmark still lead to their videos. Used only with `--online`.

The page of a removed video has status 200 like any other, so the sites' interfaces are used:

    YouTube    oEmbed: 200 available; 400 or 404 not; 401 or 403 restricted
    Bilibili   `view` of its web interface: code 0 available; -404, 62002, 62004, 62012 not
    others     the address itself; 404 or 410 not available

A short link is followed to the video that it names. Anything else (a timeout, 429, 5xx, an unknown reply) is undecided.
Only GET is sent, without cookies, and at most 1 MiB of a reply is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec

from mmar._version import __version__
from mmar.items.source_video import Video, find_video, is_short_link

if TYPE_CHECKING:
    import aiohttp

_MAX_HOPS = 5
_MAX_BYTES = 1 << 20
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_BILIBILI_GONE = frozenset((-404, 62002, 62004, 62012))


class Link(msgspec.Struct, frozen=True):
    """The state of one address, and the reply in words.

    Attributes:
        alive: whether the video is available; `None` if undecided.
        leads_to: the canonical address of the video that a short link leads to.
    """

    address: str
    alive: bool | None
    reply: str
    leads_to: str | None = None


class Services(msgspec.Struct, frozen=True):
    """Base addresses of YouTube's oEmbed, of `view` of Bilibili's web interface, and of its short links."""

    youtube: str = "https://www.youtube.com/oembed"
    bilibili: str = "https://api.bilibili.com/x/web-interface/view"
    short: str = "https://b23.tv"


def check_links(
    addresses: Iterable[str],
    *,
    services: Services | None = None,
    concurrency: int = 4,
    timeout_s: float = 20.0,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> dict[str, Link]:
    """Check addresses, each once; `progress` is called with the number done and in all."""
    urls = list(dict.fromkeys(addresses))
    return asyncio.run(_check_all(urls, services or Services(), concurrency, timeout_s, progress))


async def _check_all(
    urls: list[str],
    services: Services,
    concurrency: int,
    timeout_s: float,
    progress: Callable[[int, int], None],
) -> dict[str, Link]:
    import aiohttp

    results: dict[str, Link] = {}
    slots = asyncio.Semaphore(concurrency)
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    headers = {"User-Agent": f"mmar/{__version__} (benchmark audit)"}
    async with aiohttp.ClientSession(
        timeout=timeout, headers=headers, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:

        async def one(address: str) -> None:
            async with slots:
                try:
                    results[address] = await _check(session, address, services)
                except TimeoutError:
                    results[address] = Link(address, None, f"no reply within {timeout_s:g} s")
                except (aiohttp.ClientError, ValueError, OSError) as error:
                    results[address] = Link(address, None, f"{type(error).__name__}: {error}".rstrip(": "))
            progress(len(results), len(urls))

        await asyncio.gather(*(one(address) for address in urls))
    return {address: results[address] for address in urls}


async def _check(session: aiohttp.ClientSession, address: str, services: Services) -> Link:
    is_short = is_short_link(address)
    target = services.short.rstrip("/") + urlsplit(address).path if is_short else address
    for _ in range(_MAX_HOPS + 1):
        if (video := find_video(target)) is not None:
            alive, reply = await _request(session, video, services)
            return Link(address, alive, reply, video.url if is_short else None)
        alive, reply, redirect = await _status(session, target)
        if not is_short:
            return Link(address, alive, reply)
        if redirect is None:  # a short link that does not redirect leads to no video
            return Link(address, False if alive is False else None, reply)
        target = redirect
    return Link(address, None, f"more than {_MAX_HOPS} redirections")


async def _request(
    session: aiohttp.ClientSession, video: Video, services: Services
) -> tuple[bool | None, str]:
    if video.site == "youtube":
        query = urlencode({"format": "json", "url": video.url})
        async with session.get(f"{services.youtube}?{query}", allow_redirects=False) as reply:
            return _state_of(reply.status, missing=(400, 404))
    key, value = ("aid", video.id[2:]) if video.id.startswith("av") else ("bvid", video.id)
    async with session.get(f"{services.bilibili}?{urlencode({key: value})}", allow_redirects=False) as reply:
        if reply.status != 200:
            return _state_of(reply.status, missing=())
        body = await reply.content.read(_MAX_BYTES)
    try:
        code = msgspec.json.decode(body, type=_Reply).code
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None, "unknown reply"
    alive = True if code == 0 else False if code in _BILIBILI_GONE else None
    return alive, f"code {code}"


async def _status(session: aiohttp.ClientSession, address: str) -> tuple[bool | None, str, str | None]:
    """Whether an address is available, the reply in words, and where it redirects to."""
    if urlsplit(address).scheme not in ("http", "https"):
        return None, "not an http address", None
    async with session.get(address, allow_redirects=False) as response:
        target = response.headers.get("Location") if response.status in _REDIRECTS else None
        alive, reply = _state_of(response.status, missing=(404, 410))
        return alive, reply, urljoin(address, target) if target else None


def _state_of(status: int, missing: tuple[int, ...]) -> tuple[bool | None, str]:
    alive = True if status < 400 else False if status in missing else None
    return alive, f"HTTP {status}"


class _Reply(msgspec.Struct):
    code: int
