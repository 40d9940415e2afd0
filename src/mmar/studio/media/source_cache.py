"""Recordings, fetched once per video and cached; clips are cut from them.

    cache/youtube-qx8hrhBZJ98/audio.webm       the file as it came
    cache/youtube-qx8hrhBZJ98/source.json      the receipt: URL, time, digest, what the site says
    cache/.work/...                            fetches in progress; what a killed one leaves is never used

A folder has the name of the video, so that every spelling of its URL leads to one folder; part 5 of a Bilibili video
is a recording of its own. A folder appears in one step, complete. Two jobs that want one video take turns.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from mmar.errors import UsageError
from mmar.files.atomic import disk_error
from mmar.files.locks import lock_async
from mmar.files.progress import Advance
from mmar.files.sniff import sniff_file
from mmar.items.source_video import canonical_url, find_video, is_short_link
from mmar.studio.media.fetch_policy import FetchPolicy, check_url
from mmar.studio.media.http_download import fetch_file, follow
from mmar.studio.media.ytdlp import YT_DLP, download_video

if TYPE_CHECKING:
    from aiohttp.abc import AbstractResolver

__all__ = ["Source", "cached_source", "fetch_source", "source_key"]

_RECEIPT = "source.json"
_SUFFIXES = {"mp4": "m4a", "mpegts": "ts", "asf": "wma"}
Via = Literal["http", "yt-dlp"]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A recording in the cache. What the site says is untrusted text.

    Attributes:
        key: name of its folder.
        url: its canonical URL.
        file: name of the file in the folder.
        size: the file's length in bytes.
        sha256: of the file's bytes.
        fetched_by: `http` or `yt-dlp`.
        when: UTC, ISO 8601.
        title: its title, as the site says.
        duration: its length in seconds, as the site says.
        uploader: its uploader, as the site says.
        licence: its licence, as the site says.
        folder: its folder; not in the receipt, since a cache may be moved.
    """

    key: str
    url: str
    file: str
    size: int
    sha256: str
    fetched_by: Via
    when: str
    title: str | None = None
    duration: float | None = None
    uploader: str | None = None
    licence: str | None = None
    folder: Path = Path()

    @property
    def path(self) -> Path:
        """The recording's file."""
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
    """The recording of a URL in any spelling, if it is in the cache and complete."""
    folder = cache / source_key(url)
    try:
        source = msgspec.json.decode((folder / _RECEIPT).read_bytes(), type=Source)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    source = msgspec.structs.replace(source, folder=folder)
    plain_name = source.file == Path(source.file).name
    whole = plain_name and source.path.is_file() and source.path.stat().st_size == source.size
    return source if whole else None


async def fetch_source(
    url: str,
    cache: Path,
    policy: FetchPolicy,
    *,
    via: Literal["auto"] | Via = "auto",
    command: Sequence[str] = YT_DLP,
    environment: Mapping[str, str] | None = None,
    resolver: AbstractResolver | None = None,
    advance: Advance = lambda done, of: None,  # noqa: ARG005
) -> Source:
    """Fetch the complete recording of a URL into the cache, unless it is there.

    Args:
        url: one URL, as a person pasted it.
        cache: the cache folder, created if missing.
        policy: what may be fetched.
        via: `yt-dlp` for a page with a player, `http` for a media file; `auto` uses yt-dlp for the video sites that
            `mmar.items.source_video` knows.
        command: command line of the downloader.
        environment: variables for the downloader.
        resolver: name resolution; the system's if `None`.
        advance: called with the bytes received, and of how many.

    Raises:
        UsageError: the URL is not allowed or not a recording, or yt-dlp is missing.
        ExternalError: the network, the site, the downloader or the disk failed.
    """
    url = url.strip()
    check_url(url, policy)
    if is_short_link(url):
        url = await follow(url, policy, resolver=resolver)
    address = canonical_url(url)
    key = source_key(address)
    work = cache / ".work" / secrets.token_hex(8)
    try:
        async with lock_async(cache / ".work" / "locks" / key):
            if (known := cached_source(address, cache)) is not None:
                return known
            work.mkdir(parents=True)
            if via == "http" or (via == "auto" and find_video(address) is None):
                received = await fetch_file(
                    address, work / "received", policy, resolver=resolver, advance=advance
                )
                source = Source(
                    key=key, url=address, file=_file_name(address, received.path), size=received.size,
                    sha256=received.sha256, fetched_by="http", when=_now(),
                )  # fmt: skip
                return _store(source, received.path, work, cache / key)
            made = await download_video(
                address, work, policy, command=command, environment=environment, resolver=resolver, advance=advance
            )  # fmt: skip
            source = Source(
                key=key, url=address, file=_file_name(address, made.path), size=made.size, sha256=made.sha256,
                fetched_by="yt-dlp", when=_now(), title=made.title, duration=made.duration,
                uploader=made.uploader, licence=made.licence,
            )  # fmt: skip
            return _store(source, made.path, work, cache / key)
    except OSError as error:
        raise disk_error(error, cache) from None
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _file_name(address: str, path: Path) -> str:
    kind = sniff_file(path)
    if kind.group not in ("audio", "media"):
        raise UsageError(
            f"{address}: is {kind.label}, not a recording",
            code="not-audio",
            hint="download the recording yourself and upload it",
        )
    return f"audio.{_SUFFIXES.get(kind.format, kind.format)}"


def _store(source: Source, path: Path, work: Path, home: Path) -> Source:
    """Move a complete recording to its place, in one step."""
    whole = work / "whole"
    whole.mkdir()
    path.rename(whole / source.file)
    receipt = {name: value for name, value in msgspec.structs.asdict(source).items() if name != "folder"}
    data = msgspec.json.format(msgspec.json.encode(receipt), indent=2) + b"\n"
    (whole / _RECEIPT).write_bytes(data)
    if home.exists():  # damaged, since no complete recording was found there
        home.rename(work / "damaged")
    whole.rename(home)
    return msgspec.structs.replace(source, folder=home)
