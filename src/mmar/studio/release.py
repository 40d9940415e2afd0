"""Writing a release: approved items are frozen once, and a version that exists is written again as it was."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar import __version__
from mmar.audit import Accepted, audit
from mmar.errors import InputError, UsageError
from mmar.items import Benchmark, benchmark_digest
from mmar.items import Item as PublicItem
from mmar.studio.config import StudioConfig
from mmar.studio.data import Database
from mmar.studio.data.release_tables import Release, Takedown
from mmar.studio.data.settings import ProjectSettings
from mmar.studio.data.tables import Project
from mmar.studio.exchange import (
    ReleaseFacts,
    TakenDown,
    audit_text,
    bias_text,
    new_canary,
    public_items,
    without_taken_down,
    write_release,
)
from mmar.studio.freezing import freeze, freeze_again, refuse_taken_down, sound_files
from mmar.studio.jobs.converting import format_words
from mmar.studio.store.people import members
from mmar.studio.store.queues import blind_answers
from mmar.studio.workflow.agreement import human_score

__all__ = ["release_folder", "write_project_release"]

_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}\Z")


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
    accepted: Accepted | None = None,
) -> Release:
    """Freeze the approved items of a project and write them.

    A version that exists is written again: the revisions, the sounds and the words that it froze, whatever
    became of the items, the settings and the releases before it since. The files are the same to the byte.

    Args:
        config: where the files go.
        database: the studio's.
        slug: the project's short name.
        version: of the release.
        now: the moment; a version written again keeps its first day.
        person_id: who releases.
        accepted: findings of the audit that were looked at and are left as they are.

    Returns:
        The release as the database knows it; its `at` is `now` only if it is new.

    Raises:
        UsageError: no such project, nothing approved, or an item of a version that exists was taken down.
        InputError: the version cannot be a folder's name, or a clip is not the one that was frozen.
    """
    with database.write() as session:
        project = session.scalar(select(Project).where(Project.slug == slug))
        if project is None:
            raise UsageError(f"there is no project “{slug}”")
        folder = release_folder(config, project, version)
        known = _find(session, project.id, version)
        if known is None and not project.settings.canary:
            project.settings = msgspec.structs.replace(project.settings, canary=new_canary(project.slug))
        before = _before(session, project.id, version, known)
        down = _taken_down(session, project.id)
        if known is None:
            frozen = freeze(session, project)
            facts = _facts(session, project)
            facts["clip_format"] = _clip_format(project.settings, frozen.formats)
            facts["taken_down"] = msgspec.to_builtins(down)
            targets = project.settings.targets
        else:
            frozen = freeze_again(session, project, known)
            facts, targets = known.facts, {}
            if "taken_down" not in facts:  # written by an older program
                then = _taken_down(session, project.id, known.at)
                facts = {**facts, "taken_down": msgspec.to_builtins(then)}
        day = known.day if known else now.date().isoformat()
    if not frozen.items:
        raise UsageError("no approved item can be released yet")
    digest = benchmark_digest(frozen.items)
    audio = sound_files(config.media, frozen.clips)
    about = _about(slug, version, day, facts)
    if known is None:
        texts = _audited(frozen.items, audio, about, targets, accepted)
        facts, about = {**facts, **texts}, msgspec.structs.replace(about, **texts)
    else:
        if digest != known.digest:
            raise UsageError(f"version {version} was released with other items; choose a new version")
        later = [one for one in down if one not in about.taken_down]
        refuse_taken_down(version, [each.item for each in without_taken_down(frozen.items, audio, later)[1]])
    previous = config.releases / before.path if before is not None else None
    folder.parent.mkdir(parents=True, exist_ok=True)
    write_release(
        folder,
        frozen.items,
        audio or None,
        about,
        previous=previous if previous is not None and previous.is_dir() else None,
        changes=facts.get("changes"),
    )
    if known is not None:
        return known
    # Kept, since the release before may be gone when this one is written again.
    facts["changes"] = (folder / "CHANGES.md").read_text(encoding="utf-8")
    with database.write() as session:
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
                at=now,
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


def _taken_down(session: Session, project_id: int, until: datetime | None = None) -> list[TakenDown]:
    query = select(Takedown).where(Takedown.project_id == project_id).order_by(Takedown.id)
    if until is not None:
        query = query.where(Takedown.at <= until)
    return [TakenDown(one.what, one.why) for one in session.scalars(query)]


def _facts(session: Session, project: Project) -> dict[str, Any]:
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
        "written_by": f"mmar {__version__}",
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


def _audited(
    items: Sequence[PublicItem],
    audio: Mapping[str, Path],
    about: ReleaseFacts,
    targets: Mapping[str, int],
    accepted: Accepted | None,
) -> dict[str, str]:
    """The data sheet's words on faults and biases of what will be published."""
    published = public_items(without_taken_down(items, audio, about.taken_down)[0], about)
    if not published:
        return {}
    found = audit(Benchmark(published, about.name), accepted=accepted)
    return {"audit_report": audit_text(found), "bias_report": bias_text(found, published, targets)}


def _clip_format(settings: ProjectSettings, formats: Sequence[tuple[int, int]]) -> str:
    """What clips are converted to, and how many were heard and approved in another format before."""
    others = sum(
        rate != (settings.clip_rate or rate) or channels != (settings.clip_channels or channels)
        for rate, channels in formats
    )
    words = f"Clips are cut {format_words(settings)}, in 16 bits."
    return words + (f" {others} keep the format in which they were inspected." if others else "")


def _about(slug: str, version: str, day: str, facts: Mapping[str, Any]) -> ReleaseFacts:
    return msgspec.convert({**facts, "name": slug, "version": version, "date": day}, ReleaseFacts)
