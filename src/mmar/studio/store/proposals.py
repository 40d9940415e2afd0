"""Proposals of models, stored with the model and the prompt, and people's decisions on them.

A proposal is accepted as it is or edited, which saves a revision, or rejected. `accept_proposals` accepts many at once:
each is checked as if it were reviewed alone and saved as its own revision. A proposal stays open if the question, the key
or the same field changed since the model was asked, or if the author is editing that field.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from mmar.errors import InputError, UsageError
from mmar.items import Criterion
from mmar.studio.data import Database
from mmar.studio.data.item_tables import Item, Proposal
from mmar.studio.data.tables import Project
from mmar.studio.store.bulk import BulkResult, for_each
from mmar.studio.store.drafts import find_draft
from mmar.studio.store.ideas import add_idea, change_idea
from mmar.studio.store.inspection import BEFORE_APPROVAL, key_known_to
from mmar.studio.store.items import save
from mmar.studio.store.people import log_action
from mmar.studio.store.projects import row_in
from mmar.studio.store.revisions import content_at, content_of, find_item, load_case
from mmar.studio.workflow import Actor, Case, ItemContent, NotAllowed, Role, three_way

KINDS: dict[str, str] = {
    "thinking": "Improve reasoning",
    "distractors": "Improve distractors",
    "sub_category": "Suggest category",
    "rubric": "Write rubric",
    "guess": "Answer without audio",
    "ideas": "More ideas",
    "grouping": "Categories for ideas",
}
"""Labels of the kinds of proposals."""

ACCEPTABLE_KINDS = ("thinking", "distractors", "sub_category", "rubric")
"""Kinds that change an item when they are accepted."""


class ProposalCounts(msgspec.Struct, frozen=True):
    """Numbers of open proposals: those that a person can review, and those hidden because they reveal a key."""

    visible: int
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
        created=now,
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
    query = _open(project_id, actor, kind).where(_reveals_no_key(actor))
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
    query = _open(project_id, actor, kind).where(_reveals_no_key(actor), Proposal.kind.in_(ACCEPTABLE_KINDS))
    if upto is not None:
        query = query.where(Proposal.id <= upto)
    if item_id is not None:
        query = query.where(Proposal.item_id == item_id)
    return list(session.scalars(query.with_only_columns(Proposal.id).order_by(Proposal.id)))


def count_waiting_proposals(
    session: Session, project_id: int, actor: Actor, *, kind: str = ""
) -> ProposalCounts:
    """The numbers of open proposals for a person."""
    query = _open(project_id, actor, kind)
    everything = session.scalar(query.with_only_columns(func.count())) or 0
    visible = session.scalar(query.where(_reveals_no_key(actor)).with_only_columns(func.count())) or 0
    return ProposalCounts(visible, everything - visible)


def _open(project_id: int, actor: Actor, kind: str) -> Any:
    query = (
        select(Proposal)
        .outerjoin(Item, Item.id == Proposal.item_id)
        .where(Proposal.project_id == project_id, Proposal.state == "open")
    )
    if kind:
        query = query.where(Proposal.kind == kind)
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


Decision = Literal["accepted", "edited", "refused"]


def may_review(case: Case, actor: Actor) -> bool:
    """Whether a person can accept or reject proposals for an item; items without author are for leads."""
    return actor.has(Role.LEAD) or (actor.person == case.author and actor.has(Role.ANNOTATOR))


def review_proposal(
    session: Session,
    project: Project,
    proposal_id: int,
    actor: Actor,
    decision: Decision,
    now: datetime,
    *,
    edited: Mapping[str, Any] | None = None,
    version: int | None = None,
) -> Proposal:
    """Accept a proposal, with `edited` content or unchanged, which saves a revision; or reject it.

    `version` is the item's version that the person saw.

    Raises:
        NotAllowed: it was reviewed already or the item was changed meanwhile (`stale`), or the person may not change the item.
        InputError: the proposal cannot be used.
    """
    proposal = row_in(session, project, Proposal, proposal_id, lock=True)
    if proposal.state != "open":
        raise NotAllowed("stale", f"this suggestion was reviewed already ({proposal.state})")
    accepted = dict(edited) if decision == "edited" and edited is not None else proposal.content
    if decision != "refused":
        _accept(session, project, proposal, actor, accepted, now, version)
        proposal.taken = accepted
    elif proposal.item_id is None:
        actor.require_membership()
    elif not may_review(load_case(session, project, session.get_one(Item, proposal.item_id)), actor):
        raise NotAllowed("own", "only its author or a lead can review suggestions for an item")
    proposal.state, proposal.decided_by, proposal.decided = decision, actor.person, now
    session.flush()
    return proposal


def apply_proposal(kind: str, content: ItemContent, accepted: Mapping[str, Any]) -> ItemContent:
    """An item's content with a proposal applied; an `InputError` if the proposal lacks what its kind needs."""
    try:
        if kind == "thinking":
            return msgspec.structs.replace(content, thinking=_text(accepted["thinking"]))
        if kind == "sub_category":
            return msgspec.structs.replace(
                content, category=_text(accepted["category"]), sub_category=_text(accepted["sub_category"])
            )
        if kind == "rubric":
            criteria = msgspec.convert(accepted["criteria"], tuple[Criterion, ...])
            return msgspec.structs.replace(content, rubric=criteria)
        if kind == "distractors":
            wrong = [_text(text) for text in accepted["distractors"]]
            key = content.key
            if key is None:
                raise InputError(
                    "select the key before accepting distractors", field="answer", code="key-missing"
                )
            choices = [*wrong]
            # The key keeps its index, so that a proposal never moves the answer.
            choices.insert(min(content.answer or 0, len(choices)), key)
            return msgspec.structs.replace(content, choices=tuple(choices), answer=choices.index(key))
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise InputError(
            f"the suggestion cannot be used: {error}", field=kind, code="unusable-proposal"
        ) from None
    raise InputError(f'a suggestion of the kind "{kind}" changes no item', field="kind", code="unknown-kind")


def _accept(
    session: Session,
    project: Project,
    proposal: Proposal,
    actor: Actor,
    accepted: Mapping[str, Any],
    now: datetime,
    version: int | None,
) -> None:
    if proposal.kind == "ideas":
        for idea in accepted.get("ideas", ()):
            add_idea(
                session,
                project,
                actor,
                str(idea.get("title", "")),
                str(idea.get("detail", "")),
                [str(tag) for tag in idea.get("tags", ())],
                now,
                model=proposal.model,
            )
        return
    if proposal.kind == "grouping":
        for row in accepted.get("categories", ()):
            change_idea(session, project, int(row["idea"]), actor, category=str(row["category"]))
        return
    if proposal.item_id is None:
        raise UsageError("this suggestion belongs to no item", code="no-item")
    item = find_item(session, project, proposal.item_id, lock=True)
    if version is not None and version != item.version:
        raise NotAllowed(
            "stale", "the item was changed since you opened this suggestion; review the difference again"
        )
    content = apply_proposal(proposal.kind, content_of(session, item), accepted)
    edited = ", edited" if accepted != proposal.content else ""
    why = f"accepted a proposal of {proposal.model}: {KINDS[proposal.kind]}{edited}"
    save(
        session,
        project,
        item.id,
        actor,
        content,
        version=item.version,
        base=item.revision,
        why=why,
        now=now,
        typed=False,
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError("expected a text", field="proposal", code="unusable-proposal")
    return value.strip()


def accept_proposals(
    database: Database, project: Project, numbers: Sequence[int], actor: Actor, clock: Callable[[], datetime]
) -> BulkResult:
    """Accept proposals unchanged, in short transactions.

    Those that a rule forbids or that would overwrite edits stay open.
    """

    def accept(session: Session, row: Project, proposal: Proposal, now: datetime) -> None:
        _accept_unchanged(session, row, proposal, actor, now)

    result = for_each(database, project, Proposal, numbers, accept, clock)
    if result.done:
        with database.write() as session:
            log_action(
                session,
                clock(),
                actor.person,
                "accepted",
                project.slug,
                detail=f"{result.done} proposals",
                project_id=project.id,
            )
    return result


def _accept_unchanged(
    session: Session, project: Project, proposal: Proposal, actor: Actor, now: datetime
) -> None:
    if proposal.kind not in ACCEPTABLE_KINDS or proposal.item_id is None:
        raise NotAllowed("state", "they change no item; review them one by one")
    if proposal.state != "open":
        raise NotAllowed("stale", "they were reviewed meanwhile")
    # Locked before it is read, so that nobody saves in between.
    item = find_item(session, project, proposal.item_id, lock=True)
    content = content_of(session, item)
    before = content_at(session, item.id, proposal.revision or item.revision)
    if (before.question, before.key) != (content.question, content.key):
        raise NotAllowed(
            "stale", "the question or the key changed since the model was asked; review them one by one"
        )
    if three_way(before, content, apply_proposal(proposal.kind, before, proposal.content)).both:
        raise NotAllowed("stale", "the same field changed since the model was asked; review them one by one")
    draft = find_draft(session, item.id, item.author_id) if item.author_id is not None else None
    if draft is not None:
        began, new = (
            content_at(session, item.id, draft.revision),
            apply_proposal(proposal.kind, content, proposal.content),
        )
        if three_way(began, new, draft.content).both:
            raise NotAllowed("stale", "the author is editing the same field; review them one by one")
    review_proposal(session, project, proposal.id, actor, "accepted", now, version=item.version)
