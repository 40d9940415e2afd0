"""What models propose: kept beside the item, with the model and the prompt's digest, until somebody decides."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, exists, func, or_, select, true
from sqlalchemy.orm import Session

from mmar.studio.data.item_tables import Item, KeyView, Proposal, Revision
from mmar.studio.data.tables import Project
from mmar.studio.store.inspection import BEFORE_APPROVAL
from mmar.studio.workflow import Actor, NotFound, Role

__all__ = [
    "ACCEPTABLE_KINDS",
    "KINDS",
    "Waiting",
    "acceptable_proposals",
    "add_proposal",
    "count_waiting_proposals",
    "find_proposal",
    "open_proposals",
    "proposals_of",
    "visible_proposals",
]

KINDS: dict[str, str] = {
    "thinking": "Improve reasoning",
    "distractors": "Improve distractors",
    "sub_category": "Suggest category",
    "rubric": "Write rubric",
    "guess": "Answer without audio",
    "ideas": "More ideas",
    "grouping": "Categories for ideas",
}
"""Kinds of proposals, as they are shown."""

ACCEPTABLE_KINDS = ("thinking", "distractors", "sub_category", "rubric")
"""Kinds that change an item when they are taken over."""


class Waiting(msgspec.Struct, frozen=True):
    """How many proposals wait for somebody.

    Attributes:
        shown: those that they may look at and decide on.
        hidden: those for items that they may still be asked to answer by ear.
    """

    shown: int
    hidden: int


def add_proposal(
    session: Session,
    project_id: int,
    kind: str,
    content: Mapping[str, Any],
    *,
    model: str,
    prompt: str,
    now: datetime,
    item: Item | None = None,
    revision: int | None = None,
    job_id: int | None = None,
) -> Proposal:
    """Keep what a model proposed; an open proposal of the same kind for the same item is thereby out of date.

    Args:
        session: a writing transaction.
        project_id: where.
        kind: a key of `KINDS`.
        content: what is proposed.
        model: which model proposed it.
        prompt: the whole of what it was asked.
        now: the moment.
        item: about which item; `None` for the whole board.
        revision: the revision that was asked about; the newest when not given.
        job_id: the job that asked.
    """
    if item is not None:
        for old in session.scalars(
            select(Proposal).where(
                Proposal.item_id == item.id, Proposal.kind == kind, Proposal.state == "open"
            )
        ):
            old.state, old.decided = "outdated", now
    proposal = Proposal(
        project_id=project_id,
        item_id=item.id if item is not None else None,
        revision=(revision or item.revision) if item is not None else None,
        kind=kind,
        content=dict(content),
        model=model,
        prompt=prompt,
        prompt_sha256=hashlib.sha256(prompt.encode()).hexdigest(),
        state="open",
        job_id=job_id,
        at=now,
    )
    session.add(proposal)
    session.flush()
    return proposal


def open_proposals(
    session: Session, project_id: int, *, item_id: int | None = None, kinds: Sequence[str] = tuple(KINDS)
) -> list[Proposal]:
    """What waits for a decision, newest first."""
    query = select(Proposal).where(
        Proposal.project_id == project_id, Proposal.state == "open", Proposal.kind.in_(kinds)
    )
    if item_id is not None:
        query = query.where(Proposal.item_id == item_id)
    return list(session.scalars(query.order_by(Proposal.id.desc()).limit(200)))


def visible_proposals(
    session: Session, project_id: int, actor: Actor, *, kind: str = "", before: int = 0, limit: int = 200
) -> list[Proposal]:
    """Open proposals for this person to decide, newest first.

    Whoever is no lead finds those for their own items and for the board. Nobody finds those that tell the key
    of an item which they may still be asked to answer by ear.

    Args:
        session: an open transaction.
        project_id: where.
        actor: who looks.
        kind: only this kind; empty for all.
        before: the last number of the page before.
        limit: most of them.
    """
    query = _waiting(project_id, actor).where(_tells_nothing(actor))
    if kind:
        query = query.where(Proposal.kind == kind)
    if before:
        query = query.where(Proposal.id < before)
    return list(session.scalars(query.order_by(Proposal.id.desc()).limit(limit)))


def acceptable_proposals(
    session: Session,
    project_id: int,
    actor: Actor,
    *,
    kind: str = "",
    item_id: int | None = None,
    upto: int | None = None,
) -> list[int]:
    """The numbers of open proposals that this person could take over many at once, oldest first.

    Args:
        session: an open transaction.
        project_id: where.
        actor: who decides.
        kind: only this kind of `ACCEPTABLE_KINDS`; empty for all of them.
        item_id: only those for this item.
        upto: no newer one, since what came after somebody looked was not looked at; `None` for all.
    """
    query = _waiting(project_id, actor).where(
        _tells_nothing(actor),
        Proposal.kind.in_([one for one in ACCEPTABLE_KINDS if kind in ("", one)]),
    )
    if upto is not None:
        query = query.where(Proposal.id <= upto)
    if item_id is not None:
        query = query.where(Proposal.item_id == item_id)
    return list(session.scalars(query.with_only_columns(Proposal.id).order_by(Proposal.id)))


def count_waiting_proposals(session: Session, project_id: int, actor: Actor, *, kind: str = "") -> Waiting:
    """How many open proposals there are for this person."""
    query = _waiting(project_id, actor)
    if kind:
        query = query.where(Proposal.kind == kind)
    everything = session.scalar(query.with_only_columns(func.count())) or 0
    shown = session.scalar(query.where(_tells_nothing(actor)).with_only_columns(func.count())) or 0
    return Waiting(shown, everything - shown)


def _waiting(project_id: int, actor: Actor) -> Any:
    query = (
        select(Proposal)
        .outerjoin(Item, Item.id == Proposal.item_id)
        .where(Proposal.project_id == project_id, Proposal.state == "open")
    )
    if actor.has(Role.LEAD):
        return query
    own = Item.author_id == actor.person if actor.has(Role.ANNOTATOR) else Proposal.item_id.is_(None)
    return query.where(or_(Proposal.item_id.is_(None), own))


def _tells_nothing(actor: Actor) -> ColumnElement[bool]:
    """As `inspection.key_is_hidden`, for many at once."""
    if not actor.has(Role.INSPECTOR):
        return true()
    seen = exists().where(KeyView.item_id == Item.id, KeyView.person_id == actor.person)
    wrote = exists().where(
        Revision.item_id == Item.id, Revision.author_id == actor.person, Revision.kind == "edit"
    )
    return or_(
        Proposal.item_id.is_(None),
        Item.state.not_in([state.value for state in BEFORE_APPROVAL]),
        Item.author_id == actor.person,
        seen,
        wrote,
    )


def find_proposal(session: Session, project: Project, proposal_id: int) -> Proposal:
    """A proposal of a project.

    Raises:
        UsageError: the project has no such proposal.
    """
    found = session.get(Proposal, proposal_id, with_for_update=True)
    if found is None or found.project_id != project.id:
        raise NotFound(f"this project has no proposal {proposal_id}")
    return found


def proposals_of(session: Session, item_id: int) -> list[Proposal]:
    """Everything that models proposed for an item, decided or not, newest first."""
    query = select(Proposal).where(Proposal.item_id == item_id)
    return list(session.scalars(query.order_by(Proposal.id.desc()).limit(200)))
