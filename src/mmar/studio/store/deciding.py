"""Deciding what models propose: taken over as it is or edited, which saves a revision, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy.orm import Session

from mmar.errors import InputError, UsageError
from mmar.items import Criterion
from mmar.studio.data.item_tables import Item, Proposal
from mmar.studio.data.tables import Project
from mmar.studio.store.ideas import add_idea, change_idea
from mmar.studio.store.items import save
from mmar.studio.store.proposals import KINDS, find_proposal
from mmar.studio.store.revisions import content_of, find_item, load_case
from mmar.studio.workflow import Actor, Case, ItemContent, Refused, Role

__all__ = ["Decision", "applied", "decide", "may_decide"]

Decision = Literal["accepted", "edited", "refused"]


def may_decide(case: Case, actor: Actor) -> bool:
    """Whether somebody could take over or refuse proposals for an item; an item without author is a lead's."""
    return actor.has(Role.LEAD) or (actor.person == case.author and actor.has(Role.ANNOTATOR))


def decide(
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
    """Take a proposal over, as it is or edited, or refuse it; taking over saves a revision.

    Args:
        session: a writing transaction.
        project: where.
        proposal_id: which.
        actor: who decides.
        decision: what.
        now: the moment.
        edited: what is taken over instead, for `edited`.
        version: the item's version that they looked at; `None` accepts any.

    Raises:
        Refused: it was decided already or the item was changed meanwhile (`stale`), or the actor may not
            change the item.
        InputError: what is taken over cannot be used.
    """
    proposal = find_proposal(session, project, proposal_id)
    if proposal.state != "open":
        raise Refused("stale", f"this proposal was {proposal.state} already")
    taken = dict(edited) if decision == "edited" and edited is not None else proposal.content
    if decision != "refused":
        _take_over(session, project, proposal, actor, taken, now, version)
        proposal.taken = taken
    elif proposal.item_id is None:
        if not actor.roles:
            raise Refused("role", "only members of the project may do that")
    elif not may_decide(load_case(session, project, session.get_one(Item, proposal.item_id)), actor):
        raise Refused("own", "its author or a lead decides on proposals for an item")
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
    version: int | None,
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
    if version is not None and version != item.version:
        raise Refused(
            "stale", "the item was changed since you looked at this proposal; look at the difference again"
        )
    content = applied(proposal.kind, content_of(session, item), taken)
    edited = ", edited" if taken != proposal.content else ""
    why = f"took over a proposal of {proposal.model}: {KINDS[proposal.kind]}{edited}"
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
        raise InputError("expected some text", field="proposal")
    return value.strip()
