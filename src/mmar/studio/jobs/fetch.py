"""Download of a recording, once per video and project, followed by the clips that wait for it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from mmar.studio.jobs.context import JobContext
from mmar.studio.media.media_store import store_audio
from mmar.studio.store.clips import find_recording
from mmar.studio.store.jobs import enqueue
from mmar.studio.store.media import add_recording, items_without_clip

__all__ = ["fetch_recording"]

_SAID_S = 1.0


def fetch_recording(work: JobContext) -> None:
    """Download the recording of a URL and queue the clips of the items that use it.

    Raises:
        InputError: the address may not be fetched, or what lies there is not sound.
        UsageError: the downloader is not installed.
        ExternalError: the network failed.
    """
    source, url = str(work.payload["source"]), str(work.payload["url"])
    with work.database.read() as session:
        known = find_recording(session, work.project_id, source)
    if known is None:
        work.advance(0.02, "fetching")
        found: Any = asyncio.run(_fetch(work, url))
        work.advance(0.9, "checking")
        kept = store_audio(
            work.config.media, found.path, max_bytes=work.config.max_upload, decoder=work.decoder
        )
        with work.database.write() as session:
            work.check_owned(session)
            add_recording(
                session,
                work.project_id,
                kept,
                work.clock(),
                source=source,
                title=found.title or "",
                url=url,
                licence=found.licence or "",
                person_id=work.person_id,
            )
    with work.database.write() as session:
        work.check_owned(session)
        for item in items_without_clip(session, work.project_id, source):
            enqueue(
                session,
                work.project_id,
                "clip",
                item.clip_key,
                {"item": item.id},
                work.clock(),
                item_id=item.id,
            )


async def _fetch(work: JobContext, url: str) -> Any:
    import msgspec

    from mmar.studio.media.fetch_policy import DEFAULT_POLICY
    from mmar.studio.media.source_cache import fetch_source

    policy = msgspec.structs.replace(
        DEFAULT_POLICY,
        hosts=(*DEFAULT_POLICY.hosts, *work.config.media_hosts),
        ports=(*DEFAULT_POLICY.ports, *work.config.media_ports),
        allow_loopback=work.config.fetch_loopback,
    )
    told = time.monotonic()

    def advance(done: int, of: int | None) -> None:
        nonlocal told
        # Said now and then: each word is a write to the database.
        if time.monotonic() - told < _SAID_S:
            return
        told = time.monotonic()
        share = 0.05 + 0.8 * done / of if of else 0.05
        words = f"{done / 1e6:.1f} MB" + (f" of {of / 1e6:.1f} MB" if of else "")
        work.advance(share, f"fetching, {words}")

    return await fetch_source(url, work.config.media / "sources", policy, advance=advance)
