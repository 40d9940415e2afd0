"""Proposals of models, stored with the model and the prompt until somebody reviews them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from mmar.studio.data.item_tables import Item, Proposal
from mmar.studio.store.inspection import BEFORE_APPROVAL, key_known_to
from mmar.studio.workflow import Actor, Role

__all__ = [
    "ACCEPTABLE_KINDS",
    "KINDS",
    "Waiting",
    "acceptable_proposals",
    "add_proposal",
    "count_waiting_proposals",
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
    """Numbers of open proposals that a person can review, and that are hidden since they reveal a key."""

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
    """Store a model's proposal; an open one of the same kind for the same item becomes outdated.

    Without `item` it is about the whole board. `revision` is the one that the model was asked about.
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
        job_id=job_id,
        at=now,
    )
    session.add(proposal)
    session.flush()
    return proposal


def open_proposals(
    session: Session, project_id: int, *, item_id: int | None = None, kinds: Sequence[str] = tuple(KINDS)
) -> list[Proposal]:
    """Open proposals, newest first."""
    query = select(Proposal).where(
        Proposal.project_id == project_id, Proposal.state == "open", Proposal.kind.in_(kinds)
    )
    if item_id is not None:
        query = query.where(Proposal.item_id == item_id)
    return list(session.scalars(query.order_by(Proposal.id.desc()).limit(200)))


def visible_proposals(
    session: Session, project_id: int, actor: Actor, *, kind: str = "", before: int = 0, limit: int = 200
) -> list[Proposal]:
    """A page of the open proposals that a person can review, newest first, with ids below `before`.

    Without the role lead these are the ones for the person's own items and for the board. Those that reveal the
    key of an item which the person may still be asked to answer blind are left out.
    """
    query = _waiting(project_id, actor).where(_reveals_no_key(actor))
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
    """Ids of the open proposals that a person could accept unchanged, oldest first, with ids up to `upto`."""
    query = _waiting(project_id, actor).where(
        _reveals_no_key(actor), Proposal.kind.in_([one for one in ACCEPTABLE_KINDS if kind in ("", one)])
    )
    if upto is not None:
        query = query.where(Proposal.id <= upto)
    if item_id is not None:
        query = query.where(Proposal.item_id == item_id)
    return list(session.scalars(query.with_only_columns(Proposal.id).order_by(Proposal.id)))


def count_waiting_proposals(session: Session, project_id: int, actor: Actor, *, kind: str = "") -> Waiting:
    """The numbers of open proposals for a person."""
    query = _waiting(project_id, actor)
    if kind:
        query = query.where(Proposal.kind == kind)
    everything = session.scalar(query.with_only_columns(func.count())) or 0
    shown = session.scalar(query.where(_reveals_no_key(actor)).with_only_columns(func.count())) or 0
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


def _reveals_no_key(actor: Actor) -> ColumnElement[bool]:
    """As `inspection.key_is_hidden`, for many at once."""
    if not actor.has(Role.INSPECTOR):
        return true()
    return or_(
        Proposal.item_id.is_(None),
        Item.state.not_in([state.value for state in BEFORE_APPROVAL]),
        key_known_to(actor.person),
    )


def proposals_of(session: Session, item_id: int) -> list[Proposal]:
    """All proposals for an item, reviewed or not, newest first."""
    query = select(Proposal).where(Proposal.item_id == item_id)
    return list(session.scalars(query.order_by(Proposal.id.desc()).limit(200)))
