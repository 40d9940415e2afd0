"""Bringing in a benchmark that exists, to inspect and correct it: each item a draft or ready for inspection."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.errors import InputError
from mmar.items import Item as PublicItem
from mmar.studio.data.item_tables import Event, Item
from mmar.studio.data.tables import Project
from mmar.studio.library import KeptAudio, keep_audio
from mmar.studio.store.jobs import enqueue
from mmar.studio.store.media import add_recording
from mmar.studio.store.revisions import add_revision
from mmar.studio.workflow import Actor, Refused, Role, State
from mmar.studio.workflow.content import from_item

__all__ = ["Imported", "find_clip_file", "import_items", "keep_clips"]


class Imported(msgspec.Struct, frozen=True):
    """What an import did.

    Attributes:
        added: items that are new.
        known: public ids that were there already and were left as they are.
    """

    added: int
    known: tuple[str, ...]


def find_clip_file(folder: Path, audio_path: str) -> Path | None:
    """Where an item's clip lies in a folder; never outside of it."""
    root = folder.resolve()
    for relative in (audio_path, Path(audio_path).name):
        path = (root / relative).resolve()
        if path.is_relative_to(root) and path.is_file():
            return path
    return None


def keep_clips(media: Path, folder: Path, items: Iterable[PublicItem]) -> dict[str, KeptAudio]:
    """Check and keep the clips of items that are about to be imported.

    Returns:
        What was kept, by `audio_path`; items without a file are left out.

    Raises:
        InputError: a file is not sound.
    """
    found = {}
    for item in items:
        path = find_clip_file(folder, item.audio_path)
        if path is not None and item.audio_path not in found:
            try:
                found[item.audio_path] = keep_audio(media, path)
            except InputError as error:
                raise InputError(error.problem, file=item.audio_path, field=item.id) from None
    return found


def import_items(
    session: Session,
    project: Project,
    actor: Actor,
    items: Iterable[PublicItem],
    now: datetime,
    *,
    inspect: bool = False,
    clips: dict[str, KeptAudio] | None = None,
    why: str = "imported",
) -> Imported:
    """Add items that a project does not have yet.

    Args:
        session: a writing transaction.
        project: where.
        actor: a lead. An imported item has no author and no writer: anybody may inspect it.
        items: in the order to keep.
        now: the moment.
        inspect: put them into inspection at once; else they wait for a writer.
        clips: their sound, by `audio_path`.
        why: for the revision.

    Raises:
        Refused: not a lead.
    """
    if not actor.has(Role.LEAD):
        raise Refused("role", "only a lead may import items")
    known = set(session.scalars(select(Item.public_id).where(Item.project_id == project.id)))
    added, left = 0, []
    state = State.INSPECTION if inspect else State.DRAFT
    for item in items:
        if item.id in known:
            left.append(item.id)
            continue
        known.add(item.id)
        row = Item(
            project_id=project.id,
            public_id=item.id[:200],
            state=state.value,
            version=0,
            revision=0,
            errors=0,
            author_id=None,
            created=now,
            changed=now,
        )
        session.add(row)
        session.flush()
        content = from_item(item)
        kept = (clips or {}).get(item.audio_path)
        if kept is None and content.url.strip():
            # It came without its clip; what it says of its video is enough to cut one.
            content = msgspec.structs.replace(content, cut=True)
        add_revision(session, project, row, actor, content, why, now, kind="import")
        session.add(
            Event(
                item_id=row.id,
                at=now,
                person_id=actor.person,
                action="import",
                state=row.state,
                version=row.version,
                revision=row.revision,
                comment=why,
            )
        )
        if kept is not None:
            add_recording(
                session, project.id, kept, now, source=f"file:{item.audio_path}", title=item.audio_path
            )
            enqueue(session, project.id, "clip", row.clip_key, {"item": row.id}, now, item_id=row.id)
        added += 1
    session.flush()
    return Imported(added, tuple(left))
