"""Inspecting items: claiming and releasing them, blind answers, and who has seen a key."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from mmar.studio.data.item_tables import BlindAnswer, Item, KeyView, Playback
from mmar.studio.data.tables import Clip, Project
from mmar.studio.store.recordings import clip_of
from mmar.studio.store.revisions import content_of, find_item, load_case, wrote
from mmar.studio.workflow import Actor, Lease, NotAllowed, Role, State, case
from mmar.studio.workflow.statistics import Rating

BEFORE_APPROVAL = frozenset({State.DRAFT, State.PREPARATION, State.INSPECTION, State.CORRECTION})
"""States in which an inspector may still be asked for a blind answer."""

_FASTEST = 2.0
"""Playback speed that players offer at most."""

_TOLERANCE_S = 1.0


def claim_item(session: Session, project: Project, item: Item, actor: Actor, now: datetime) -> Item:
    """Lease an item to a person, or renew their lease."""
    lease = case.claim(load_case(session, project, item), actor, now).lease
    item.lease_person_id = lease.person if lease else None
    item.lease_until = lease.until if lease else None
    session.flush()
    return item


def release_item(item: Item, person: int) -> None:
    """Return a leased item to its queue. No effect if another person holds it."""
    if item.lease_person_id == person:
        item.lease_person_id, item.lease_until = None, None


def start_playback(session: Session, item: Item, actor: Actor, now: datetime) -> None:
    """Record that an inspector begins to play an item's clip for the first time. No effect without a clip."""
    clip = _clip_to_play(session, item, actor)
    if clip is not None and session.get(Playback, (clip.id, actor.person)) is None:
        session.add(Playback(clip_id=clip.id, person_id=actor.person, started=now))
        session.flush()


def finish_playback(session: Session, item: Item, actor: Actor, now: datetime) -> None:
    """Record that an inspector has played an item's clip to its end. No effect without a clip.

    Raises:
        NotAllowed: the clip cannot have ended yet, even at twice its speed.
    """
    clip = _clip_to_play(session, item, actor)
    if clip is None:
        return
    playback = session.get(Playback, (clip.id, actor.person))
    needed = timedelta(seconds=max(0.0, clip.duration / _FASTEST - _TOLERANCE_S))
    if playback is None or now - playback.started < needed:
        raise NotAllowed("listen", "the clip has not been played to its end yet")
    playback.finished = playback.finished or now
    session.flush()


def _clip_to_play(session: Session, item: Item, actor: Actor) -> Clip | None:
    actor.require(Role.INSPECTOR, "inspect")
    return clip_of(session, item)


def answer_blind(
    session: Session, project: Project, item_id: int, actor: Actor, choice: int | None, now: datetime
) -> Item:
    """Store an inspector's blind answer, `None` for "cannot tell". From now on they may see the key.

    Raises:
        NotAllowed: no lease, already answered, the key was seen before, or the clip was not played to its end.
    """
    item = find_item(session, project, item_id, lock=True)
    current = load_case(session, project, item)
    case.answer_blind(current, actor, now)
    content = content_of(session, item)
    if choice is not None and not 0 <= choice < len(content.choices):
        raise NotAllowed("listen", "there is no such choice")
    session.add(
        BlindAnswer(
            item_id=item.id,
            revision=item.revision,
            person_id=actor.person,
            choice=choice,
            key=content.answer if content.answer is not None else -1,
            played=actor.person in current.played_by,
            created=now,
        )
    )
    session.add(KeyView(item_id=item.id, person_id=actor.person, seen=now))
    # Renewed, so that there is time to look at the key and to write what is wrong.
    item.lease_until = Lease.of(actor.person, now).until
    session.flush()
    return item


def blind_answer_of(session: Session, item: Item, person: int) -> BlindAnswer | None:
    """A person's blind answer to an item's newest revision."""
    return session.scalar(
        select(BlindAnswer).where(
            BlindAnswer.item_id == item.id,
            BlindAnswer.revision == item.revision,
            BlindAnswer.person_id == person,
        )
    )


def blind_ratings(session: Session, project_id: int) -> list[Rating]:
    """Every blind answer in a project after its clip was played, without items that were taken down."""
    rows = session.execute(
        select(
            BlindAnswer.item_id,
            BlindAnswer.revision,
            BlindAnswer.person_id,
            BlindAnswer.choice,
            BlindAnswer.key,
        )
        .join(Item, Item.id == BlindAnswer.item_id)
        .where(Item.project_id == project_id, Item.state != State.TAKEN_DOWN.value, BlindAnswer.played)
        .order_by(BlindAnswer.id)
    )
    return [Rating(*row) for row in rows]


def answers_version(session: Session, project_id: int) -> tuple[int, int]:
    """A value that changes whenever `blind_ratings` may: newest answer, and number of items taken down."""
    newest = (
        select(func.coalesce(func.max(BlindAnswer.id), 0))
        .join(Item, Item.id == BlindAnswer.item_id)
        .where(Item.project_id == project_id)
    )
    down = (
        select(func.count())
        .select_from(Item)
        .where(Item.project_id == project_id, Item.state == State.TAKEN_DOWN.value)
    )
    return session.scalar(newest) or 0, session.scalar(down) or 0


def key_is_hidden(session: Session, item: Item, actor: Actor) -> bool:
    """Whether this person may still be asked for a blind answer, so that the key must not be shown."""
    if State(item.state) not in BEFORE_APPROVAL or not actor.has(Role.INSPECTOR):
        return False
    return not knows_key(session, item, actor.person)


def knows_key(session: Session, item: Item, person: int) -> bool:
    """Whether a person wrote an item or has seen its key."""
    return session.scalar(select(Item.id).where(Item.id == item.id, key_known_to(person))) is not None


def key_known_to(person: int) -> ColumnElement[bool]:
    """The condition on `Item` that a person wrote it or has seen its key."""
    seen = exists().where(KeyView.item_id == Item.id, KeyView.person_id == person)
    return or_(Item.author_id == person, seen, wrote(person))


def mark_key_seen(session: Session, item: Item, person: int, now: datetime) -> None:
    """Record that a person has seen the key. Their answer is not blind afterwards."""
    if not knows_key(session, item, person):
        session.add(KeyView(item_id=item.id, person_id=person, seen=now))
        session.flush()
