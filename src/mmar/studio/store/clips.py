"""Which recording an item's sound comes from, and the clip that is cut of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.items.source_video import addresses, find_video
from mmar.items.timestamps import format_timestamp
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Clip, Recording
from mmar.studio.workflow import ItemContent

__all__ = [
    "clip_key",
    "clip_of",
    "clips_of",
    "find_recording",
    "items_with_clips",
    "published_path",
    "recording_of",
    "source_of",
]


def source_of(content: ItemContent) -> str:
    """The name of the recording: equal for two spellings of one video's address; empty where there is none."""
    if content.recording is not None:
        return f"recording:{content.recording}"
    if content.audio_path and not content.cut:
        return f"file:{content.audio_path}"
    for address in addresses(content.url):
        video = find_video(address)
        return f"video:{video.key}" if video else f"url:{address}"
    return ""


def clip_key(content: ItemContent) -> str:
    """What a clip is made of, as 64 hexadecimal digits; empty where there is no recording."""
    source = source_of(content)
    if not source:
        return ""
    # An imported clip is cut already; its time stamps speak of the video that it was cut from.
    whole = source.startswith("file:") or not content.segments
    parts = "" if whole else format_timestamp(content.segments)
    return hashlib.sha256(f"{source}\n{parts}".encode()).hexdigest()


def published_path(content: ItemContent, public_id: str, *, with_clip: bool) -> str:
    """Where an item's clip lies in a release or an export: where its publisher had it, if that is a name for a WAV file.

    Args:
        content: what the item says.
        public_id: its id, for an item that no publisher gave a path.
        with_clip: whether the clip goes along, which is a WAV file whatever it was cut from.
    """
    path = content.audio_path or f"./audio/{public_id}.wav"
    if not with_clip or path.lower().endswith(".wav"):
        return path
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{name.rpartition('.')[0] or name}.wav"


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
