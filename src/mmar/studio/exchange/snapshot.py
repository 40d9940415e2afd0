"""Snapshots of items: the approved ones now, or those of an earlier release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.errors import InputError, UsageError
from mmar.files.hashing import sha256_file
from mmar.items import Item as PublicItem
from mmar.studio.data.item_tables import Item, Revision
from mmar.studio.data.tables import Clip, Project, Release, ReleasedClip
from mmar.studio.media.media_store import media_file
from mmar.studio.store.clips import clip_of, published_path
from mmar.studio.store.revisions import content_at
from mmar.studio.store.takedowns import is_taken_down, taken_down
from mmar.studio.workflow import ItemContent, State
from mmar.studio.workflow.content import to_item

__all__ = ["Snapshot", "clip_files", "refuse_taken_down", "release_snapshot", "take_snapshot"]


class Snapshot(msgspec.Struct, frozen=True):
    """Items, clips and facts of a release.

    Attributes:
        items: in the order of their numbers, in the publisher's form.
        revisions: the item's number and the revision that was taken, in the same order.
        clips: the sound by public id, where there is one.
        measured: what is known of the clips now, by public id; empty where a release is written again.
    """

    items: tuple[PublicItem, ...]
    revisions: tuple[tuple[int, int], ...]
    clips: dict[str, ReleasedClip]
    measured: Mapping[str, Clip] = msgspec.field(default_factory=dict)


def take_snapshot(session: Session, project: Project) -> Snapshot:
    """The approved items in this transaction.

    Raises:
        UsageError: the project requires audio and an approved item has no clip (`audio-missing`).
    """
    banned = taken_down(session, project.id)
    rows = session.execute(
        select(Item, Revision.content)
        .join(Revision, (Revision.item_id == Item.id) & (Revision.number == Item.revision))
        .where(Item.project_id == project.id, Item.state == State.APPROVED.value)
        .order_by(Item.id)
    )
    items, revisions, measured = [], [], {}
    silent: list[str] = []
    for item, content in rows:
        clip = clip_of(session, item)
        if is_taken_down(banned, item.public_id, content.url, clip.sha256 if clip else None):
            continue
        items.append(_public(item, content, clip is not None))
        revisions.append((item.id, item.revision))
        if clip is not None:
            measured[item.public_id] = clip
        else:
            silent.append(item.public_id)
    if silent and project.settings.needs_audio:
        raise UsageError(
            f"{len(silent)} approved item{'s' * (len(silent) != 1)} without a clip, e.g. {silent[0]}",
            code="audio-missing",
            hint="reopen them and add their audio, or stop requiring audio in the project's settings",
        )
    return Snapshot(
        tuple(items),
        tuple(revisions),
        {name: ReleasedClip(clip.path, clip.sha256) for name, clip in measured.items()},
        measured,
    )


def release_snapshot(session: Session, release: Release) -> Snapshot:
    """The items of a release in the revisions that were released.

    What was taken down is among them.
    """
    items = []
    for number, revision in release.items:
        item = session.get_one(Item, number)
        content = content_at(session, number, revision)
        items.append(_public(item, content, item.public_id in release.clips))
    return Snapshot(tuple(items), tuple(release.items), release.clips)


def refuse_taken_down(version: str, items: Sequence[str]) -> None:
    """Raise a `UsageError` that names an item of a version that was taken down after it was released."""
    if items:
        raise UsageError(
            f"version {version} holds what was taken down since ({items[0]}; {len(items)} in all), so it is not written "
            "again; release a new version",
            code="taken-down",
        )


def clip_files(media: Path, clips: Mapping[str, ReleasedClip]) -> dict[str, Path]:
    """The files of frozen clips, by public id.

    Raises:
        InputError: one is gone, or is not the one that was frozen.
    """
    found = {}
    for name, clip in clips.items():
        found[name] = media_file(media, clip.path)
        if sha256_file(found[name]) != clip.sha256:
            raise InputError(
                f'the clip of "{name}" is not the one that was frozen',
                file=str(found[name]),
                hint="restore it from a backup",
                code="clip-changed",
            )
    return found


def _public(item: Item, content: ItemContent, with_clip: bool) -> PublicItem:  # noqa: FBT001
    path = published_path(content, item.public_id, with_clip=with_clip)
    return to_item(content, item.public_id, path, regions=True)
