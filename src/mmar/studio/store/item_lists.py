"""Lists of items: by filter, what each person has to do, and coverage against targets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, and_, case, exists, false, func, or_, select
from sqlalchemy.orm import Session

from mmar.studio.data.item_tables import Event, Item
from mmar.studio.data.tables import Clip, Project
from mmar.studio.store.inspection import claim_item
from mmar.studio.store.projects import newest_taxonomy
from mmar.studio.store.revisions import approved_by, wrote
from mmar.studio.workflow import Actor, Role, State
from mmar.studio.workflow.statistics import Coverage, ItemCount, coverage

NOBODY = 0
"""Means "no author" and "no assigned inspector"."""


class ItemFilter(msgspec.Struct, frozen=True):
    """A filter for items; empty values match all.

    `words` are a part of the question or of the public id, in any case; `author` and `inspector` are ids, `NOBODY` for
    items without one.
    """

    state: str = ""
    layer: str = ""
    modality: str = ""
    words: str = ""
    author: int | None = None
    inspector: int | None = None


def items_page(
    session: Session, project_id: int, chosen: ItemFilter, *, after: int = 0, limit: int = 50
) -> Sequence[Item]:
    """A page of the items that match a filter, in the order of their ids, after the last id of the previous page."""
    query = _chosen(select(Item), project_id, chosen).where(Item.id > after)
    return session.scalars(query.order_by(Item.id).limit(limit)).all()


def count_items(session: Session, project_id: int, chosen: ItemFilter) -> int:
    """The number of items that match a filter."""
    return session.scalar(_chosen(select(func.count()).select_from(Item), project_id, chosen)) or 0


def item_numbers(session: Session, project_id: int, chosen: ItemFilter) -> list[int]:
    """The ids of all items that match a filter, in order."""
    return list(session.scalars(_chosen(select(Item.id), project_id, chosen).order_by(Item.id)))


def public_ids(session: Session, items: Sequence[int]) -> dict[int, str]:
    """Public ids by item id."""
    rows = session.execute(select(Item.id, Item.public_id).where(Item.id.in_(items)))
    return dict(rows.all())


def _chosen(query: Any, project_id: int, chosen: ItemFilter) -> Any:
    query = query.where(Item.project_id == project_id)
    for column, value in (
        (Item.state, chosen.state),
        (Item.category, chosen.layer),
        (Item.modality, chosen.modality),
    ):
        if value:
            query = query.where(column == value)
    if words := chosen.words.strip():
        query = query.where(
            or_(
                Item.question.icontains(words, autoescape=True),
                Item.public_id.icontains(words, autoescape=True),
            )
        )
    for people, person in ((Item.author_id, chosen.author), (Item.inspector_id, chosen.inspector)):
        if person is not None:
            query = query.where(people.is_(None) if person == NOBODY else people == person)
    return query


MOST_COUNTED = 300
"""A queue is counted up to this number of items."""


def take_next(session: Session, project: Project, actor: Actor, queue: str, now: datetime) -> Item | None:
    """Claim the next item of the queue `inspection`, or `drafts` (items without author to write or correct).

    `None` if the queue has nothing for this person. Concurrent calls get different items.
    """
    query = _queue(project, actor, queue)
    free = or_(Item.lease_person_id.is_(None), Item.lease_until <= now)
    # First the person's own, then those that a lead assigned to them, then those that came back from correction, whose
    # author waits, then those that others approved already, so that they are finished and their answers can be compared.
    for chosen in (
        Item.lease_person_id == actor.person,
        and_(free, Item.inspector_id == actor.person),
        and_(free, Item.rejected.is_not(None)),
        *([and_(free, approved_by())] if project.settings.inspections > 1 and queue == "inspection" else []),
        free,
    ):
        item = session.scalar(
            query.where(chosen)
            .order_by(Item.changed, Item.id)
            .limit(1)
            .with_for_update(skip_locked=True, of=Item)
        )
        if item is not None:
            return claim_item(session, project, item, actor, now)
    return None


def waiting(session: Session, project: Project, actor: Actor, now: datetime) -> dict[str, int]:
    """The number of items in each of a person's queues, up to `MOST_COUNTED`."""
    free = or_(Item.lease_person_id.is_(None), Item.lease_until <= now, Item.lease_person_id == actor.person)
    result = {}
    for queue, role in (("inspection", Role.INSPECTOR), ("drafts", Role.ANNOTATOR)):
        if actor.has(role):
            query = _queue(project, actor, queue).where(free).with_only_columns(Item.id)
            few = query.limit(MOST_COUNTED).subquery()
            result[queue] = session.scalar(select(func.count()).select_from(few)) or 0
    return result


def _queue(project: Project, actor: Actor, queue: str) -> Select[Item]:
    query = select(Item).where(Item.project_id == project.id)
    role = Role.ANNOTATOR if queue == "drafts" else Role.INSPECTOR
    if not actor.has(role):
        return query.where(false())
    if queue == "drafts":
        # Imported items have no author, so corrections of them are in this queue too.
        return query.where(
            Item.state.in_([State.DRAFT.value, State.CORRECTION.value]), Item.author_id.is_(None)
        )
    if project.settings.needs_audio:
        query = query.where(exists().where(Clip.project_id == Item.project_id, Clip.key == Item.clip_key))
    return query.where(
        Item.state == State.INSPECTION.value,
        or_(Item.author_id.is_(None), Item.author_id != actor.person),
        ~wrote(actor.person),
        ~approved_by(actor.person),
        or_(Item.inspector_id.is_(None), Item.inspector_id == actor.person),
    )


def my_items(session: Session, project_id: int, person: int) -> Sequence[Item]:
    """A person's items: those to correct first, then drafts, then those in preparation."""
    order = case(
        {State.CORRECTION.value: 0, State.DRAFT.value: 1, State.PREPARATION.value: 2},
        value=Item.state,
        else_=3,
    )
    return session.scalars(
        select(Item)
        .where(
            Item.project_id == project_id,
            Item.author_id == person,
            Item.state.in_([State.CORRECTION.value, State.DRAFT.value, State.PREPARATION.value]),
        )
        .order_by(order, Item.changed.desc(), Item.id)
        .limit(200)
    ).all()


def events_of(session: Session, item_id: int) -> Sequence[Event]:
    """The events of an item, newest first."""
    return session.scalars(select(Event).where(Event.item_id == item_id).order_by(Event.id.desc())).all()


def last_rejection(session: Session, item_id: int) -> Event | None:
    """The last time an item was sent back."""
    return session.scalar(
        select(Event)
        .where(Event.item_id == item_id, Event.action.in_(["reject", "reopen"]))
        .order_by(Event.id.desc())
        .limit(1)
    )


def project_coverage(session: Session, project: Project, *, language: str = "") -> Coverage:
    """The project's items against its targets, in one language or in all."""
    rows = session.execute(
        select(Item.category, Item.modality, Item.language, Item.state, func.count())
        .where(Item.project_id == project.id, Item.revision > 0)
        .group_by(Item.category, Item.modality, Item.language, Item.state)
    )
    tree = newest_taxonomy(session, project.id).tree
    return coverage(
        [
            ItemCount(layer, modality, code, State(state), count)
            for layer, modality, code, state, count in rows
        ],
        [branch.name for branch in tree.layers],
        project.settings.modalities,
        project.settings.targets,
        language=language,
    )


def category_counts(session: Session, project_id: int) -> dict[tuple[str, str], int]:
    """Items by layer and sub-category."""
    rows = session.execute(
        select(Item.category, Item.sub_category, func.count())
        .where(Item.project_id == project_id)
        .group_by(Item.category, Item.sub_category)
    )
    return {(layer, sub): count for layer, sub, count in rows}
