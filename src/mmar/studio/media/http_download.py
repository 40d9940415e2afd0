"""Download of one media file over HTTP within a `FetchPolicy`.

Every redirect is checked like the first URL. Stated lengths, types and file names are not trusted: bytes are counted as
they arrive, and the caller names the file.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from mmar.errors import ExternalError, MmarError, UsageError
from mmar.files.progress import Advance, format_bytes
from mmar.files.sniff import is_html
from mmar.studio.media.fetch_policy import AddressGuard, FetchPolicy, check_url, guarded_session

if TYPE_CHECKING:
    import aiohttp
    from aiohttp.abc import AbstractResolver
    from yarl import URL

__all__ = ["Received", "fetch_file", "follow"]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Received(msgspec.Struct, frozen=True):
    """A downloaded file.

    Attributes:
        path: where it lies.
        url: the address that it came from, after redirects.
        size: its length in bytes.
        sha256: of its bytes.
    """

    path: Path
    url: str
    size: int
    sha256: str


async def fetch_file(
    url: str,
    out: Path,
    policy: FetchPolicy,
    *,
    resolver: AbstractResolver | None = None,
    advance: Advance = lambda done, of: None,  # noqa: ARG005
) -> Received:
    """Download a media file.

    Args:
        url: where it is.
        out: the file to make; there must be none.
        policy: what may be fetched.
        resolver: who is asked for the addresses of a name; the system if `None`.
        advance: told the bytes received so far, and of how many.

    Returns:
        What was received; it is not yet known to be sound.

    Raises:
        UsageError: the address, or one that it leads to, is not allowed; or it is a web page and no file.
        ExternalError: the server or the network failed, it took too long, or there was too much of it. Nothing
            is left of the file.
    """
    import aiohttp

    guard = AddressGuard(policy)
    try:
        async with asyncio.timeout(policy.max_seconds), guarded_session(policy, guard, resolver) as session:
            reply, at = await _reply(session, check_url(url, policy), policy)
            async with reply:
                return await _save(reply, at, out, policy, advance)
    except (aiohttp.ClientError, OSError) as error:
        raise _in_words(error, url, policy, guard) from None


async def follow(url: str, policy: FetchPolicy, *, resolver: AbstractResolver | None = None) -> str:
    """Where a short link leads: the address of its first redirect, or itself if it has none.

    Args:
        url: the short link.
        policy: what may be fetched; the address it leads to must be allowed too.
        resolver: as for `fetch_file`.

    Raises:
        UsageError: one of the addresses is not allowed.
        ExternalError: the server or the network failed.
    """
    import aiohttp

    guard = AddressGuard(policy)
    try:
        async with (
            asyncio.timeout(policy.connect_seconds),
            guarded_session(policy, guard, resolver) as session,
        ):
            at = check_url(url, policy)
            async with session.get(at, allow_redirects=False) as reply:
                return str(_next(reply, at, policy) or at)
    except (aiohttp.ClientError, OSError) as error:
        raise _in_words(error, url, policy, guard) from None


async def _reply(
    session: aiohttp.ClientSession, at: URL, policy: FetchPolicy
) -> tuple[aiohttp.ClientResponse, URL]:
    """The final reply after all redirects, and its URL."""
    for _ in range(policy.max_redirects + 1):
        reply = await session.get(at, allow_redirects=False)
        try:
            further = _next(reply, at, policy)
        except BaseException:
            reply.close()
            raise
        if further is None:
            return reply, at
        reply.close()
        at = further
    raise ExternalError(
        f"{at.host}: sends from one address to the next, more than {policy.max_redirects} times",
        code="too-many-redirects",
    )


def _next(reply: aiohttp.ClientResponse, at: URL, policy: FetchPolicy) -> URL | None:
    """The checked URL that a reply redirects to; `None` if it is no redirect."""
    from yarl import URL

    if reply.status not in _REDIRECTS or not (location := reply.headers.get("Location")):
        return None
    try:
        further = at.join(URL(location, encoded=location.isascii()))
    except ValueError:
        raise ExternalError(
            f"{at.host}: leads to something that is no address", code="invalid-redirect"
        ) from None
    return check_url(str(further), policy, led_to=True)


async def _save(
    reply: aiohttp.ClientResponse, at: URL, out: Path, policy: FetchPolicy, advance: Advance
) -> Received:
    if reply.status != 200:
        raise ExternalError(
            f"{at.host}: answered {reply.status} {reply.reason or ''}".rstrip(), code="http-status"
        )
    if reply.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ExternalError(f"{at.host}: compresses what was asked for as it is", code="compressed")
    announced = reply.content_length
    too_much = f"more than the {format_bytes(policy.max_bytes)} that are allowed"
    if announced is not None and announced > policy.max_bytes:
        raise ExternalError(
            f"{at.host}: the file has {format_bytes(announced)}, {too_much}", code="recording-too-large"
        )
    if reply.content_type in ("text/html", "application/xhtml+xml"):
        raise _web_page(at)
    with out.open("xb") as file:
        try:
            return await _receive(reply, at, file, policy, advance, too_much)
        except BaseException:
            out.unlink(missing_ok=True)
            raise


async def _receive(
    reply: aiohttp.ClientResponse,
    at: URL,
    file: BinaryIO,
    policy: FetchPolicy,
    advance: Advance,
    too_much: str,
) -> Received:
    size, digest = 0, hashlib.sha256()
    async for chunk in reply.content.iter_any():
        if not size and is_html(chunk):
            raise _web_page(at)
        size += len(chunk)
        if size > policy.max_bytes:
            raise ExternalError(f"{at.host}: sends {too_much}", code="recording-too-large")
        digest.update(chunk)
        file.write(chunk)
        advance(size, reply.content_length)
    if not size:
        raise ExternalError(f"{at.host}: sent an empty file", code="empty-file")
    return Received(Path(file.name), str(at), size, digest.hexdigest())


def _web_page(at: URL) -> UsageError:
    return UsageError(
        f"{at.host}: sent a web page instead of a recording (a login, a player, an error?); "
        "give the address of the media file itself, or download and upload it",
        code="web-page",
    )


def _in_words(
    error: aiohttp.ClientError | OSError, url: str, policy: FetchPolicy, guard: AddressGuard
) -> MmarError:
    """The error message for a failed download."""
    import aiohttp
    from yarl import URL

    host = URL(url).host
    if guard.refused:
        return UsageError(
            f"{host}: {guard.refused[-1]}; only public addresses may be fetched from",
            code="address-not-public",
        )
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return ExternalError(f"{host}: the name cannot be looked up; check the address", code="unknown-host")
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return ExternalError(
            f"{host}: no connection within {policy.connect_seconds:g} s; try again later",
            code="no-connection",
        )
    if isinstance(error, aiohttp.SocketTimeoutError):
        return ExternalError(
            f"{host}: nothing came for {policy.stall_seconds:g} s; try again later", code="download-timeout"
        )
    if isinstance(error, TimeoutError):
        return ExternalError(
            f"{host}: not done within {policy.max_seconds:g} s, which is all that is allowed",
            code="download-timeout",
        )
    if isinstance(error, aiohttp.ClientError):
        return ExternalError(
            f"{host}: the connection failed ({error}); try again later", code="no-connection"
        )
    if isinstance(error, OSError):
        return ExternalError(
            f"cannot keep what was fetched ({error.strerror or error}); make room and try again",
            code="not-writable",
        )
    raise error
