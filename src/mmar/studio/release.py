"""Freezing approved items: what goes into a release, written by `exchange`, noted in the database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.errors import InputError, UsageError
from mmar.items import Item as PublicItem
from mmar.items import benchmark_digest
from mmar.items.video import addresses, find_video
from mmar.studio.config import StudioConfig
from mmar.studio.data import Database
from mmar.studio.data.item_tables import Item, Revision
from mmar.studio.data.release_tables import Release, Takedown
from mmar.studio.data.tables import Project
from mmar.studio.hints import audit_report
from mmar.studio.library import media_file
from mmar.studio.store.clips import clip_of
from mmar.studio.store.people import members
from mmar.studio.store.queues import blind_answers
from mmar.studio.workflow import State
from mmar.studio.workflow.agreement import human_score
from mmar.studio.workflow.content import to_item

__all__ = ["Frozen", "freeze", "release_folder", "taken_down", "write_project_release"]

_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}\Z")


class Frozen(msgspec.Struct, frozen=True):
    """What a release is made of.

    Attributes:
        items: in the order of their numbers, in the publisher's form.
        revisions: the item's number and the revision that was taken, in the same order.
        audio: the clip's file by public id, where there is one.
        left_out: public ids of approved items that a takedown names.
    """

    items: tuple[PublicItem, ...]
    revisions: tuple[tuple[int, int], ...]
    audio: Mapping[str, Path]
    left_out: tuple[str, ...]


def taken_down(session: Session, project_id: int) -> frozenset[str]:
    """What no release may hold: public ids, and videos by their key."""
    found = set()
    for what in session.scalars(select(Takedown.what).where(Takedown.project_id == project_id)):
        video = find_video(what)
        found.add(video.key if video else what)
    return frozenset(found)


def freeze(session: Session, project: Project, media: Path) -> Frozen:
    """The approved items as they are in this transaction."""
    banned = taken_down(session, project.id)
    rows = session.execute(
        select(Item, Revision.content)
        .join(Revision, (Revision.item_id == Item.id) & (Revision.number == Item.revision))
        .where(Item.project_id == project.id, Item.state == State.APPROVED.value)
        .order_by(Item.id)
    )
    items, revisions, audio, left_out = [], [], {}, []
    for item, content in rows:
        videos = {video.key for address in addresses(content.url) if (video := find_video(address))}
        if item.public_id in banned or videos & banned or content.url in banned:
            left_out.append(item.public_id)
            continue
        path = content.audio_path or f"./audio/{item.public_id}.wav"
        items.append(to_item(content, item.public_id, path))
        revisions.append((item.id, item.revision))
        clip = clip_of(session, item)
        if clip is not None:
            audio[item.public_id] = media_file(media, clip.path)
    return Frozen(tuple(items), tuple(revisions), audio, tuple(left_out))


def release_folder(config: StudioConfig, project: Project, version: str) -> Path:
    """Where a release lies.

    Raises:
        InputError: the version cannot be a folder's name.
    """
    if _VERSION.match(version) is None or ".." in version:
        raise InputError(
            f"“{version}” cannot be a version",
            field="version",
            hint="use letters, digits and . _ -, at most 40, e.g. 1.0",
        )
    return config.releases / project.slug / version


def write_project_release(
    config: StudioConfig,
    database: Database,
    slug: str,
    version: str,
    now: datetime,
    *,
    person_id: int | None = None,
) -> Release:
    """Freeze the approved items of a project and write them.

    A version that exists is written again from the revisions that it froze; the files are the same to the
    byte.

    Args:
        config: where the files go.
        database: the studio's.
        slug: the project's short name.
        version: of the release.
        now: the moment; a version written again keeps its first day.
        person_id: who releases.

    Raises:
        UsageError: no such project, nothing approved, or the version exists with other items.
        InputError: the version cannot be a folder's name.
    """
    from mmar.studio.exchange import ReleaseFacts, TakenDown, new_canary, write_release

    with database.write() as session:
        project = session.scalar(select(Project).where(Project.slug == slug))
        if project is None:
            raise UsageError(f"there is no project “{slug}”")
        folder = release_folder(config, project, version)
        if not project.settings.canary:
            project.settings = msgspec.structs.replace(project.settings, canary=new_canary(project.slug))
        frozen = freeze(session, project, config.media)
        if not frozen.items:
            raise UsageError("no approved item can be released yet")
        digest = benchmark_digest(frozen.items)
        known = session.scalar(
            select(Release).where(Release.project_id == project.id, Release.version == version)
        )
        if known is not None and known.digest != digest:
            raise UsageError(f"version {version} was released with other items; choose a new version")
        before = session.scalar(
            select(Release)
            .where(Release.project_id == project.id, Release.version != version)
            .where(Release.id < (known.id if known else 1 << 60))
            .order_by(Release.id.desc())
            .limit(1)
        )
        facts = _typed(known.facts) if known else _facts(session, project, frozen)
        day = known.day if known else now.date().isoformat()
        banned = session.scalars(
            select(Takedown).where(Takedown.project_id == project.id).order_by(Takedown.id)
        ).all()
    about = ReleaseFacts(
        name=project.slug,
        version=version,
        date=day,
        taken_down=tuple(TakenDown(one.what, one.why) for one in banned),
        **facts,
    )
    previous = config.releases / before.path if before is not None else None
    folder.parent.mkdir(parents=True, exist_ok=True)
    write_release(
        folder,
        frozen.items,
        frozen.audio or None,
        about,
        previous=previous if previous is not None and previous.is_dir() else None,
    )
    with database.write() as session:
        found = session.scalar(
            select(Release).where(Release.project_id == project.id, Release.version == version)
        )
        if found is None:
            found = Release(
                project_id=project.id,
                version=version,
                day=day,
                digest=digest,
                items=frozen.revisions,
                path=f"{project.slug}/{version}",
                facts=facts,
                person_id=person_id,
                at=now,
            )
            session.add(found)
            session.flush()
        return found


def _facts(session: Session, project: Project, frozen: Frozen) -> dict[str, Any]:
    """What the data sheet says, from the settings and from what inspectors did; kept with the release."""
    score = human_score(blind_answers(session, project.id))
    settings = project.settings
    team = tuple(
        f"{person.name} ({', '.join(sorted(roles))})" for person, roles in members(session, project.id)
    )
    facts: dict[str, Any] = {
        "title": project.title,
        "description": project.about or project.title,
        "how_made": settings.how_made
        or "Written, prepared, inspected by ear and corrected in mmar studio until approved.",
        "people": team,
        "licence_name": settings.licence,
        "licence_text": settings.licence_text or settings.licence,
        "canary": settings.canary,
        "withheld": settings.withheld,
        "contact": settings.contact,
        "audit_report": audit_report(frozen.items, project.slug),
    }
    if score.accuracy is not None:
        facts["human_accuracy"] = (
            f"{score.accuracy:.1f} % of {score.answers} answers given by ear before the key was seen "
            f"(95 % interval {score.low:.1f} to {score.high:.1f})."
        )
    if score.units:
        alpha = "not defined" if score.alpha is None else f"{score.alpha:.3f}"
        facts["agreement"] = (
            f"Krippendorff's alpha {alpha} over {score.units} questions heard by two or more."
        )
    return facts


def _typed(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as they were kept: JSON knows lists only."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
