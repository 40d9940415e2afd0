"""Revisions: what items said, and how an item's standing is read for the workflow and written back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.studio.data.item_tables import Assignment, Hearing, Item, KeyView, Revision, Verdict
from mmar.studio.data.media_tables import Clip
from mmar.studio.data.tables import Project
from mmar.studio.store.clips import clip_key
from mmar.studio.workflow import Actor, Case, ItemContent, Lease, NotThere, State, problems
from mmar.studio.workflow.content import with_own_cut, without_shadows
from mmar.studio.workflow.limits import check_texts
from mmar.studio.workflow.taxonomy import layer_map

__all__ = [
    "add_revision",
    "content_at",
    "content_of",
    "count_errors",
    "find_item",
    "load_case",
    "revision_at",
    "revisions_of",
    "store_case",
]


def find_item(session: Session, project: Project, item_id: int, *, lock: bool = False) -> Item:
    """An item of a project.

    Args:
        session: an open transaction.
        project: the project that it must belong to.
        item_id: its number.
        lock: keep others from changing it until the transaction ends.

    Raises:
        UsageError: the project has no such item.
    """
    item = session.get(Item, item_id, with_for_update=lock)
    if item is None or item.project_id != project.id:
        raise NotThere(f"this project has no item {item_id}")
    return item


def content_of(session: Session, item: Item) -> ItemContent:
    """What an item says now; empty before its first revision."""
    return content_at(session, item.id, item.revision)


def content_at(session: Session, item_id: int, number: int) -> ItemContent:
    """What an item said in one revision; empty for revision 0."""
    if number == 0:
        return ItemContent()
    found = session.scalar(
        select(Revision.content).where(Revision.item_id == item_id, Revision.number == number)
    )
    if found is None:
        raise NotThere(f"the item has no revision {number}")
    return found


def revision_at(session: Session, item_id: int, number: int) -> Revision:
    """One revision with who, when and why.

    Raises:
        UsageError: the item has no such revision.
    """
    found = session.scalar(select(Revision).where(Revision.item_id == item_id, Revision.number == number))
    if found is None:
        raise NotThere(f"the item has no revision {number}")
    return found


def revisions_of(session: Session, item_id: int) -> list[Revision]:
    """All revisions, newest first."""
    return list(
        session.scalars(select(Revision).where(Revision.item_id == item_id).order_by(Revision.number.desc()))
    )


def count_errors(session: Session, project_id: int, content: ItemContent) -> int:
    """Problems that keep an item from being handed in."""
    from mmar.studio.store.projects import newest_taxonomy

    layers = layer_map(newest_taxonomy(session, project_id).tree)
    return sum(problem.severity == "error" for problem in problems(content, layers=layers))


def load_case(session: Session, project: Project, item: Item) -> Case:
    """An item as the workflow sees it."""
    edits = select(Revision.author_id, Revision.number).where(
        Revision.item_id == item.id, Revision.kind == "edit"
    )
    written = session.execute(edits).all()
    # A lead's new taxonomy, or an imported clip of what had none, leaves the question alone: judgements still hold.
    since = max((number for _, number in written), default=0)
    answered = select(Hearing.person_id).where(Hearing.item_id == item.id, Hearing.revision >= since)
    approvals = select(Verdict.person_id).where(
        Verdict.item_id == item.id, Verdict.revision >= since, Verdict.approved, Verdict.standing
    )
    seen = select(KeyView.person_id).where(KeyView.item_id == item.id)
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
        writers=frozenset(author for author, _ in written),
        lease=lease,
        inspector=session.scalar(select(Assignment.person_id).where(Assignment.item_id == item.id)),
        answered=frozenset(session.scalars(answered)),
        seen=frozenset(session.scalars(seen)),
        approvals=frozenset(session.scalars(approvals)),
        needed=project.settings.inspections,
        rejected=item.rejected,
        errors=item.errors,
        audio=not project.settings.needs_audio or _clip_exists(session, project.id, item.clip_key),
    )


def store_case(item: Item, case: Case, now: datetime) -> None:
    """Write back what the workflow changed."""
    item.state = case.state.value
    item.version = case.version
    item.revision = case.revision
    item.author_id = case.author
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
    """Append a revision and repeat its words in the item's row.

    `kind` is `edit` for somebody's writing, which `store_case` has counted already; `relabel` and `import`
    are counted here.

    Raises:
        InputError: a text could not be kept.
    """
    check_texts(content)
    if kind != "edit":
        item.revision += 1
        item.version += 1
        item.changed = now
    if item.revision > 1:
        before = content_at(session, item.id, item.revision - 1)
        content = without_shadows(before, content)
        if kind != "import":  # which brings the clip itself
            content = with_own_cut(before, content)
    revision = Revision(
        item_id=item.id,
        number=item.revision,
        content=content,
        author_id=actor.person,
        at=now,
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


def _clip_exists(session: Session, project_id: int, key: str) -> bool:
    if not key:
        return False
    found = select(Clip.id).where(Clip.project_id == project_id, Clip.key == key)
    return session.scalar(found) is not None
