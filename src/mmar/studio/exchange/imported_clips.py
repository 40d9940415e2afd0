"""Clips of imported items: found in a folder, stored, and attached to items.

A clip that came with an item is identified by its published path (`content.source_of`), so a project has one clip per path.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.errors import InputError, UsageError
from mmar.items import Item as PublicItem
from mmar.items.source_video import canonical_url
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Project, Recording
from mmar.studio.media.decoder import Decoder
from mmar.studio.media.media_store import store_audio
from mmar.studio.media.uploads import StoredAudio
from mmar.studio.store.recordings import add_recording, clip_of, find_recording, recording_of, request_clip
from mmar.studio.store.revisions import add_revision, content_of
from mmar.studio.workflow import Actor, ItemContent, State
from mmar.studio.workflow.content import from_item, source_of

_GONE = frozenset({State.WITHDRAWN.value, State.TAKEN_DOWN.value})


def find_clip_file(folder: Path, audio_path: str, *, by_name: bool = True) -> Path | None:
    """The file of an item's clip in a folder, by its path or by its bare name; never outside the folder."""
    root = folder.resolve()
    for relative in (audio_path, Path(audio_path).name)[: 1 + by_name]:
        path = (root / relative).resolve()
        if path.is_relative_to(root) and path.is_file():
            return path
    return None


def items_needing_clips(session: Session, project: Project, items: Iterable[PublicItem]) -> list[PublicItem]:
    """Those of some items that are new to a project, or have no clip there yet."""
    known = {
        item.public_id: item for item in session.scalars(select(Item).where(Item.project_id == project.id))
    }
    return [
        item for item in items if (row := known.get(item.id)) is None or _why_not(session, row, item) is None
    ]


def store_clips(
    media: Path, folder: Path, items: Sequence[PublicItem], *, required: bool = True
) -> dict[str, StoredAudio]:
    """Check and store the clips of items that are about to be imported, by `audio_path`; items without a file are left out.

    Raises:
        InputError: a file is not audio.
        UsageError: none of the clips is there, and one is `required` (`clips-not-found`).
    """
    result: dict[str, StoredAudio] = {}
    # Two paths that end in one name cannot both be the file of that name.
    names = Counter(Path(path).name for path in {item.audio_path for item in items})
    with closing(Decoder()) as decoder:
        for item in items:
            path = find_clip_file(folder, item.audio_path, by_name=names[Path(item.audio_path).name] == 1)
            if path is None or item.audio_path in result:
                continue
            try:
                result[item.audio_path] = store_audio(media, path, decoder=decoder)
            except InputError as error:
                raise InputError(
                    f'{error.problem} (item "{item.id}")',
                    file=item.audio_path,
                    code=error.code,
                    hint=error.hint,
                ) from None
    if items and not result and required:
        raise UsageError(
            f"none of the {len(items):,} clips is in {folder}, e.g. {items[0].audio_path}",
            code="clips-not-found",
            hint="name the folder that the paths begin in, or the one that contains the files",
        )
    return result


def check_clip_conflicts(
    session: Session, project: Project, items: Iterable[PublicItem], clips: Mapping[str, StoredAudio]
) -> None:
    """Raise an `InputError` (`clip-conflict`) if a new item's path belongs to another clip of the project."""
    known = select(Recording.source, Recording.sha256).where(
        Recording.project_id == project.id, Recording.source.startswith("file:")
    )
    sounds = {row.source: row.sha256 for row in session.execute(known)}
    for item in items:
        here, stored = sounds.get(f"file:{item.audio_path}"), clips.get(item.audio_path)
        if here is not None and stored is not None and stored.sha256 != here:
            raise InputError(
                f'item "{item.id}": {item.audio_path} is another clip in this project',
                hint="give the clip another name, or import into a project of its own",
                code="clip-conflict",
            )


def attach_clip(
    session: Session,
    project: Project,
    actor: Actor,
    row: Item,
    item: PublicItem,
    stored: StoredAudio,
    now: datetime,
) -> str:
    """Give an existing item without a clip the clip of an import; returns why it is not used, or nothing.

    An item that was to be cut from its video gets a revision that says so; its content, state and reviews stay.
    """
    if why := _why_not(session, row, item):
        return why
    content = content_of(session, row)
    here = find_recording(session, project.id, f"file:{item.audio_path}")
    if here is not None and here.sha256 != stored.sha256:
        return "another clip has that path"
    if content.cut or content.audio_path != item.audio_path:
        content = msgspec.structs.replace(content, audio_path=item.audio_path, cut=False)
        add_revision(session, project, row, actor, content, "its clip was imported", now, kind="import")
    add_clip(session, project, row, item, stored, now)
    return ""


def add_clip(
    session: Session, project: Project, row: Item, item: PublicItem, stored: StoredAudio, now: datetime
) -> None:
    """Store an item's clip as a recording, and queue its measurement."""
    add_recording(session, project.id, stored, now, source=f"file:{item.audio_path}", title=item.audio_path)
    request_clip(session, row, now)


def _why_not(session: Session, row: Item, item: PublicItem) -> str | None:
    """Why an existing item takes no clip from a file; `None` if it does."""
    if row.state in _GONE:
        return "they were withdrawn or taken down"
    if clip_of(session, row) is not None:
        return "they have a clip already"
    content = content_of(session, row)
    if content.recording is not None or (
        recording_of(session, row.project_id, content) is not None
        and not source_of(content).startswith("file:")
    ):
        return "they are cut from a recording of the project"
    if _cut_of(content) != _cut_of(from_item(item)):
        return "their URL or segments were edited"
    return None


def _cut_of(content: ItemContent) -> tuple[object, ...]:
    return content.segments, canonical_url(content.url)
