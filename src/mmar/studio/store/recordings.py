"""Recordings and clips of a project, and the jobs that an item's audio needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from mmar.studio.config import LONGEST_CLIP_S
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Clip, Project, Recording
from mmar.studio.media.uploads import StoredAudio
from mmar.studio.store.jobs import enqueue
from mmar.studio.store.revisions import content_of
from mmar.studio.workflow import ItemContent
from mmar.studio.workflow.content import source_of


def find_recording(session: Session, project_id: int, source: str) -> Recording | None:
    """A recording by its source."""
    if source.startswith("recording:"):
        result = session.get(Recording, int(source.removeprefix("recording:")))
        return result if result is not None and result.project_id == project_id else None
    return session.scalar(
        select(Recording).where(Recording.project_id == project_id, Recording.source == source)
    )


def recording_of(session: Session, project_id: int, content: ItemContent) -> Recording | None:
    """The recording that an item's content refers to, if it is there."""
    source = source_of(content)
    return find_recording(session, project_id, source) if source else None


def items_with_clips(session: Session, project_id: int, clips: tuple[int, ...]) -> list[Item]:
    """The items that use one of some clips."""
    keys = select(Clip.key).where(Clip.project_id == project_id, Clip.id.in_(clips))
    result = select(Item).where(Item.project_id == project_id, Item.clip_key.in_(keys)).order_by(Item.id)
    return list(session.scalars(result.limit(5))) if clips else []


def clips_of(session: Session, project_id: int, items: Sequence[Item]) -> dict[str, Clip]:
    """The clips of items by their key."""
    keys = {item.clip_key for item in items if item.clip_key}
    query = select(Clip).where(Clip.project_id == project_id, Clip.key.in_(keys))
    return {clip.key: clip for clip in session.scalars(query)} if keys else {}


def clip_of(session: Session, item: Item) -> Clip | None:
    """An item's clip."""
    if not item.clip_key:
        return None
    return session.scalar(select(Clip).where(Clip.project_id == item.project_id, Clip.key == item.clip_key))


def add_recording(
    session: Session,
    project_id: int,
    stored: StoredAudio,
    now: datetime,
    *,
    source: str = "",
    title: str = "",
    url: str = "",
    licence: str = "",
    person_id: int | None = None,
) -> Recording:
    """Store the row of a recording, or update the one that the project has of the same source.

    `source` is as in `workflow.content.source_of`; for an upload its hash.
    """
    source = source or f"upload:{stored.sha256}"
    result = find_recording(session, project_id, source)
    if result is None:
        result = Recording(
            project_id=project_id, source=source, created=now, person_id=person_id, path="", sha256=""
        )
        session.add(result)
    result.title, result.url, result.licence = title[:300], url, licence[:200]
    for name, value in msgspec.structs.asdict(stored).items():
        setattr(result, name, value)
    session.flush()
    return result


def request_audio(
    session: Session,
    project: Project,
    item: Item,
    now: datetime,
    *,
    person_id: int | None = None,
    fetch: bool = False,
) -> str:
    """Queue the jobs that an item needs to get its clip; returns `ready`, `cutting`, `fetching`, or `missing`.

    With `fetch`, a missing recording is downloaded and a long one without segments is cut whole.
    """
    if clip_of(session, item) is not None:
        return "ready"
    content = content_of(session, item)
    recording = recording_of(session, project.id, content)
    if recording is not None:
        whole = not content.segments and not recording.source.startswith("file:")
        if whole and recording.duration > LONGEST_CLIP_S and not fetch:
            return "missing"  # still being written: its parts are not chosen yet
        request_clip(session, item, now, person_id=person_id)
        return "cutting"
    source = source_of(content)
    if fetch and source.startswith(("video:", "url:")):
        enqueue(
            session,
            project.id,
            "fetch",
            source,
            {"url": content.url.split()[0], "source": source},
            now,
            person_id=person_id,
            item_id=item.id,
        )
        return "fetching"
    return "missing"


def request_clip(
    session: Session, item: Item, now: datetime, *, key: str = "", person_id: int | None = None
) -> None:
    """Queue the job that cuts an item's clip; `key` distinguishes it from other jobs for the same clip."""
    enqueue(
        session,
        item.project_id,
        "clip",
        key or item.clip_key,
        {"item": item.id},
        now,
        person_id=person_id,
        item_id=item.id,
    )


def items_without_clip(session: Session, project_id: int, source: str) -> list[Item]:
    """Items that use a recording and have no clip yet."""
    cut = exists().where(Clip.project_id == project_id, Clip.key == Item.clip_key)
    waiting = session.scalars(select(Item).where(Item.project_id == project_id, Item.clip_key != "", ~cut))
    return [item for item in waiting if source_of(content_of(session, item)) == source]
