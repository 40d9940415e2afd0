"""Projects, their settings and their taxonomy."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TypeVar

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mmar.errors import InputError
from mmar.studio.config import ProjectSettings
from mmar.studio.data.item_tables import Item, Proposal
from mmar.studio.data.tables import Clip, Idea, Membership, Person, Project, Recording, TaxonomyVersion
from mmar.studio.workflow import Actor, NotFound, Role
from mmar.studio.workflow.content import LONGEST_NAME, LONGEST_TEXT, check_length
from mmar.studio.workflow.taxonomy import MMAR_TEMPLATE

Row = TypeVar("Row", Item, Idea, Clip, Recording, Proposal)
_MAX_ENTRIES = 2_000
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z")


def add_project(
    session: Session, slug: str, title: str, by: Person, now: datetime, about: str = ""
) -> Project:
    """Create a project with MMAR's taxonomy; its creator becomes its admin."""
    if _SLUG.match(slug) is None:
        raise InputError(
            f'"{slug}" is not a valid short name',
            field="slug",
            hint="use up to 40 lowercase letters, digits and hyphens",
            code="invalid-slug",
        )
    check_length(title, "title", LONGEST_NAME)
    check_length(about, "about", LONGEST_TEXT)
    if find_project(session, slug) is not None:
        raise InputError(
            f'the short name "{slug}" is taken', field="slug", hint="choose another", code="slug-exists"
        )
    project = Project(
        slug=slug, title=title.strip() or slug, about=about, settings=ProjectSettings(), created=now
    )
    session.add(project)
    session.flush()
    session.add(Membership(project_id=project.id, person_id=by.id, role=Role.ADMIN.value))
    session.add(
        TaxonomyVersion(
            project_id=project.id,
            number=1,
            tree=MMAR_TEMPLATE,
            why="MMAR's layers as the template",
            author_id=by.id,
            created=now,
        )
    )
    session.flush()
    return project


def find_project(session: Session, slug: str) -> Project | None:
    """A project by its short name."""
    return session.scalar(select(Project).where(Project.slug == slug))


def row_in(session: Session, project: Project, kind: type[Row], row_id: int, *, lock: bool = False) -> Row:
    """A row of a project (or `NotFound`); with `lock` nobody else can change it until the transaction ends."""
    row = session.get(kind, row_id, with_for_update=lock)
    if row is None or row.project_id != project.id:
        raise NotFound(f"this project has no {kind.__tablename__} {row_id}")
    return row


def projects_of(session: Session, person: Person) -> list[Project]:
    """The projects that a person may see, by title."""
    query = select(Project).order_by(Project.title)
    if not person.site_admin:
        mine = select(Membership.project_id).where(Membership.person_id == person.id)
        query = query.where(Project.id.in_(mine))
    return list(session.scalars(query))


def change_settings(project: Project, actor: Actor, **values: object) -> None:
    """Change some of a project's settings; errors as of `save_settings`."""
    save_settings(project, actor, msgspec.structs.replace(project.settings, **values))


def save_settings(project: Project, actor: Actor, settings: ProjectSettings) -> None:
    """Replace a project's settings; an `InputError` if a value is not valid."""
    actor.require(Role.LEAD, "change the project's settings")
    if not 1 <= settings.inspections <= 9:
        raise InputError("an item has 1 to 9 inspectors", field="inspections", code="invalid-inspections")
    if any(target < 0 for target in settings.targets.values()):
        raise InputError("a target must be 0 or more", field="targets", code="invalid-target")
    for name in ("licence", "contact"):
        check_length(getattr(settings, name), name, 1000)
    check_length(settings.how_made, "how_made", LONGEST_TEXT)
    check_length(settings.licence_text, "licence_text", 200_000)
    for name, limit in (("modalities", 60), ("languages", 20), ("targets", 300)):
        texts = list(getattr(settings, name))
        if len(texts) > _MAX_ENTRIES:
            raise InputError(
                f"{name}: {len(texts):,} entries, at most {_MAX_ENTRIES:,} are allowed",
                field=name,
                code="too-many-entries",
            )
        for text in texts:
            check_length(text, name, limit)
    project.settings = settings


def state_counts(session: Session, project_id: int) -> dict[str, int]:
    """Items by state."""
    rows = session.execute(
        select(Item.state, func.count()).where(Item.project_id == project_id).group_by(Item.state)
    )
    return dict(rows.all())


def newest_taxonomy(session: Session, project_id: int) -> TaxonomyVersion:
    """The current taxonomy."""
    return session.scalars(
        select(TaxonomyVersion)
        .where(TaxonomyVersion.project_id == project_id)
        .order_by(TaxonomyVersion.number.desc())
        .limit(1)
    ).one()


def taxonomy_versions(session: Session, project_id: int) -> list[TaxonomyVersion]:
    """All versions of the taxonomy, newest first."""
    return list(
        session.scalars(
            select(TaxonomyVersion)
            .where(TaxonomyVersion.project_id == project_id)
            .order_by(TaxonomyVersion.number.desc())
        )
    )
