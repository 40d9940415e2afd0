"""Finding items of a project: by state, place, words, and who has to do with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from mmar.studio.data.item_tables import Assignment, Item

__all__ = ["NOBODY", "ItemFilter", "count_items", "inspectors_of", "item_numbers", "items_page", "public_ids"]

NOBODY = 0
"""Stands for "no author" and "no named inspector"."""


class ItemFilter(msgspec.Struct, frozen=True):
    """Which items.

    Attributes:
        state: only these; empty for all.
        layer: only these; empty for all.
        modality: only these; empty for all.
        words: part of the question or of the public id, whatever case.
        author: only this person's; `NOBODY` for items that have none; `None` for all.
        inspector: only those that this person is named for; `NOBODY` for those without; `None` for all.
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
    """A page of a project's items in the order of their numbers.

    Args:
        session: an open transaction.
        project_id: where.
        chosen: which.
        after: the last number of the page before.
        limit: most items.
    """
    query = _chosen(select(Item), project_id, chosen).where(Item.id > after)
    return session.scalars(query.order_by(Item.id).limit(limit)).all()


def count_items(session: Session, project_id: int, chosen: ItemFilter) -> int:
    """How many there are."""
    return session.scalar(_chosen(select(func.count()).select_from(Item), project_id, chosen)) or 0


def item_numbers(session: Session, project_id: int, chosen: ItemFilter) -> list[int]:
    """The numbers of all of them, in order."""
    return list(session.scalars(_chosen(select(Item.id), project_id, chosen).order_by(Item.id)))


def inspectors_of(session: Session, items: Sequence[Item]) -> dict[int, int]:
    """Who is named to inspect, by item; items without are left out."""
    rows = session.execute(
        select(Assignment.item_id, Assignment.person_id).where(
            Assignment.item_id.in_([item.id for item in items])
        )
    )
    return dict(rows.all())


def public_ids(session: Session, items: Sequence[int]) -> dict[int, str]:
    """What items are called, by number."""
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
    if chosen.author is not None:
        query = query.where(
            Item.author_id.is_(None) if chosen.author == NOBODY else Item.author_id == chosen.author
        )
    if chosen.inspector is not None:
        named = exists().where(Assignment.item_id == Item.id)
        if chosen.inspector != NOBODY:
            named = named.where(Assignment.person_id == chosen.inspector)
        query = query.where(~named if chosen.inspector == NOBODY else named)
    return query
