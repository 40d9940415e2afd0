"""Revisions of items, and loading and storing an item's state for the workflow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, exists, literal, select, union_all
from sqlalchemy.orm import Session

from mmar.studio.data.item_tables import (
    BlindAnswer,
    Event,
    Item,
    KeyView,
    Playback,
    Revision,
    Verdict,
)
from mmar.studio.data.tables import Clip, Project
from mmar.studio.store.projects import newest_taxonomy, row_in
from mmar.studio.workflow import Actor, Case, ItemContent, Lease, NotFound, Rejection, State, problems
from mmar.studio.workflow.content import check_texts, clip_key, drop_stale_extra, recut_if_moved
from mmar.studio.workflow.taxonomy import layer_map


def find_item(session: Session, project: Project, item_id: int, *, lock: bool = False) -> Item:
    """An item of a project; see `row_in`."""
    return row_in(session, project, Item, item_id, lock=lock)


def content_of(session: Session, item: Item) -> ItemContent:
    """An item's current content; empty before its first revision."""
    return content_at(session, item.id, item.revision)


def content_at(session: Session, item_id: int, number: int) -> ItemContent:
    """An item's content in one revision; empty for revision 0."""
    if number == 0:
        return ItemContent()
    return revision_at(session, item_id, number).content


def revision_at(session: Session, item_id: int, number: int) -> Revision:
    """One revision (or `NotFound`)."""
    result = session.scalar(select(Revision).where(Revision.item_id == item_id, Revision.number == number))
    if result is None:
        raise NotFound(f"the item has no revision {number}")
    return result


def revisions_of(session: Session, item_id: int) -> list[Revision]:
    """All revisions, newest first."""
    return list(
        session.scalars(select(Revision).where(Revision.item_id == item_id).order_by(Revision.number.desc()))
    )


def wrote(person: int) -> ColumnElement[bool]:
    """The condition on `Item` that a person saved a revision of it."""
    return exists().where(Revision.item_id == Item.id, Revision.author_id == person, Revision.kind == "edit")


def approved_by(person: int | None = None) -> ColumnElement[bool]:
    """The condition on `Item` that a person, or by default anybody, approved its newest revision."""
    condition = exists().where(
        Verdict.item_id == Item.id, Verdict.approved, Verdict.standing, Verdict.revision == Item.revision
    )
    return condition if person is None else condition.where(Verdict.person_id == person)


def count_errors(session: Session, project_id: int, content: ItemContent) -> int:
    """The number of problems that prevent submission."""
    layers = layer_map(newest_taxonomy(session, project_id).tree)
    return sum(problem.severity == "error" for problem in problems(content, layers=layers))


def load_case(session: Session, project: Project, item: Item) -> Case:
    """An item for the workflow."""
    return load_cases(session, project, (item,))[item.id]


def load_cases(session: Session, project: Project, items: Sequence[Item]) -> dict[int, Case]:
    """Items for the workflow by id, with a constant number of queries."""
    done: dict[int, list[tuple[str, int, int]]] = {item.id: [] for item in items}
    rows: Sequence[Any] = session.execute(_everything_done(tuple(done))).all()
    for number, what, person, revision in rows:
        done[number].append((what, person, revision))
    cut = _clips_that_exist(session, project, items)
    return {item.id: _case(project, item, done[item.id], cut) for item in items}


def _everything_done(items: Sequence[int]) -> CompoundSelect[Any]:
    """Rows (item, relation, person, revision) of everyone who has to do with items, in one query."""
    return union_all(
        select(Revision.item_id, Revision.kind, Revision.author_id, Revision.number).where(
            Revision.item_id.in_(items)
        ),
        select(BlindAnswer.item_id, literal("answered"), BlindAnswer.person_id, BlindAnswer.revision).where(
            BlindAnswer.item_id.in_(items)
        ),
        select(Verdict.item_id, literal("approved"), Verdict.person_id, Verdict.revision).where(
            Verdict.item_id.in_(items), Verdict.approved, Verdict.standing
        ),
        select(KeyView.item_id, literal("saw key"), KeyView.person_id, literal(0)).where(
            KeyView.item_id.in_(items)
        ),
        select(Item.id, literal("played"), Playback.person_id, literal(0))
        .join(Clip, (Clip.project_id == Item.project_id) & (Clip.key == Item.clip_key))
        .join(Playback, Playback.clip_id == Clip.id)
        .where(Item.id.in_(items), Playback.finished.is_not(None)),
    )


def _case(project: Project, item: Item, done: list[tuple[str, int, int]], cut: frozenset[str]) -> Case:
    # A lead's new taxonomy, or an imported clip of what had none, leaves the question alone: judgements still hold.
    since = max((number for what, _, number in done if what == "edit"), default=0)

    def people(did: str, *, after: int = 0) -> frozenset[int]:
        return frozenset(person for what, person, number in done if what == did and number >= after)

    lease = (
        Lease(item.lease_person_id, item.lease_until)
        if item.lease_person_id is not None and item.lease_until is not None
        else None
    )
    return Case(
        state=State(item.state),
        version=item.version,
        revision=item.revision,
        author=item.author_id,
        writers=people("edit"),
        lease=lease,
        inspector=item.inspector_id,
        answered_by=people("answered", after=since),
        key_seen_by=people("saw key"),
        approvals=people("approved", after=since),
        approvals_needed=project.settings.inspections,
        rejected=item.rejected,
        errors=item.errors,
        audio=not project.settings.needs_audio or item.clip_key in cut,
        clip=item.clip_key in cut,
        played_by=people("played"),
    )


def store_case(item: Item, case: Case, now: datetime) -> None:
    """Write back what the workflow changed."""
    item.state = case.state.value
    item.version = case.version
    item.revision = case.revision
    item.author_id = case.author
    item.inspector_id = case.inspector
    item.lease_person_id = case.lease.person if case.lease else None
    item.lease_until = case.lease.until if case.lease else None
    item.rejected = case.rejected
    item.errors = case.errors
    item.changed = now


def add_revision(
    session: Session,
    project: Project,
    item: Item,
    actor: Actor,
    content: ItemContent,
    why: str,
    now: datetime,
    *,
    kind: str = "relabel",
) -> Revision:
    """Append a revision and copy the fields that lists need to the item's row.

    `kind` is `edit` for somebody's writing, which `store_case` has counted already; `relabel` and `import`
    are counted here.

    Raises:
        InputError: a text cannot be stored.
    """
    check_texts(content)
    if kind != "edit":
        item.revision += 1
        item.version += 1
        item.changed = now
    if item.revision > 1:
        before = content_at(session, item.id, item.revision - 1)
        content = drop_stale_extra(before, content)
        if kind != "import":  # which brings the clip itself
            content = recut_if_moved(before, content)
    revision = Revision(
        item_id=item.id,
        number=item.revision,
        content=content,
        author_id=actor.person,
        created=now,
        kind=kind,
        why=why.strip()[:2000],
    )
    session.add(revision)
    item.errors = count_errors(session, project.id, content)
    item.question = content.question
    item.modality, item.category = content.modality, content.category
    item.sub_category, item.language = content.sub_category, content.language
    item.idea_id = content.idea
    item.clip_key = clip_key(content)
    session.flush()
    return revision


def add_event(
    session: Session,
    item: Item,
    person_id: int,
    action: str,
    now: datetime,
    *,
    comment: str = "",
    rejection: Rejection | None = None,
) -> None:
    """Add an event to an item's history, with the reason for a rejection."""
    session.add(
        Event(
            item_id=item.id,
            created=now,
            person_id=person_id,
            action=action,
            state=item.state,
            version=item.version,
            revision=item.revision,
            reason=rejection.reason if rejection else "",
            field=rejection.field if rejection else "",
            comment=rejection.comment.strip() if rejection else comment,
            start=rejection.start if rejection else None,
            end=rejection.end if rejection else None,
        )
    )


def _clips_that_exist(session: Session, project: Project, items: Sequence[Item]) -> frozenset[str]:
    keys = {item.clip_key for item in items if item.clip_key}
    query = select(Clip.key).where(Clip.project_id == project.id, Clip.key.in_(keys))
    return frozenset(session.scalars(query)) if keys else frozenset()
