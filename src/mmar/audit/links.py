"""Do the addresses of a benchmark still lead to their videos? Asked only with `--online`.

A page of a removed video answers 200 like any other, so the sites are asked through the interfaces that say
what is there:

    YouTube    oEmbed: 200 it is there; 400 or 404 it is not; 401 or 403 it cannot be shown to everyone
    Bilibili   its web interface's `view`: code 0 it is there; −404, 62002, 62004, 62012 it is not
    others     the address itself; 404 or 410 it is not

A short link is followed until an address names a video, and that one is asked. Everything else (a timeout,
429, 5xx, a reply in another form) leaves the question open: a service that refuses this caller has not
said that the video is gone. Only GET is sent, without cookies, and at most 1 MiB of a reply is read.
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

__all__ = ["Link", "Services", "try_links"]

_MOST_HOPS = 5
_MOST_BYTES = 1 << 20
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_BILIBILI_GONE = frozenset((-404, 62002, 62004, 62012))


class Link(msgspec.Struct, frozen=True):
    """What became of one address.

    Attributes:
        address: as the benchmark has it.
        alive: whether the video is there; `None` where nobody could tell.
        said: the reply in words.
        leads_to: the shortest address of the video that a short link leads to.
    """

    address: str
    alive: bool | None
    said: str
    leads_to: str | None = None


class Services(msgspec.Struct, frozen=True):
    """Who is asked, each a base address.

    Attributes:
        youtube: oEmbed.
        bilibili: the web interface's `view`.
        short: in place of `https://b23.tv`.
    """

    youtube: str = "https://www.youtube.com/oembed"
    bilibili: str = "https://api.bilibili.com/x/web-interface/view"
    short: str = "https://b23.tv"


def try_links(
    addresses: Iterable[str],
    *,
    services: Services | None = None,
    concurrency: int = 4,
    timeout_s: float = 20.0,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> dict[str, Link]:
    """Ask what became of some addresses.

    Args:
        addresses: each is asked once.
        services: who is asked; the sites themselves when not given.
        concurrency: most requests in flight.
        timeout_s: longest wait for one reply.
        progress: called with how many are done, of how many.

    Returns:
        What became of each, by address.
    """
    wanted = list(dict.fromkeys(addresses))
    return asyncio.run(_try_all(wanted, services or Services(), concurrency, timeout_s, progress))


async def _try_all(
    wanted: list[str],
    services: Services,
    concurrency: int,
    timeout_s: float,
    progress: Callable[[int, int], None],
) -> dict[str, Link]:
    import aiohttp

    found: dict[str, Link] = {}
    turns = asyncio.Semaphore(concurrency)
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    headers = {"User-Agent": f"mmar/{__version__} (benchmark audit)"}
    async with aiohttp.ClientSession(
        timeout=timeout, headers=headers, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:

        async def one(address: str) -> None:
            async with turns:
                try:
                    found[address] = await _try(session, address, services)
                except TimeoutError:
                    found[address] = Link(address, None, f"no reply within {timeout_s:g} s")
                except (aiohttp.ClientError, ValueError, OSError) as error:
                    found[address] = Link(address, None, f"{type(error).__name__}: {error}".rstrip(": "))
            progress(len(found), len(wanted))

        await asyncio.gather(*(one(address) for address in wanted))
    return {address: found[address] for address in wanted}


async def _try(session: aiohttp.ClientSession, address: str, services: Services) -> Link:
    video = find_video(address)
    if video is not None:
        return Link(address, *await _ask(session, video, services))
    if not is_short_link(address):
        alive, said, _ = await _status(session, address)
        return Link(address, alive, said)
    at = services.short.rstrip("/") + urlsplit(address).path
    for _ in range(_MOST_HOPS):
        alive, said, to = await _status(session, at)
        if to is None:
            # Where a short link itself answers, it has no video to lead to.
            return Link(address, False if alive is False else None, said)
        if (video := find_video(to)) is not None:
            alive, said = await _ask(session, video, services)
            return Link(address, alive, said, video.url)
        at = to
    return Link(address, None, f"more than {_MOST_HOPS} redirections")


async def _ask(session: aiohttp.ClientSession, video: Video, services: Services) -> tuple[bool | None, str]:
    if video.site == "youtube":
        query = urlencode({"format": "json", "url": video.url})
        async with session.get(f"{services.youtube}?{query}", allow_redirects=False) as reply:
            return _said(reply.status, gone=(400, 404))
    key, value = ("aid", video.id[2:]) if video.id.startswith("av") else ("bvid", video.id)
    async with session.get(f"{services.bilibili}?{urlencode({key: value})}", allow_redirects=False) as reply:
        if reply.status != 200:
            return _said(reply.status, gone=())
        body = await reply.content.read(_MOST_BYTES)
    try:
        code = msgspec.json.decode(body, type=_Reply).code
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None, "a reply in another form"
    alive = True if code == 0 else False if code in _BILIBILI_GONE else None
    return alive, f"code {code}"


async def _status(session: aiohttp.ClientSession, address: str) -> tuple[bool | None, str, str | None]:
    """Whether an address answers, what it said, and where it redirects to."""
    if urlsplit(address).scheme not in ("http", "https"):
        return None, "no http address", None
    async with session.get(address, allow_redirects=False) as reply:
        to = reply.headers.get("Location") if reply.status in _REDIRECTS else None
        alive, said = _said(reply.status, gone=(404, 410))
        return alive, said, urljoin(address, to) if to else None


def _said(status: int, gone: tuple[int, ...]) -> tuple[bool | None, str]:
    alive = True if status < 400 else False if status in gone else None
    return alive, f"HTTP {status}"


class _Reply(msgspec.Struct):
    """What is read of a Bilibili reply."""

    code: int
