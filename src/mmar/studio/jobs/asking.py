"""Queueing questions to the model, for one item or for all that are in preparation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.errors import UsageError
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Project
from mmar.studio.store.jobs import enqueue
from mmar.studio.workflow import State

__all__ = ["ITEM_KINDS", "ask_all", "ask_one"]

ITEM_KINDS = ("thinking", "distractors", "sub_category", "rubric", "guess")
"""What may be asked about one item."""


def ask_one(session: Session, project: Project, item_id: int, kind: str, person: int, now: datetime) -> None:
    """Queue one question about one item.

    Raises:
        UsageError: no such kind.
    """
    if kind not in ITEM_KINDS:
        raise UsageError(f"ask for one of {', '.join(ITEM_KINDS)}")
    enqueue(
        session,
        project.id,
        "propose",
        f"{kind}:{item_id}",
        {"kind": kind, "item": item_id},
        now,
        person_id=person,
        item_id=item_id,
    )


def ask_all(session: Session, project: Project, person: int, kinds: Sequence[str], now: datetime) -> int:
    """Queue questions about every item in preparation.

    Returns:
        How many.
    """
    items = session.scalars(
        select(Item.id).where(Item.project_id == project.id, Item.state == State.PREPARATION.value)
    ).all()
    for item_id in items:
        for kind in kinds:
            ask_one(session, project, item_id, kind, person, now)
    return len(items) * len(kinds)
