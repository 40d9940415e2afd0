"""Whole recordings, fetched once and kept: the cache that clips are cut from.

    cache/youtube-qx8hrhBZJ98/audio.webm       what was fetched, as it came
    cache/youtube-qx8hrhBZJ98/source.json      the receipt: where from, when, digest, what the site says of it
    cache/.work/…                              fetches under way; whatever a kill leaves there is never used

A recording's folder has the name of the video, not of its address, so every spelling of an address leads to
one folder; part 5 of a Bilibili video is a recording of its own. The folder appears in one step, complete.
Two jobs that want one video at once take turns, and the second finds it there.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from mmar.errors import ExternalError, UsageError
from mmar.files.progress import Advance
from mmar.files.sniff import sniff_file
from mmar.items.source_video import canonical_url, find_video, is_short_link
from mmar.studio.media.fetch_policy import FetchPolicy, check_url
from mmar.studio.media.http_download import fetch_file, follow
from mmar.studio.media.ytdlp import YT_DLP, download_video

if TYPE_CHECKING:
    from aiohttp.abc import AbstractResolver

try:
    import fcntl
except ImportError:  # Windows: two processes may fetch one video at once, and one of the two is thrown away
    fcntl = None  # type: ignore[assignment]

__all__ = ["Source", "cached_source", "clear_leftovers", "fetch_source", "source_key"]

_RECEIPT = "source.json"
_POLL_S = 0.2


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A recording in the cache.

    Attributes:
        key: name of its folder; equal for every spelling of its address.
        url: its address in the shortest form, without anything about the person who gave it.
        file: name of the file in the folder.
        size: the file's length in bytes.
        sha256: of the file's bytes.
        fetched_by: `http` or `yt-dlp`.
        when: UTC, ISO 8601.
        title: what the site calls it; text of strangers.
        duration: its length in seconds, as the site says.
        uploader: who put it there, as the site says.
        licence: under which licence, as the site says.
        folder: the recording's folder; not in the receipt, since a cache may be moved.
    """

    key: str
    url: str
    file: str
    size: int
    sha256: str
    fetched_by: Literal["http", "yt-dlp"]
    when: str
    title: str | None = None
    duration: float | None = None
    uploader: str | None = None
    licence: str | None = None
    folder: Path = Path()

    @property
    def path(self) -> Path:
        """Where the recording lies."""
        return self.folder / self.file


def source_key(url: str) -> str:
    """The name of a recording's folder in the cache.

    Example:
        >>> source_key("https://youtu.be/y4uF5rxiZDI?si=1") ==
        source_key("https://www.youtube.com/shorts/y4uF5rxiZDI") True
    """
    if (video := find_video(url)) is not None:
        return video.key
    return f"url-{hashlib.sha256(canonical_url(url).encode()).hexdigest()[:32]}"


def cached_source(url: str, cache: Path) -> Source | None:
    """The recording of an address, if it was fetched before and is whole.

    Args:
        url: any spelling of its address.
        cache: the cache folder.
    """
    return _receipt(cache / source_key(url))


async def fetch_source(
    url: str,
    cache: Path,
    policy: FetchPolicy,
    *,
    via: Literal["auto", "http", "yt-dlp"] = "auto",
    command: Sequence[str] = YT_DLP,
    environment: Mapping[str, str] | None = None,
    resolver: AbstractResolver | None = None,
    advance: Advance = lambda done, of: None,  # noqa: ARG005
) -> Source:
    """Fetch the whole recording of an address into the cache, unless it is there.

    Args:
        url: one address, as a person pasted it.
        cache: the cache folder; it is made if need be.
        policy: what may be fetched.
        via: `yt-dlp` for a page with a player, `http` for a media file; `auto` takes the pages of the sites
            that `mmar.items.source_video` knows for pages, and everything else for a file.
        command: how the downloader is started.
        environment: variables for the downloader.
        resolver: who is asked for the addresses of a name; the system if `None`.
        advance: told the bytes received so far, and of how many.

    Returns:
        The recording. Cancelled or killed on the way, nothing of it is used.

    Raises:
        UsageError: the address is not allowed or leads to no recording, or yt-dlp is needed and not
            installed.
        ExternalError: the network, the site, the downloader or the disk failed.
    """
    url = url.strip()
    check_url(url, policy)
    if is_short_link(url):
        url = await follow(url, policy, resolver=resolver)
    address = canonical_url(url)
    key = source_key(address)
    if via == "auto":
        via = "yt-dlp" if find_video(address) is not None else "http"
    work = cache / ".work" / secrets.token_hex(8)
    try:
        async with _alone(cache, key):
            if (found := _receipt(cache / key)) is not None:
                return found
            work.mkdir(parents=True)
            try:
                source = await _fetched(
                    address, work, policy, via, key, command=command, environment=environment,
                    resolver=resolver, advance=advance,
                )  # fmt: skip
                return _kept(source, work, cache / key)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise ExternalError(
            f"{cache}: cannot be written ({error.strerror or error}); make room and try again",
            code="not-writable",
        ) from None


def clear_leftovers(cache: Path, *, older_than: float = 86_400.0) -> int:
    """Throw away what killed fetches left; to be called when a worker starts.

    Args:
        cache: the cache folder.
        older_than: seconds; what is younger may belong to a fetch that goes on.

    Returns:
        How many folders went.
    """
    oldest = datetime.now(UTC).timestamp() - older_than
    stale = [
        folder
        for folder in (cache / ".work").glob("*")
        if folder.name != "locks" and folder.is_dir() and folder.stat().st_mtime < oldest
    ]
    for folder in stale:
        shutil.rmtree(folder, ignore_errors=True)
    return len(stale)


async def _fetched(
    address: str,
    work: Path,
    policy: FetchPolicy,
    via: Literal["http", "yt-dlp"],
    key: str,
    *,
    command: Sequence[str],
    environment: Mapping[str, str] | None,
    resolver: AbstractResolver | None,
    advance: Advance,
) -> Source:
    """Fetch into the work folder; the file's name is ours."""
    said: dict[str, object] = {}
    if via == "http":
        received = await fetch_file(address, work / "received", policy, resolver=resolver, advance=advance)
        path, size, digest = received.path, received.size, received.sha256
    else:
        made = await download_video(
            address,
            work,
            policy,
            command=command,
            environment=environment,
            resolver=resolver,
            advance=advance,
        )
        path, size, digest = made.path, made.size, made.sha256
        said = {
            "title": made.title,
            "duration": made.duration,
            "uploader": made.uploader,
            "licence": made.licence,
        }
    kind = sniff_file(path)
    if kind.group not in ("audio", "media"):
        raise UsageError(
            f"{address}: what came is no recording of a kind that is known; download and upload it",
            code="not-audio",
        )
    source = Source(
        key=key,
        url=address,
        file="audio." + _SUFFIXES.get(kind.format, kind.format),
        size=size,
        sha256=digest,
        fetched_by=via,
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        **said,  # type: ignore[arg-type]
    )
    (work / "whole").mkdir()
    path.rename(work / "whole" / source.file)
    return source


_SUFFIXES = {"mp4": "m4a", "mpegts": "ts", "asf": "wma"}


def _kept(source: Source, work: Path, home: Path) -> Source:
    """Put a whole recording into its place, in one step."""
    receipt = {name: value for name, value in msgspec.structs.asdict(source).items() if name != "folder"}
    data = msgspec.json.format(msgspec.json.encode(receipt), indent=2) + b"\n"
    (work / "whole" / _RECEIPT).write_bytes(data)
    if home.exists():  # damaged: no whole recording was found there
        home.rename(work / "damaged")
    (work / "whole").rename(home)
    return msgspec.structs.replace(source, folder=home)


def _receipt(folder: Path) -> Source | None:
    try:
        source = msgspec.json.decode((folder / _RECEIPT).read_bytes(), type=Source)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    source = msgspec.structs.replace(source, folder=folder)
    # The name stands in a file, so it is not believed to be one.
    if (
        source.file != Path(source.file).name
        or not source.path.is_file()
        or source.path.stat().st_size != source.size
    ):
        return None
    return source


@asynccontextmanager
async def _alone(cache: Path, key: str) -> AsyncIterator[None]:
    """Keep other jobs, of this process and of others, away from one recording."""
    locks = cache / ".work" / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / key).open("ab") as lock:
        while fcntl is not None:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            await asyncio.sleep(_POLL_S)
        yield
