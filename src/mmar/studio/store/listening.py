"""Taking an item in hand, answering it by ear, and seeing its key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from mmar.studio.data.item_tables import Hearing, Item, KeyView
from mmar.studio.data.tables import Project
from mmar.studio.store.revisions import content_of, find_item, load_case
from mmar.studio.workflow import Actor, Lease, Refused
from mmar.studio.workflow.case import answer_blind, claim, see_key

__all__ = ["answer", "let_go", "show_key", "take"]


def take(session: Session, project: Project, item: Item, actor: Actor, now: datetime) -> Item:
    """Take an item in hand, or go on having it.

    Raises:
        Refused: somebody else has it, or it is not for this person.
    """
    store_lease = claim(load_case(session, project, item), actor, now).lease
    item.lease_person_id = store_lease.person if store_lease else None
    item.lease_until = store_lease.until if store_lease else None
    session.flush()
    return item


def answer(
    session: Session, project: Project, item_id: int, actor: Actor, choice: int | None, now: datetime
) -> Item:
    """Note an answer given by ear; the key may be shown from now on.

    Args:
        session: a writing transaction.
        project: where.
        item_id: which.
        actor: the inspector who has it in hand.
        choice: place of the choice, from 0; `None` for "cannot tell".
        now: the moment.

    Raises:
        Refused: no lease, answered already, or the key was seen.
    """
    item = find_item(session, project, item_id, lock=True)
    case = answer_blind(load_case(session, project, item), actor, now)
    content = content_of(session, item)
    if choice is not None and not 0 <= choice < len(content.choices):
        raise Refused("listen", "there is no such choice")
    session.add(
        Hearing(
            item_id=item.id,
            revision=item.revision,
            person_id=actor.person,
            choice=choice,
            key=content.answer if content.answer is not None else -1,
            at=now,
        )
    )
    session.add(KeyView(item_id=item.id, person_id=actor.person, at=now))
    assert case.seen  # the workflow agrees that the key was seen
    # A sign of life: there is as long again to look at the key and to write what is wrong.
    item.lease_until = Lease.of(actor.person, now).until
    session.flush()
    return item


def show_key(session: Session, project: Project, item: Item, person: int, now: datetime) -> None:
    """Note that somebody saw the key; from then on their answer would not be blind."""
    case = load_case(session, project, item)
    if see_key(case, person) != case and person not in case.writers:
        session.add(KeyView(item_id=item.id, person_id=person, at=now))
        session.flush()


def let_go(item: Item, person: int) -> None:
    """Put an item back into its queue; nothing happens for who does not have it."""
    if item.lease_person_id == person:
        item.lease_person_id, item.lease_until = None, None
