"""Queueing questions to the model: about one item, many, or the whole board."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.errors import UsageError
from mmar.studio.data import Database
from mmar.studio.data.item_tables import Item, Proposal
from mmar.studio.data.tables import Project
from mmar.studio.store.jobs import enqueue
from mmar.studio.store.projects import newest_taxonomy
from mmar.studio.store.queues import coverage_places
from mmar.studio.workflow.coverage import board

__all__ = ["ITEM_KINDS", "request_board_proposal", "request_proposal", "request_proposals"]

ITEM_KINDS = ("thinking", "distractors", "sub_category", "rubric", "guess")
"""What may be asked about one item."""

_AT_ONCE = 100


def request_proposal(
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
    _known(kind)
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


def request_board_proposal(session: Session, project: Project, kind: str, person: int, now: datetime) -> None:
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


def request_proposals(
    database: Database,
    project: Project,
    items: Sequence[int],
    kinds: Sequence[str],
    person: int,
    clock: Callable[[], datetime],
    *,
    again: bool = False,
) -> tuple[int, int]:
    """Queue questions about many items, in short transactions.

    Args:
        database: for writing.
        project: where.
        items: their numbers; those of other projects and those without words are left out.
        kinds: what to ask.
        person: who asks.
        clock: the moment, UTC.
        again: also where a proposal of that kind came already, decided or not. Without it, asking the same
            again after a stop pays for nothing twice.

    Returns:
        How many were queued, and how many left because they were answered before.

    Raises:
        UsageError: no such kind.
    """
    for kind in kinds:
        _known(kind)
    queued = known = 0
    for first in range(0, len(items), _AT_ONCE):
        with database.write() as session:
            few = session.scalars(
                select(Item.id)
                .where(
                    Item.project_id == project.id,
                    Item.revision > 0,
                    Item.id.in_(items[first : first + _AT_ONCE]),
                )
                .order_by(Item.id)
            ).all()
            answered = set(
                session.execute(
                    select(Proposal.item_id, Proposal.kind).where(
                        Proposal.item_id.in_(few), Proposal.kind.in_(kinds)
                    )
                )
            )
            for item_id in few:
                for kind in dict.fromkeys(kinds):
                    if not again and (item_id, kind) in answered:
                        known += 1
                        continue
                    request_proposal(session, project, item_id, kind, person, clock())
                    queued += 1
    return queued, known


def _known(kind: str) -> None:
    if kind not in ITEM_KINDS:
        raise UsageError(f"ask for one of {', '.join(ITEM_KINDS)}, not for “{kind}”")
