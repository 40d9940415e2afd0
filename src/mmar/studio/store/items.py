"""Changing an item: creating, saving, moving and assigning it. One transaction each; the rules are in the workflow."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from mmar.errors import UsageError
from mmar.studio.data.item_tables import Draft, Item, Verdict
from mmar.studio.data.tables import Person, Project
from mmar.studio.store.drafts import delete_review_draft, rebase_draft
from mmar.studio.store.people import actor_in, log_action, members
from mmar.studio.store.recordings import request_audio
from mmar.studio.store.revisions import (
    add_event,
    add_revision,
    content_at,
    content_of,
    count_errors,
    find_item,
    load_case,
    store_case,
)
from mmar.studio.workflow import (
    Action,
    Actor,
    Case,
    Command,
    Conflict,
    ItemContent,
    NotAllowed,
    Role,
    perform,
    three_way,
)
from mmar.studio.workflow.case import assign_author, assign_inspector
from mmar.studio.workflow.content import LONGEST_TEXT, check_length


class StaleSave(NotAllowed):
    """A save of an item that somebody else changed meanwhile, with the conflict and the item's version."""

    def __init__(self, conflict: Conflict, version: int) -> None:
        super().__init__(
            "stale", "someone else changed this item since you opened it; your version is saved as a draft"
        )
        self.conflict = conflict
        self.version = version


def new_item(session: Session, project: Project, actor: Actor, now: datetime) -> Item:
    """Create an item whose author is the actor."""
    actor.require(Role.ANNOTATOR, "write items")
    item = Item(
        project_id=project.id,
        public_id=uuid4().hex,  # until the id is known
        author_id=actor.person,
        created=now,
        changed=now,
    )
    session.add(item)
    session.flush()
    item.public_id = f"{project.slug}-{item.id:05d}"
    session.flush()
    return item


def save(
    session: Session,
    project: Project,
    item_id: int,
    actor: Actor,
    content: ItemContent,
    *,
    version: int,
    base: int,
    why: str,
    now: datetime,
    typed: bool = True,
) -> Item:
    """Save a new revision.

    `version` and `base` are the item's version and revision that the person started from. With `typed` the content
    comes from the person's draft, which is deleted; otherwise the draft is rebased.

    Raises:
        StaleSave: somebody changed the item meanwhile.
    """
    item = find_item(session, project, item_id, lock=True)
    case = load_case(session, project, item)
    errors = count_errors(session, project.id, content)
    try:
        after = perform(case, actor, Command(Action.SAVE, version=version, errors=errors), now)
    except NotAllowed as error:
        if error.code != "stale" or not _may_compare(case, actor, now):
            raise
        theirs = content_of(session, item)
        raise StaleSave(
            three_way(content_at(session, item.id, min(base, item.revision)), theirs, content), item.version
        ) from None
    before = (item.version, item.revision)
    store_case(item, after, now)
    add_revision(session, project, item, actor, content, why, now, kind="edit")
    if not typed:
        rebase_draft(session, item, actor.person, *before)
    else:
        session.execute(delete(Draft).where(Draft.item_id == item.id, Draft.person_id == actor.person))
    add_event(session, item, actor.person, Action.SAVE.value, now, comment=why)
    return item


def act(
    session: Session, project: Project, item_id: int, actor: Actor, command: Command, now: datetime
) -> Item:
    """Move an item: every transition except saving."""
    check_length(command.why, "why", LONGEST_TEXT)
    if command.rejection is not None:
        check_length(command.rejection.comment, "comment", LONGEST_TEXT)
    item = find_item(session, project, item_id, lock=True)
    case = load_case(session, project, item)
    after = perform(case, actor, command, now)
    if command.action in (Action.APPROVE, Action.REJECT):
        _judge(session, item, actor, now, approved=command.action is Action.APPROVE)
        delete_review_draft(session, item.id, actor.person)
    if case.approvals and not after.approvals:
        session.execute(update(Verdict).where(Verdict.item_id == item.id).values(standing=False))
    store_case(item, after, now)
    comment, rejection = command.why.strip(), command.rejection
    add_event(session, item, actor.person, command.action.value, now, comment=comment, rejection=rejection)
    session.flush()
    return item


def move_item(
    session: Session, project: Project, item_id: int, actor: Actor, command: Command, now: datetime
) -> Item:
    """As `act`; a submission also requests the item's audio, and exceptional actions are logged."""
    item = act(session, project, item_id, actor, command, now)
    action = command.action
    if action in (Action.SUBMIT, Action.RESUBMIT):
        request_audio(session, project, item, now, person_id=actor.person, fetch=True)
    if action in (Action.TAKE_DOWN, Action.WITHDRAW, Action.REOPEN):
        log_action(
            session,
            now,
            actor.person,
            action.value,
            item.public_id,
            detail=command.why,
            project_id=project.id,
        )
    return item


def _may_compare(case: Case, actor: Actor, now: datetime) -> bool:
    """Whether the answer to a stale save may contain the other person's version, which reveals the key."""
    holds = case.lease is not None and case.lease.is_held_by(actor.person, now)
    own = actor.person == case.author or actor.person in case.writers
    return own or actor.has(Role.LEAD) or (holds and case.author is None)


def _judge(session: Session, item: Item, actor: Actor, now: datetime, *, approved: bool) -> None:
    session.execute(
        delete(Verdict).where(
            Verdict.item_id == item.id, Verdict.revision == item.revision, Verdict.person_id == actor.person
        )
    )
    session.add(
        Verdict(
            item_id=item.id, revision=item.revision, person_id=actor.person, approved=approved, created=now
        )
    )
    session.flush()


def assign(
    session: Session,
    project: Project,
    item: Item,
    actor: Actor,
    role: Role,
    person_id: int | None,
    now: datetime,
    *,
    logged: bool = True,
) -> None:
    """Set an item's author or inspector, and add it to the item's history and with `logged` to the audit log.

    For an inspector, `person_id` may be `None`: anybody can take the item again.

    Raises:
        UsageError: the person is not in the project, or an item would be without a writer.
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
        raise UsageError("choose who writes it", code="person-missing")
    if after == case:
        return
    if after.lease is None:
        item.lease_person_id = item.lease_until = None
    item.author_id, item.inspector_id = after.author, after.inspector
    text = (
        f"{person.name if person else 'anybody'} is to {'inspect' if role is Role.INSPECTOR else 'write'} it"
    )
    add_event(session, item, actor.person, "assign", now, comment=text)
    if logged:
        log_action(session, now, actor.person, "assigned", item.public_id, detail=text, project_id=project.id)
    session.flush()


def candidates(session: Session, project: Project, case: Case, now: datetime) -> dict[str, list[Person]]:
    """Whom a lead can assign: `annotators` while an item is written, `inspectors` until it is approved."""
    lead = Actor(0, frozenset({Role.LEAD}))
    result: dict[str, list[Person]] = {"annotators": [], "inspectors": []}
    for person, roles in members(session, project.id):
        if not person.active:
            continue
        named = Actor(person.id, roles | ({Role.ADMIN} if person.site_admin else set()))
        for name, rule in (("annotators", assign_author), ("inspectors", assign_inspector)):
            try:
                rule(case, lead, named, now)
            except UsageError:
                continue
            result[name].append(person)
    return result
