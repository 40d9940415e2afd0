"""What models propose: kept beside the item, with the model and the prompt's digest, until somebody decides."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.errors import InputError, UsageError
from mmar.items import Criterion
from mmar.studio.data.item_tables import Item, Proposal
from mmar.studio.data.tables import Project
from mmar.studio.store.ideas import add_idea, change_idea
from mmar.studio.store.items import save
from mmar.studio.store.queues import key_is_hidden
from mmar.studio.store.revisions import content_of, find_item
from mmar.studio.workflow import Actor, ItemContent, Refused

__all__ = [
    "KINDS",
    "Decision",
    "add_proposal",
    "applied",
    "decide",
    "find_proposal",
    "open_proposals",
    "visible_proposals",
]

KINDS: dict[str, str] = {
    "thinking": "Reasoning, clearer",
    "distractors": "Stronger wrong choices",
    "sub_category": "A better place in the taxonomy",
    "rubric": "Five criteria for judging reasoning",
    "guess": "Can it be guessed without the audio?",
    "ideas": "More ideas",
    "grouping": "A place in the taxonomy for each idea",
}
"""Kinds of proposals, as they are shown."""

Decision = Literal["accepted", "edited", "refused"]


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
    job_id: int | None = None,
) -> Proposal:
    """Keep what a model proposed; an open proposal of the same kind for the same item is thereby out of date."""
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
        revision=item.revision if item is not None else None,
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


def visible_proposals(session: Session, project_id: int, actor: Actor) -> list[Proposal]:
    """Open proposals that tell this person no key of an item which they may still answer by ear."""
    found = []
    for proposal in open_proposals(session, project_id):
        item = session.get(Item, proposal.item_id) if proposal.item_id is not None else None
        if item is None or not key_is_hidden(session, item, actor):
            found.append(proposal)
    return found


def find_proposal(session: Session, project: Project, proposal_id: int) -> Proposal:
    """A proposal of a project.

    Raises:
        UsageError: the project has no such proposal.
    """
    found = session.get(Proposal, proposal_id, with_for_update=True)
    if found is None or found.project_id != project.id:
        raise UsageError(f"this project has no proposal {proposal_id}")
    return found


def decide(
    session: Session,
    project: Project,
    proposal_id: int,
    actor: Actor,
    decision: Decision,
    now: datetime,
    *,
    edited: Mapping[str, Any] | None = None,
) -> Proposal:
    """Take a proposal over, as it is or edited, or refuse it; taking over saves a revision.

    Args:
        session: a writing transaction.
        project: where.
        proposal_id: which.
        actor: who decides.
        decision: what.
        now: the moment.
        edited: what is taken over instead, for `edited`.

    Raises:
        Refused: it was decided already (`stale`), or the actor may not change the item.
        InputError: what is taken over cannot be used.
    """
    proposal = find_proposal(session, project, proposal_id)
    if proposal.state != "open":
        raise Refused("stale", f"this proposal was {proposal.state} already")
    taken = dict(edited) if decision == "edited" and edited is not None else proposal.content
    if decision != "refused":
        _take_over(session, project, proposal, actor, taken, now)
        proposal.taken = taken
    elif not actor.roles:
        raise Refused("role", "only members of the project may do that")
    proposal.state, proposal.decided_by, proposal.decided = decision, actor.person, now
    session.flush()
    return proposal


def applied(kind: str, content: ItemContent, taken: Mapping[str, Any]) -> ItemContent:
    """An item's content with a proposal taken over.

    Raises:
        InputError: the proposal does not hold what its kind needs.
    """
    try:
        if kind == "thinking":
            return msgspec.structs.replace(content, thinking=_text(taken["thinking"]))
        if kind == "sub_category":
            return msgspec.structs.replace(
                content, category=_text(taken["category"]), sub_category=_text(taken["sub_category"])
            )
        if kind == "rubric":
            criteria = msgspec.convert(taken["criteria"], tuple[Criterion, ...])
            return msgspec.structs.replace(content, rubric=criteria)
        if kind == "distractors":
            wrong = [_text(text) for text in taken["distractors"]]
            key = content.key
            if key is None:
                raise InputError("mark the key before taking over wrong choices", field="answer")
            choices = [*wrong]
            # The key keeps its place, so that a proposal never moves the answer.
            choices.insert(min(content.answer or 0, len(choices)), key)
            return msgspec.structs.replace(content, choices=tuple(choices), answer=choices.index(key))
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise InputError(f"the proposal cannot be used: {error}", field=kind) from None
    raise InputError(f"a proposal of the kind “{kind}” changes no item", field="kind")


def _take_over(
    session: Session,
    project: Project,
    proposal: Proposal,
    actor: Actor,
    taken: Mapping[str, Any],
    now: datetime,
) -> None:
    if proposal.kind == "ideas":
        for idea in taken.get("ideas", ()):
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
        for place in taken.get("places", ()):
            change_idea(session, project, int(place["idea"]), actor, place=str(place["place"]))
        return
    if proposal.item_id is None:
        raise UsageError("this proposal belongs to no item")
    item = find_item(session, project, proposal.item_id, lock=True)
    content = applied(proposal.kind, content_of(session, item), taken)
    why = f"took over a proposal of {proposal.model}: {KINDS[proposal.kind]}"
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
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError("expected some text", field="proposal")
    return value.strip()
