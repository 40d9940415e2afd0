"""Autosaved drafts of annotators and inspectors, and continuing after a conflicting save."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import delete
from sqlalchemy.orm import Session

from mmar.errors import InputError
from mmar.studio.data.item_tables import Draft, Item, ReviewDraft
from mmar.studio.data.tables import Project
from mmar.studio.store.revisions import content_at, content_of, load_case
from mmar.studio.workflow import (
    Action,
    Actor,
    Command,
    ItemContent,
    Role,
    State,
    perform,
    three_way,
)
from mmar.studio.workflow.content import LONGEST_TEXT, check_texts

Resolution = Literal["mine", "theirs", "merged"]
"""Whose version to continue with after a conflict."""


def find_draft(session: Session, item_id: int, person: int) -> Draft | None:
    """A person's unsaved draft of an item."""
    return session.get(Draft, (item_id, person))


def save_draft(
    session: Session, item: Item, actor: Actor, content: ItemContent, version: int, base: int, now: datetime
) -> None:
    """Store a draft. Always allowed, since it touches nobody else's work."""
    check_texts(content)
    session.merge(
        Draft(
            item_id=item.id,
            person_id=actor.person,
            version=version,
            revision=base,
            content=content,
            saved=now,
        )
    )
    session.flush()


def rebase_draft(session: Session, item: Item, person: int, version: int, revision: int) -> None:
    """Rebase a person's draft on a revision that was saved in their name elsewhere.

    `version` and `revision` are the item's before. A draft that changed the same field stays as it is; the form
    then shows both.
    """
    mine = find_draft(session, item.id, person)
    if mine is None or (mine.version, mine.revision) != (version, revision):
        return
    result = three_way(content_at(session, item.id, revision), content_of(session, item), mine.content)
    if not result.both:
        mine.version, mine.revision, mine.content = item.version, item.revision, result.merged
        session.flush()


def resolve(
    session: Session,
    project: Project,
    item: Item,
    actor: Actor,
    resolution: Resolution,
    first: int,
    now: datetime,
) -> Draft:
    """Make a person's draft what they continue with after a conflict.

    `first` is the revision that they started from. The draft is then based on the newest revision.

    Raises:
        InputError: there is no draft.
    """
    mine = find_draft(session, item.id, actor.person)
    if mine is None:
        raise InputError("there is no draft to continue with", field="draft", code="draft-missing")
    # Anybody may have a draft, but only who may write the item may see the other person's changes.
    perform(load_case(session, project, item), actor, Command(Action.SAVE), now)
    content, theirs = mine.content, content_of(session, item)
    if resolution == "theirs":
        content = theirs
    elif resolution == "merged":
        content = three_way(content_at(session, item.id, first), theirs, content).merged
    save_draft(session, item, actor, content, item.version, item.revision, now)
    return session.get_one(Draft, (item.id, actor.person))


REVIEW_FIELDS = ("reason", "field", "comment", "start", "end")
"""What an inspector writes; times as they were typed, in seconds of the clip."""

_LONGEST = 40


def find_review_draft(session: Session, item_id: int, person: int) -> dict[str, str]:
    """An inspector's draft of a review; each field empty where nothing was written."""
    result = session.get(ReviewDraft, (item_id, person))
    return {name: getattr(result, name) if result is not None else "" for name in REVIEW_FIELDS}


def save_review_draft(
    session: Session, item: Item, actor: Actor, fields: dict[str, str], now: datetime
) -> bool:
    """Store an inspector's draft of a review (`REVIEW_FIELDS`); it needs no version and no lease.

    Returns:
        Whether it was stored. Nothing is once the item left inspection, so that late text does not reappear next time.
    """
    actor.require(Role.INSPECTOR, "inspect")
    if item.state != State.INSPECTION.value:
        return False
    values = {
        name: fields.get(name, "")[:LONGEST_TEXT] if name == "comment" else fields.get(name, "")[:_LONGEST]
        for name in REVIEW_FIELDS
    }
    if any(value.strip() for value in values.values()):
        session.merge(ReviewDraft(item_id=item.id, person_id=actor.person, saved=now, **values))
    else:
        delete_review_draft(session, item.id, actor.person)
    session.flush()
    return True


def delete_review_draft(session: Session, item_id: int, person: int) -> None:
    """Delete an inspector's draft of a review."""
    session.execute(
        delete(ReviewDraft).where(ReviewDraft.item_id == item_id, ReviewDraft.person_id == person)
    )
