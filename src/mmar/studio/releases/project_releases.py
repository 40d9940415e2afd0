"""Releases of a project. A version is frozen when it is first written; writing it again gives the same files."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.audit import Accepted
from mmar.errors import InputError, UsageError
from mmar.items import benchmark_digest
from mmar.studio.config import StudioConfig
from mmar.studio.data import Database
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Project, Release, Takedown
from mmar.studio.releases.release_files import public_items, write_release
from mmar.studio.releases.release_texts import Previous, ReleaseFacts
from mmar.studio.releases.snapshot import (
    audit_texts,
    clip_files,
    refuse_taken_down,
    release_facts,
    release_snapshot,
    take_snapshot,
)
from mmar.studio.store.takedowns import taken_down_since
from mmar.studio.workflow import State

_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}\Z")


def release_folder(config: StudioConfig, project: Project, version: str) -> Path:
    """The folder of a release; an `InputError` if the version cannot be a folder's name."""
    if _VERSION.match(version) is None or ".." in version:
        raise InputError(
            f'"{version}" is not a valid version',
            field="version",
            hint="use letters, digits and . _ -, at most 40, e.g. 1.0",
            code="invalid-version",
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
    accepted: Accepted | None = None,
) -> Release:
    """Write a release of the approved items, or an existing version again.

    An existing version is written again with the revisions, clips and texts that it froze; the files are
    identical, and its `created` is not `now`. `accepted` are findings of the audit that were reviewed and left as
    they are.

    Raises:
        UsageError: no such project, nothing approved, or an item of a version that exists was taken down.
        InputError: the version cannot be a folder's name, or a clip is not the one that was frozen.
    """
    with database.write() as session:
        project = session.scalar(select(Project).where(Project.slug == slug))
        if project is None:
            raise UsageError(f'there is no project "{slug}"', code="unknown-project")
        folder = release_folder(config, project, version)
        known = _find(session, project.id, version)
        if known is None and not project.settings.canary:
            project.settings = msgspec.structs.replace(project.settings, canary=_new_canary(project.slug))
        before = _before(session, project.id, version, known)
        taken_down = taken_down_since(session, before) if before is not None else []
        if known is None:
            frozen = take_snapshot(session, project)
            facts = release_facts(session, project, frozen)
            facts["takedown_reasons"] = _takedown_reasons(session, project.id)
            targets = project.settings.targets
        else:
            frozen = release_snapshot(session, known)
            facts, targets = known.facts, {}
            refuse_taken_down(version, taken_down_since(session, known))
        day = known.day if known else now.date().isoformat()
        previous = _previous(session, project, before) if known is None and before is not None else None
    if not frozen.items:
        raise UsageError("no approved item can be released yet", code="nothing-to-release")
    digest = benchmark_digest(frozen.items)
    audio = clip_files(config.media, frozen.clips)
    about = _about(slug, version, day, facts)
    if known is None:
        texts = audit_texts(frozen.items, audio, frozen.measured, about, targets, accepted)
        facts, about = {**facts, **texts}, msgspec.structs.replace(about, **texts)
    elif digest != known.digest:
        raise UsageError(
            f"version {version} was released with other items; choose a new version", code="version-exists"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    write_release(
        folder,
        frozen.items,
        audio or None,
        about,
        previous=previous,
        taken_down=taken_down,
        changes=facts.get("changes"),
        sheet=facts.get("sheet"),
    )
    if known is not None:
        return known
    # Stored, since the previous release or this version of the program may be missing when it is written again.
    facts["changes"] = (folder / "CHANGES.md").read_text(encoding="utf-8")
    facts["sheet"] = (folder / "DATASHEET.md").read_text(encoding="utf-8")
    with database.write() as session:
        session.execute(select(Project.id).where(Project.id == project.id).with_for_update())
        made = _find(session, project.id, version)
        if made is None:
            made = Release(
                project_id=project.id,
                version=version,
                day=day,
                digest=digest,
                items=frozen.revisions,
                clips=frozen.clips,
                path=f"{slug}/{version}",
                facts=facts,
                person_id=person_id,
                created=now,
            )
            session.add(made)
            session.flush()
        return made


def _find(session: Session, project_id: int, version: str) -> Release | None:
    return session.scalar(select(Release).where(Release.project_id == project_id, Release.version == version))


def _before(session: Session, project_id: int, version: str, known: Release | None) -> Release | None:
    """The release before a version: the newest other one, or the one that came before it when it is known."""
    earlier = select(Release).where(Release.project_id == project_id, Release.version != version)
    if known is not None:
        earlier = earlier.where(Release.id < known.id)
    return session.scalar(earlier.order_by(Release.id.desc()).limit(1))


def _takedown_reasons(session: Session, project_id: int) -> list[str]:
    """Reasons of all takedowns, and of released items that were taken down without one."""
    query = select(Takedown).where(Takedown.project_id == project_id).order_by(Takedown.id)
    listed = list(session.scalars(query))
    releases = session.scalars(select(Release).where(Release.project_id == project_id))
    released = {number for one in releases for number, _ in one.items}
    down = session.execute(
        select(Item.id, Item.public_id).where(
            Item.project_id == project_id, Item.state == State.TAKEN_DOWN.value
        )
    )
    named = {one.what for one in listed}
    others = sum(number in released and public_id not in named for number, public_id in down)
    return [one.why for one in listed] + ["an item, by its makers"] * others


def _previous(session: Session, project: Project, before: Release) -> Previous:
    """The release before, as the database froze it."""
    about = _about(project.slug, before.version, before.day, before.facts)
    frozen = release_snapshot(session, before)
    sounds = {name: clip.sha256 for name, clip in frozen.clips.items()}
    return Previous(public_items(frozen.items, about), sounds, before.facts.get("changes", ""))


def _new_canary(name: str) -> str:
    return f"THE BENCHMARK {name} SHOULD NEVER APPEAR IN TRAINING DATA. canary {uuid.uuid4()}"


def _about(slug: str, version: str, day: str, facts: Mapping[str, Any]) -> ReleaseFacts:
    return msgspec.convert({**facts, "name": slug, "version": version, "date": day}, ReleaseFacts)
