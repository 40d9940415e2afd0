"""Downloading one file over HTTP so that a broken connection costs only what was in flight.

A try after a break asks for the rest with `Range` and `If-Range` (RFC 9110, sections 13 and 14): a server
that still has the version that was begun sends the rest, any other sends the whole, and the part begins anew.
A server that gives no strong validator is asked for the whole each time. Nothing is taken on trust: the
caller compares digests, and `Download.spliced` tells it that the bytes came in more than one reply, so that
one clean fetch is worth a try before the file is called wrong.

How often is bounded by progress: tries that bring nothing new are counted and allowed `Pace.tries` in a row,
so that a connection that breaks each 10 MB still ends, and one that breaks at the same byte each time does
not go on for ever. There is no limit on the time that a slow connection takes, only on silence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

import aiohttp
import msgspec
from yarl import URL

from mmar._version import __version__
from mmar.benchmarks.offer import (
    NotWanted,
    Wanted,
    check_beginning,
    check_claim,
    check_held,
    check_size,
)
from mmar.benchmarks.part import Claim, Version, appending, discard, left_over, part_of, remember
from mmar.benchmarks.replies import (
    HOPELESS,
    PASSING,
    claim_of,
    content_range,
    error_words,
    public_url,
    retry_after,
    status_words,
)
from mmar.errors import ExternalError, UsageError
from mmar.files.atomic import require_space
from mmar.files.progress import Advance, NoProgress, Progress, format_bytes

__all__ = ["Download", "Pace", "fetch"]

_LONGEST_WAIT = 60.0
_WORTHWHILE = 1 << 16  # new bytes that make a try count as progress


class Pace(msgspec.Struct, frozen=True):
    """How patient a download is.

    Attributes:
        connect: seconds for a connection to be made.
        stall: seconds without a byte after which a connection is given up.
        tries: tries in a row that may bring nothing new.
        backoff: seconds before the second try, doubled before each further one.
    """

    connect: float = 20.0
    stall: float = 30.0
    tries: int = 6
    backoff: float = 0.5


class Download(msgspec.Struct, frozen=True):
    """A file that was fetched.

    Attributes:
        path: where it lies, still under its working name.
        size: bytes.
        spliced: whether it came in more than one reply, or partly in an earlier process.
        claim: what the host said of it.
    """

    path: Path
    size: int
    spliced: bool
    claim: Claim | None


def fetch(
    url: str,
    folder: Path,
    wanted: Wanted | None = None,
    *,
    label: str = "file",
    pace: Pace | None = None,
    progress: Progress | None = None,
) -> Download:
    """Fetch a file into a working folder, going on where an earlier try or an earlier process stopped.

    Proxies are taken from `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, as everywhere.

    Args:
        url: `http` or `https`; a user name and password in it are used and shown nowhere.
        folder: an existing folder; the part's name is made from the URL.
        wanted: what is known of the file.
        label: what to call it on the screen.
        pace: how patient to be.
        progress: who listens.

    Raises:
        UsageError: the URL is none.
        ExternalError: the network or the disk stood in the way for good, or the server offers another file.
            What was fetched stays, unless it is known to be wrong.
    """
    try:
        address = URL(url, encoded=url.isascii() and " " not in url)
        usable = address.scheme in ("http", "https") and address.host
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(f"“{public_url(url)}” is no http or https address")
    transfer = _Transfer(address, public_url(url), part_of(url, folder), wanted or Wanted(), pace or Pace())
    return _wait_for(transfer.whole(label, progress or NoProgress()))


class _Again(Exception):  # noqa: N818
    """This try came to nothing; another one may not."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class _Transfer:
    """One call of `fetch`: what is held, which version it is, and the tries to get the rest."""

    def __init__(self, address: URL, shown: str, part: Path, wanted: Wanted, pace: Pace) -> None:
        self._address, self._shown, self._part = address, shown, part
        self._wanted, self._pace = wanted, pace
        self._version, self._held = left_over(part)
        self._inherited = self._held > 0
        self._furthest = self._held
        self._changes = 0

    async def whole(self, label: str, progress: Progress) -> Download:
        """Try until the part is whole or there is no point in going on."""
        timeout = aiohttp.ClientTimeout(sock_connect=self._pace.connect, sock_read=self._pace.stall)
        headers = {"User-Agent": f"mmar/{__version__}", "Accept-Encoding": "identity"}
        expected = self._wanted.size or (self._version.total if self._version else None)
        barren = 0
        with progress.task(label, expected) as advance:
            # A signed address must reach its server letter for letter, hence no re-quoting.
            async with aiohttp.ClientSession(
                timeout=timeout,
                headers=headers,
                trust_env=True,
                auto_decompress=False,
                requote_redirect_url=False,
            ) as session:
                while (version := self._version) is None or version.total != self._held:
                    try:
                        await self._try(session, advance)
                        continue
                    except _Again as again:
                        reason, wait = str(again), again.wait
                    except NotWanted:
                        self._forget()
                        raise
                    except HOPELESS as error:
                        raise ExternalError(f"{self._shown}: {self._words(error)}") from None
                    except (aiohttp.ClientError, TimeoutError) as error:
                        reason, wait = self._words(error), None
                    barren = 0 if self._held >= self._furthest + _WORTHWHILE else barren + 1
                    self._furthest = max(self._furthest, self._held)
                    await self._pause(barren, reason, wait, lambda text: progress.note(f"{label}: {text}"))
        return Download(self._part, self._held, version.replies > 1 or self._inherited, version.claim)

    async def _pause(self, barren: int, reason: str, wait: float | None, note: Callable[[str], None]) -> None:
        held = format_bytes(self._held)
        if barren >= self._pace.tries:
            of_use = self._held and self._version and self._version.validator
            kept = f"; {held} are kept, run the same command again to go on" if of_use else ""
            raise ExternalError(
                f"{self._shown}: given up after {barren} tries without progress ({reason}){kept}\n"
                "  → a mirror, or a file fetched in another way, can be given with --from"
            )
        if wait is None:
            wait = self._pace.backoff * 2 ** max(barren - 1, 0)
        wait = min(wait, _LONGEST_WAIT)
        at = f" at {held}" if self._held else ""
        note(f"{reason}{at}; trying again in {wait:.2g} s")
        await asyncio.sleep(wait)

    async def _try(self, session: aiohttp.ClientSession, advance: Advance) -> None:
        """One request for what is not held yet."""
        validator = self._version.validator if self._version else None
        headers = {"Range": f"bytes={self._held}-", "If-Range": validator} if validator and self._held else {}
        async with session.get(self._address, headers=headers) as reply:
            claim = claim_of(reply)
            check_claim(claim, self._wanted, self._shown)
            if reply.status == 206:
                version = self._continued(reply, claim)
            elif reply.status == 200:
                check_beginning(reply.content_type, b"", self._shown)
                version = self._anew(reply, claim)
            elif reply.status == 416:
                self._version = self._whole_already(reply)
                return
            else:
                self._refuse_status(reply)
            if reply.headers.get("Content-Encoding", "identity") != "identity":
                raise ExternalError(f"{self._shown}: the server compresses what was asked for as it is")
            check_size(version.total, self._wanted, self._shown)
            remember(self._part, version)
            self._version = version
            await self._receive(reply, version, advance)
        whole = version.total or self._wanted.size
        if whole is not None and self._held < whole:
            raise _Again("the transfer ended early")
        if version.total is None:
            self._version = msgspec.structs.replace(version, total=self._held)
            remember(self._part, self._version)

    async def _receive(self, reply: aiohttp.ClientResponse, version: Version, advance: Advance) -> None:
        most = version.total or self._wanted.size or self._wanted.at_most
        rest = max(0, (version.total or 0) - self._held)
        require_space(self._part.parent, rest + self._wanted.afterwards)
        with appending(self._part) as append:
            async for data in reply.content.iter_any():
                if not self._held:
                    check_beginning("", data, self._shown)
                check_held(self._held + len(data), most, self._shown)
                append(data)
                self._held += len(data)
                advance(self._held, version.total or self._wanted.size)

    def _anew(self, reply: aiohttp.ClientResponse, claim: Claim | None) -> Version:
        """The server sends the whole file: what is held is thrown away."""
        version = Version(
            total=reply.content_length,
            etag=reply.headers.get("ETag"),
            modified=reply.headers.get("Last-Modified"),
            claim=claim,
        )
        if self._version is not None and self._version.validator != version.validator:
            self._furthest = 0  # of this version nothing was held
            self._changes += 1
            if self._changes >= self._pace.tries:
                raise ExternalError(
                    f"{self._shown}: is another version at each try; a mirror may help (--from)"
                )
        self._forget()
        return version

    def _continued(self, reply: aiohttp.ClientResponse, claim: Claim | None) -> Version:
        """The server sends the rest: make sure that it is the rest of what is held."""
        start, total = content_range(reply)
        version = self._version
        if version is None or start != self._held:
            self._forget()
            raise _Again("the server sent another part of the file than was asked for")
        etag = reply.headers.get("ETag", version.etag)
        if (total, claim) != (version.total, version.claim) or version.etag not in (None, etag):
            self._forget()
            raise _Again("the file has changed on the server")
        return msgspec.structs.replace(version, replies=version.replies + 1)

    def _whole_already(self, reply: aiohttp.ClientResponse) -> Version:
        """The server has nothing beyond what is held: that was all, or it has another version."""
        _, total = content_range(reply)
        version, held = self._version, self._held
        if version is not None and total == held:
            return msgspec.structs.replace(version, total=total)
        self._forget()
        raise _Again("the file has changed on the server")

    def _forget(self) -> None:
        discard(self._part)
        self._version, self._held, self._inherited = None, 0, False

    def _refuse_status(self, reply: aiohttp.ClientResponse) -> NoReturn:
        if reply.status in PASSING:
            raise _Again(status_words(reply), retry_after(reply))
        raise ExternalError(f"{self._shown}: {status_words(reply)}")

    def _words(self, error: Exception) -> str:
        return error_words(error, self._pace.connect, self._pace.stall)


def _wait_for(work: Coroutine[Any, Any, Download]) -> Download:
    """Run it to its end, also in a notebook, whose thread has a loop running already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
