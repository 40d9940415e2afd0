"""Naming who is to write an item, or who is to inspect it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from mmar.errors import UsageError
from mmar.studio.data.item_tables import Assignment, Event, Item
from mmar.studio.data.tables import Person, Project
from mmar.studio.store.people import actor_in, log_action, members
from mmar.studio.store.revisions import load_case
from mmar.studio.workflow import Actor, Case, Role
from mmar.studio.workflow.case import assign_author, assign_inspector

__all__ = ["assign", "candidates"]


def assign(
    session: Session,
    project: Project,
    item: Item,
    actor: Actor,
    role: Role,
    person_id: int | None,
    now: datetime,
    *,
    traced: bool = True,
) -> None:
    """Name who is to write an item, or who is to inspect it; noted in its history and in the audit log.

    Args:
        session: a writing transaction.
        project: where.
        item: which; locked.
        actor: a lead.
        role: `ANNOTATOR` or `INSPECTOR`.
        person_id: who; `None` lets any inspector take it again.
        now: the moment.
        traced: whether the audit log gets a line for this item; the item's history always does.

    Raises:
        UsageError: nobody of this number works in the project, or an item is left without a writer.
        NotAllowed: a rule of `workflow.assignment` does not hold.
    """
    case = load_case(session, project, item)
    person = session.get(Person, person_id) if person_id is not None else None
    if person_id is not None and (person is None or not person.active):
        raise UsageError("there is no such person in this project", code="unknown-person")
    named = actor_in(session, project.id, person) if person is not None else None
    if role is Role.INSPECTOR:
        after = assign_inspector(case, actor, named, now)
    elif named is not None:
        after = assign_author(case, actor, named, now)
    else:
        raise UsageError("say who is to write it", code="person-missing")
    if after == case:
        return
    if after.lease is None:
        item.lease_person_id = item.lease_until = None
    item.author_id = after.author
    session.execute(delete(Assignment).where(Assignment.item_id == item.id))
    if after.inspector is not None:
        session.add(Assignment(item_id=item.id, person_id=after.inspector, by_id=actor.person, at=now))
    said = (
        f"{person.name if person else 'anybody'} is to {'inspect' if role is Role.INSPECTOR else 'write'} it"
    )
    session.add(
        Event(
            item_id=item.id,
            at=now,
            person_id=actor.person,
            action="assign",
            state=item.state,
            version=item.version,
            revision=item.revision,
            comment=said,
        )
    )
    if traced:
        log_action(session, now, actor.person, "assigned", item.public_id, detail=said, project_id=project.id)
    session.flush()


def candidates(session: Session, project: Project, case: Case, now: datetime) -> dict[str, list[Person]]:
    """Who could be named: `annotators` while an item is written, `inspectors` until it is approved."""
    lead = Actor(0, frozenset({Role.LEAD}))
    found: dict[str, list[Person]] = {"annotators": [], "inspectors": []}
    for person, roles in members(session, project.id):
        if not person.active:
            continue
        named = Actor(person.id, roles | ({Role.ADMIN} if person.site_admin else set()))
        for name, rule in (("annotators", assign_author), ("inspectors", assign_inspector)):
            try:
                rule(case, lead, named, now)
            except UsageError:
                continue
            found[name].append(person)
    return found
