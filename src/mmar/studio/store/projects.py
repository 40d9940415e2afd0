"""Projects: made, found, set up; and their taxonomies, version by version."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mmar.errors import InputError
from mmar.studio.data.item_tables import Item
from mmar.studio.data.settings import ProjectSettings
from mmar.studio.data.tables import Idea, Membership, Person, Project, TaxonomyVersion
from mmar.studio.workflow import Actor, Refused, Role
from mmar.studio.workflow.taxonomy import (
    MMAR_TEMPLATE,
    Move,
    Taxonomy,
    lost_places,
    moved_place,
    moved_targets,
    remap,
)

__all__ = [
    "add_project",
    "find_project",
    "newest_taxonomy",
    "projects_of",
    "save_settings",
    "save_taxonomy",
    "state_counts",
    "taxonomy_versions",
]

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z")


def add_project(
    session: Session, slug: str, title: str, by: Person, now: datetime, about: str = ""
) -> Project:
    """Begin a benchmark, with MMAR's tree as its first taxonomy; whoever begins it is its admin.

    Raises:
        InputError: the short name is taken or cannot be one.
    """
    if _SLUG.match(slug) is None:
        raise InputError(
            f"“{slug}” cannot be a short name",
            field="slug",
            hint="use small letters, digits and -, at most 40",
        )
    if find_project(session, slug) is not None:
        raise InputError(f"“{slug}” is taken", field="slug", hint="take another")
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
            at=now,
        )
    )
    session.flush()
    return project


def find_project(session: Session, slug: str) -> Project | None:
    """A project by its short name."""
    return session.scalar(select(Project).where(Project.slug == slug))


def projects_of(session: Session, person: Person) -> list[Project]:
    """The projects that a person may see, by title."""
    query = select(Project).order_by(Project.title)
    if not person.site_admin:
        mine = select(Membership.project_id).where(Membership.person_id == person.id)
        query = query.where(Project.id.in_(mine))
    return list(session.scalars(query))


def save_settings(project: Project, actor: Actor, settings: ProjectSettings) -> None:
    """Change what a lead may set.

    Raises:
        Refused: not a lead.
        InputError: a value that cannot be.
    """
    if not actor.has(Role.LEAD):
        raise Refused("role", "only a lead may change the project's settings")
    if not 1 <= settings.inspections <= 9:
        raise InputError("1 to 9 inspectors per item", field="inspections")
    if any(target < 0 for target in settings.targets.values()):
        raise InputError("a target is 0 or more", field="targets")
    project.settings = settings


def newest_taxonomy(session: Session, project_id: int) -> TaxonomyVersion:
    """The tree in force."""
    return session.scalars(
        select(TaxonomyVersion)
        .where(TaxonomyVersion.project_id == project_id)
        .order_by(TaxonomyVersion.number.desc())
        .limit(1)
    ).one()


def taxonomy_versions(session: Session, project_id: int) -> list[TaxonomyVersion]:
    """All trees, newest first."""
    return list(
        session.scalars(
            select(TaxonomyVersion)
            .where(TaxonomyVersion.project_id == project_id)
            .order_by(TaxonomyVersion.number.desc())
        )
    )


def save_taxonomy(
    session: Session,
    project: Project,
    actor: Actor,
    tree: Taxonomy,
    moves: Sequence[Move],
    *,
    base: int,
    why: str,
    now: datetime,
) -> TaxonomyVersion:
    """Put a new tree in force and move the items of places that it no longer has, each by a revision.

    Places of ideas and targets of the coverage board go along.

    Args:
        session: a writing transaction.
        project: whose tree.
        actor: a lead.
        tree: the new one.
        moves: where the items of lost places go.
        base: number of the version that was edited.
        why: a sentence.
        now: the moment.

    Raises:
        Refused: not a lead; or somebody saved another version meanwhile (`stale`).
        InputError: the tree cannot be used, or a lost place with items has nowhere to go.
    """
    from mmar.studio.store.revisions import add_revision, content_of

    if not actor.has(Role.LEAD):
        raise Refused("role", "only a lead may change the taxonomy")
    old = newest_taxonomy(session, project.id)
    if old.number != base:
        raise Refused("stale", f"somebody saved version {old.number} meanwhile; look at it and try again")
    tree = tree.checked()
    lost = set(lost_places(old.tree, tree))
    targets = {(branch.name, sub) for branch in tree.layers for sub in ("", *branch.subs)}
    moved = {(move.layer, move.sub): (move.to_layer, move.to_sub) for move in moves}
    items = session.scalars(select(Item).where(Item.project_id == project.id)).all()
    for item in items:
        place = (item.category, item.sub_category)
        if place in lost and moved.get(place) not in targets:
            raise InputError(
                f"“{place[0]} / {place[1]}” still holds items and has nowhere to go",
                field="taxonomy",
                hint="say into which place they move",
            )
    new = TaxonomyVersion(
        project_id=project.id, number=old.number + 1, tree=tree, why=why, author_id=actor.person, at=now
    )
    session.add(new)
    for item in items:
        if (item.category, item.sub_category) in lost:
            content = remap(content_of(session, item), moves)
            add_revision(session, project, item, actor, content, f"taxonomy version {new.number}: {why}", now)
    for idea in session.scalars(select(Idea).where(Idea.project_id == project.id, Idea.place != "")):
        idea.place = moved_place(idea.place, moves)
    aims = moved_targets(project.settings.targets, moves)
    if aims != project.settings.targets:
        save_settings(project, actor, changed_settings(project, targets=aims))
    session.flush()
    return new


def state_counts(session: Session, project_id: int) -> dict[str, int]:
    """Items by state."""
    rows = session.execute(
        select(Item.state, func.count()).where(Item.project_id == project_id).group_by(Item.state)
    )
    return dict(rows.all())


def changed_settings(project: Project, **values: object) -> ProjectSettings:
    """The project's settings with some of them changed."""
    return msgspec.structs.replace(project.settings, **values)
