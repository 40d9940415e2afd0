"""Download of the recording of a URL within a `FetchPolicy`: a media file over HTTP, a video by yt-dlp.

Every redirect is checked like the first URL. Stated lengths, types and file names are not trusted: bytes are counted as
they arrive, and the caller names the file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from mmar.errors import ExternalError, MmarError, UsageError
from mmar.files.progress import Advance, format_bytes
from mmar.files.sniff import is_html
from mmar.items.source_video import canonical_url, find_video, is_short_link
from mmar.studio.media.fetch_policy import AddressGuard, FetchPolicy, check_url, guarded_session
from mmar.studio.media.ytdlp import YT_DLP, Download, download_video

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


async def download_recording(
    url: str,
    folder: Path,
    policy: FetchPolicy,
    *,
    command: Sequence[str] = YT_DLP,
    advance: Advance = lambda done, of: None,  # noqa: ARG005
) -> Download:
    """Download the complete recording of a URL, by yt-dlp from the video sites that `mmar.items` knows.

    Short links are followed. The file is not checked yet. `folder` is an existing, empty folder of this download;
    `advance` is called with the bytes received so far, and of how many.

    Raises:
        UsageError: the URL or one that it leads to is not allowed, it is a web page, or yt-dlp is missing.
        ExternalError: the network, the site, yt-dlp or the disk failed, or the file is too large.
    """
    url = url.strip()
    check_url(url, policy)
    if is_short_link(url):
        url = await follow(url, policy)
    address = canonical_url(url)
    if find_video(address) is not None:
        return await download_video(address, folder, policy, command=command, advance=advance)
    await fetch_file(address, folder / "recording", policy, advance=advance)
    return Download(folder / "recording")


async def fetch_file(
    url: str,
    out: Path,
    policy: FetchPolicy,
    *,
    resolver: AbstractResolver | None = None,
    advance: Advance = lambda done, of: None,  # noqa: ARG005
) -> None:
    """Download a media file to `out`, which must not exist; arguments and errors as of `download_recording`.

    `resolver` resolves names; the system does if it is `None`.
    """
    guard = AddressGuard(policy)
    try:
        async with asyncio.timeout(policy.max_seconds), guarded_session(policy, guard, resolver) as session:
            reply, index = await _reply(session, check_url(url, policy), policy)
            async with reply:
                await _save(reply, index, out, policy, advance)
    except (aiohttp.ClientError, OSError) as error:
        raise _download_error(error, url, policy, guard) from None


async def follow(url: str, policy: FetchPolicy, *, resolver: AbstractResolver | None = None) -> str:
    """The address of a short link's first redirect, or its own if it has none; errors as of `download_recording`."""
    guard = AddressGuard(policy)
    try:
        async with (
            asyncio.timeout(policy.connect_seconds),
            guarded_session(policy, guard, resolver) as session,
        ):
            index = check_url(url, policy)
            async with session.get(index, allow_redirects=False) as reply:
                return str(_next(reply, index, policy) or index)
    except (aiohttp.ClientError, OSError) as error:
        raise _download_error(error, url, policy, guard) from None


async def _reply(
    session: aiohttp.ClientSession, url: URL, policy: FetchPolicy
) -> tuple[aiohttp.ClientResponse, URL]:
    """The final reply after all redirects, and its URL."""
    for _ in range(policy.max_redirects + 1):
        reply = await session.get(url, allow_redirects=False)
        try:
            further = _next(reply, url, policy)
        except BaseException:
            reply.close()
            raise
        if further is None:
            return reply, url
        reply.close()
        url = further
    raise ExternalError(
        f"{url.host}: redirects more than {policy.max_redirects} times",
        code="too-many-redirects",
    )


def _next(reply: aiohttp.ClientResponse, url: URL, policy: FetchPolicy) -> URL | None:
    """The checked URL that a reply redirects to; `None` if it is no redirect."""
    if reply.status not in _REDIRECTS or not (location := reply.headers.get("Location")):
        return None
    try:
        further = url.join(URL(location, encoded=location.isascii()))
    except ValueError:
        raise ExternalError(f"{url.host}: redirects to an invalid URL", code="invalid-redirect") from None
    return check_url(str(further), policy, led_to=True)


async def _save(
    reply: aiohttp.ClientResponse, url: URL, out: Path, policy: FetchPolicy, advance: Advance
) -> None:
    if reply.status != 200:
        raise ExternalError(
            f"{url.host}: answered {reply.status} {reply.reason or ''}".rstrip(), code="http-status"
        )
    if reply.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ExternalError(f"{url.host}: sent a compressed response", code="compressed")
    if reply.content_length is not None and reply.content_length > policy.max_bytes:
        raise _too_large(url, policy)
    if reply.content_type in ("text/html", "application/xhtml+xml"):
        raise _web_page(url)
    with out.open("xb") as file:
        try:
            await _receive(reply, url, file, policy, advance)
        except BaseException:
            out.unlink(missing_ok=True)
            raise


async def _receive(
    reply: aiohttp.ClientResponse, url: URL, file: BinaryIO, policy: FetchPolicy, advance: Advance
) -> None:
    size = 0
    async for chunk in reply.content.iter_any():
        if not size and is_html(chunk):
            raise _web_page(url)
        size += len(chunk)
        if size > policy.max_bytes:
            raise _too_large(url, policy)
        file.write(chunk)
        advance(size, reply.content_length)
    if not size:
        raise ExternalError(f"{url.host}: sent an empty file", code="empty-file")


def _too_large(url: URL, policy: FetchPolicy) -> ExternalError:
    return ExternalError(
        f"{url.host}: the file is larger than the {format_bytes(policy.max_bytes)} that are allowed",
        code="recording-too-large",
    )


def _web_page(url: URL) -> UsageError:
    return UsageError(
        f"{url.host}: sent a web page instead of a recording (a login, a player, an error?); "
        "give the address of the media file itself, or download and upload it",
        code="web-page",
    )


def _download_error(
    error: aiohttp.ClientError | OSError, url: str, policy: FetchPolicy, guard: AddressGuard
) -> MmarError:
    """The error message for a failed download."""
    host = URL(url).host
    if guard.refused:
        return UsageError(
            f"{host}: {guard.refused[-1]}; only public addresses may be fetched from",
            code="address-not-public",
        )
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return ExternalError(f"{host}: the name cannot be looked up; check the address", code="unknown-host")
    if isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ConnectionTimeoutError):
        limit = (
            f"nothing received for {policy.stall_seconds:g} s"
            if isinstance(error, aiohttp.SocketTimeoutError)
            else f"not complete within {policy.max_seconds:g} s"
        )
        return ExternalError(f"{host}: {limit}; try again later", code="download-timeout")
    if isinstance(error, aiohttp.ClientError):
        return ExternalError(f"{host}: the connection failed; try again later", code="no-connection")
    return ExternalError(
        f"the download cannot be stored ({error.strerror or error}); free some space and try again",
        code="not-writable",
    )
