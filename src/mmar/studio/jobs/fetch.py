"""Download of a recording, once per video, followed by the clips that wait for it."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from pathlib import Path

import msgspec
from sqlalchemy import select

from mmar.studio.data.tables import Recording
from mmar.studio.jobs.context import JobContext
from mmar.studio.media.download import download_recording
from mmar.studio.media.fetch_policy import DEFAULT_POLICY
from mmar.studio.media.media_store import store_audio
from mmar.studio.media.uploads import StoredAudio
from mmar.studio.media.ytdlp import Downloaded
from mmar.studio.store.recordings import add_recording, find_recording, items_without_clip, request_clip

__all__ = ["fetch_recording"]

_REPORT_EVERY_S = 1.0


def fetch_recording(work: JobContext) -> None:
    """Download the recording of a URL and queue the clips of the items that use it.

    Raises:
        InputError: what was downloaded is not audio.
        UsageError: the URL may not be fetched, or yt-dlp is not installed.
        ExternalError: the network failed.
    """
    source, url = str(work.payload["source"]), str(work.payload["url"])
    with work.database.read() as session:
        known = find_recording(session, work.project_id, source) is not None
        # Another project may have it: the media folder is common to all.
        other = session.scalar(select(Recording).where(Recording.source == source).limit(1))
    if other is not None:
        stored, title, licence = _stored(other), other.title, other.licence
    else:
        stored, title, licence = _download(work, url)
    with work.database.write() as session:
        work.check_owned(session)
        if not known:
            add_recording(
                session,
                work.project_id,
                stored,
                work.clock(),
                source=source,
                title=title,
                url=url,
                licence=licence,
                person_id=work.person_id,
            )
        for item in items_without_clip(session, work.project_id, source):
            request_clip(session, item, work.clock())


def _stored(recording: Recording) -> StoredAudio:
    return msgspec.convert(recording, StoredAudio, from_attributes=True)


def _download(work: JobContext, url: str) -> tuple[StoredAudio, str, str]:
    folder = work.config.media / "incoming" / secrets.token_hex(16)
    folder.mkdir(parents=True)
    try:
        work.advance(0.02, "fetching")
        result = asyncio.run(_fetch(work, url, folder))
        work.advance(0.9, "checking")
        stored = store_audio(
            work.config.media, result.path, max_bytes=work.config.max_upload, decoder=work.decoder
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return stored, result.title, result.licence


async def _fetch(work: JobContext, url: str, folder: Path) -> Downloaded:
    policy = msgspec.structs.replace(
        DEFAULT_POLICY,
        hosts=(*DEFAULT_POLICY.hosts, *work.config.media_hosts),
        ports=(*DEFAULT_POLICY.ports, *work.config.media_ports),
        allow_loopback=work.config.fetch_loopback,
    )
    reported = time.monotonic()

    def advance(done: int, of: int | None) -> None:
        nonlocal reported
        # Now and then only: each report is a write to the database.
        if time.monotonic() - reported < _REPORT_EVERY_S:
            return
        reported = time.monotonic()
        share = 0.05 + 0.8 * done / of if of else 0.05
        work.advance(share, f"fetching, {done / 1e6:.1f} MB" + (f" of {of / 1e6:.1f} MB" if of else ""))

    return await download_recording(url, folder, policy, advance=advance)
