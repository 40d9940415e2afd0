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
from mmar.studio.store.projects import newest_taxonomy
from mmar.studio.store.queues import coverage_places
from mmar.studio.workflow import State
from mmar.studio.workflow.coverage import board

__all__ = ["ITEM_KINDS", "ask_about_ideas", "ask_all", "ask_one"]

ITEM_KINDS = ("thinking", "distractors", "sub_category", "rubric", "guess")
"""What may be asked about one item."""


def ask_one(
    session: Session,
    project: Project,
    item_id: int,
    kind: str,
    person: int,
    now: datetime,
    *,
    unsaved: bool = False,
) -> None:
    """Queue one question about one item; with `unsaved` about what this person has typed and not saved yet.

    Raises:
        UsageError: no such kind.
    """
    if kind not in ITEM_KINDS:
        raise UsageError(f"ask for one of {', '.join(ITEM_KINDS)}")
    enqueue(
        session,
        project.id,
        "propose",
        f"{kind}:{item_id}" + (f":{person}" if unsaved else ""),
        {"kind": kind, "item": item_id} | ({"writer": person} if unsaved else {}),
        now,
        person_id=person,
        item_id=item_id,
    )


def ask_about_ideas(session: Session, project: Project, kind: str, person: int, now: datetime) -> None:
    """Queue a question about the whole board: `ideas` for more of them, told what coverage lacks, or `grouping`."""
    tree = newest_taxonomy(session, project.id).tree
    lacking = board(
        coverage_places(session, project.id),
        [branch.name for branch in tree.layers],
        project.settings.modalities,
        project.settings.targets,
    ).next[:5]
    payload = {"kind": kind, "gaps": [f"{cell.layer}, {cell.modality}" for cell in lacking]}
    enqueue(session, project.id, "propose", kind, payload, now, person_id=person)


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
