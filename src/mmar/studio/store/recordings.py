"""Recordings and clips of a project, and the jobs that an item's audio needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Clip, Project, Recording
from mmar.studio.media.media_store import StoredAudio
from mmar.studio.store.jobs import enqueue
from mmar.studio.store.revisions import content_of
from mmar.studio.workflow import ItemContent
from mmar.studio.workflow.content import source_of
from mmar.studio.workflow.problems import LONGEST_CLIP_S
from mmar.studio.workflow.states import NotFound

__all__ = [
    "add_recording",
    "clip_of",
    "clips_of",
    "find_clip",
    "find_recording",
    "items_with_clips",
    "items_without_clip",
    "own_recording",
    "recording_of",
    "request_audio",
]


def find_recording(session: Session, project_id: int, source: str) -> Recording | None:
    """A recording by its name."""
    if source.startswith("recording:"):
        found = session.get(Recording, int(source.removeprefix("recording:")))
        return found if found is not None and found.project_id == project_id else None
    return session.scalar(
        select(Recording).where(Recording.project_id == project_id, Recording.source == source)
    )


def recording_of(session: Session, project_id: int, content: ItemContent) -> Recording | None:
    """The recording that some content speaks of, if it is here."""
    source = source_of(content)
    return find_recording(session, project_id, source) if source else None


def items_with_clips(session: Session, project_id: int, clips: tuple[int, ...]) -> list[Item]:
    """The items that have one of some clips."""
    keys = select(Clip.key).where(Clip.project_id == project_id, Clip.id.in_(clips))
    found = select(Item).where(Item.project_id == project_id, Item.clip_key.in_(keys)).order_by(Item.id)
    return list(session.scalars(found.limit(5))) if clips else []


def clips_of(session: Session, project_id: int, items: Sequence[Item]) -> dict[str, Clip]:
    """The clips of items of a project, by their key."""
    keys = {item.clip_key for item in items if item.clip_key}
    query = select(Clip).where(Clip.project_id == project_id, Clip.key.in_(keys))
    return {clip.key: clip for clip in session.scalars(query)} if keys else {}


def clip_of(session: Session, item: Item) -> Clip | None:
    """An item's clip, if it was cut."""
    if not item.clip_key:
        return None
    return session.scalar(select(Clip).where(Clip.project_id == item.project_id, Clip.key == item.clip_key))


def add_recording(
    session: Session,
    project_id: int,
    kept: StoredAudio,
    now: datetime,
    *,
    source: str = "",
    title: str = "",
    url: str = "",
    licence: str = "",
    person_id: int | None = None,
) -> Recording:
    """Note a recording; the one that is there already if the project knows its source.

    Args:
        session: a writing transaction.
        project_id: where.
        kept: the file.
        now: the moment.
        source: its name, as `clips.source_of`; an upload's is its hash.
        title: what people call it.
        url: where it came from.
        licence: as its publisher says.
        person_id: who brought it.
    """
    source = source or f"upload:{kept.sha256}"
    found = session.scalar(
        select(Recording).where(Recording.project_id == project_id, Recording.source == source)
    )
    if found is None:
        found = Recording(
            project_id=project_id, source=source, at=now, person_id=person_id, path="", sha256=""
        )
        session.add(found)
    found.title, found.url, found.licence = title[:300], url, licence[:200]
    found.path, found.sha256, found.media_type = kept.path, kept.sha256, kept.media_type
    found.size, found.duration, found.rate = kept.size, kept.duration, kept.rate
    found.channels, found.waveform = kept.channels, kept.waveform
    session.flush()
    return found


def own_recording(session: Session, project: Project, recording_id: int) -> Recording:
    """A recording of a project.

    Raises:
        UsageError: the project has no such recording.
    """
    found = session.get(Recording, recording_id)
    if found is None or found.project_id != project.id:
        raise NotFound(f"this project has no recording {recording_id}")
    return found


def find_clip(session: Session, project: Project, clip_id: int) -> Clip:
    """A clip of a project.

    Raises:
        UsageError: the project has no such clip.
    """
    found = session.get(Clip, clip_id)
    if found is None or found.project_id != project.id:
        raise NotFound(f"this project has no clip {clip_id}")
    return found


def request_audio(
    session: Session,
    project: Project,
    item: Item,
    now: datetime,
    *,
    person_id: int | None = None,
    fetch: bool = False,
) -> str:
    """Queue what is missing until an item can be heard.

    Args:
        session: a writing transaction.
        project: where.
        item: which.
        now: the moment.
        person_id: who wants it.
        fetch: whether to do all that it takes: fetch a recording that is not here, cut one of half an hour whole.

    Returns:
        `ready`, `cutting`, `fetching`, or `missing`.
    """
    if clip_of(session, item) is not None:
        return "ready"
    content = content_of(session, item)
    recording = recording_of(session, project.id, content)
    if recording is not None:
        whole = not content.segments and not recording.source.startswith("file:")
        if whole and recording.duration > LONGEST_CLIP_S and not fetch:
            return "missing"  # still being written: its parts are not chosen yet
        enqueue(
            session,
            project.id,
            "clip",
            item.clip_key,
            {"item": item.id},
            now,
            person_id=person_id,
            item_id=item.id,
        )
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


def items_without_clip(session: Session, project_id: int, source: str) -> list[Item]:
    """Items that speak of a recording and have no clip of it yet."""
    cut = exists().where(Clip.project_id == project_id, Clip.key == Item.clip_key)
    waiting = session.scalars(select(Item).where(Item.project_id == project_id, Item.clip_key != "", ~cut))
    return [item for item in waiting if source_of(content_of(session, item)) == source]
