"""Saving a new version of a project's taxonomy, and moving what refers to removed categories."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.errors import InputError
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Idea, Project, TaxonomyVersion
from mmar.studio.store.people import log_action
from mmar.studio.store.projects import change_settings, newest_taxonomy
from mmar.studio.store.revisions import add_revision, content_of
from mmar.studio.workflow import Actor, NotAllowed, Role
from mmar.studio.workflow.taxonomy import (
    Move,
    Taxonomy,
    moved_category,
    moved_targets,
    remap,
    removed_categories,
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
    """Save a new version of the taxonomy, based on version `base`, and log it.

    Items of removed categories are moved by `moves`, with a revision each; categories of ideas and targets are
    moved too.

    Raises:
        NotAllowed: somebody saved another version meanwhile (`stale`).
        InputError: the taxonomy is not valid, or a removed category with items has no move.
    """
    actor.require(Role.LEAD, "change the taxonomy")
    old = newest_taxonomy(session, project.id)
    if old.number != base:
        raise NotAllowed(
            "stale", f"someone else saved version {old.number} meanwhile; reload the page and try again"
        )
    tree = tree.checked()
    removed = set(removed_categories(old.tree, tree))
    targets = {(branch.name, sub) for branch in tree.layers for sub in ("", *branch.subs)}
    moved = {(move.layer, move.sub): (move.to_layer, move.to_sub) for move in moves}
    items = session.scalars(select(Item).where(Item.project_id == project.id)).all()
    for item in items:
        category = (item.category, item.sub_category)
        if category in removed and moved.get(category) not in targets:
            raise InputError(
                f'"{category[0]} / {category[1]}" was removed and still has items',
                field="taxonomy",
                hint="choose the category to move them to",
                code="items-without-category",
            )
    new = TaxonomyVersion(
        project_id=project.id, number=old.number + 1, tree=tree, why=why, author_id=actor.person, created=now
    )
    session.add(new)
    for item in items:
        if (item.category, item.sub_category) in removed:
            content = remap(content_of(session, item), moves)
            add_revision(session, project, item, actor, content, f"taxonomy version {new.number}: {why}", now)
    for idea in session.scalars(select(Idea).where(Idea.project_id == project.id, Idea.category != "")):
        idea.category = moved_category(idea.category, moves)
    new_targets = moved_targets(project.settings.targets, moves)
    if new_targets != project.settings.targets:
        change_settings(project, actor, targets=new_targets)
    log_action(session, now, actor.person, "taxonomy", f"version {new.number}", project_id=project.id)
    session.flush()
    return new
