"""What an inspector is writing about an item, kept as they type until they judge it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from mmar.studio.data.item_tables import Item, JudgementDraft
from mmar.studio.workflow import Actor, Refused, Role, State

__all__ = ["WRITTEN", "clear_judgement", "keep_judgement", "kept_judgement"]

WRITTEN = ("reason", "field", "comment", "start", "end")
"""What an inspector writes; times as they were typed, in seconds of the clip."""

_LONGEST = 40


def kept_judgement(session: Session, item_id: int, person: int) -> dict[str, str]:
    """What somebody was writing about an item; each part empty where they wrote nothing."""
    found = session.get(JudgementDraft, (item_id, person))
    return {name: getattr(found, name) if found is not None else "" for name in WRITTEN}


def keep_judgement(
    session: Session, item: Item, actor: Actor, written: dict[str, str], now: datetime
) -> bool:
    """Keep what an inspector is writing; it is theirs alone, so it needs no version and no lease.

    Args:
        session: a writing transaction.
        item: which.
        actor: who.
        written: by the names in `WRITTEN`; what is missing counts as empty.
        now: the moment.

    Returns:
        Whether it was kept: nothing is once the item left inspection, so that words which come late stay away
        from the next time.

    Raises:
        Refused: not an inspector.
    """
    if not actor.has(Role.INSPECTOR):
        raise Refused("role", "only an inspector may do that")
    if item.state != State.INSPECTION.value:
        return False
    values = {
        name: written.get(name, "") if name == "comment" else written.get(name, "")[:_LONGEST]
        for name in WRITTEN
    }
    if any(value.strip() for value in values.values()):
        session.merge(JudgementDraft(item_id=item.id, person_id=actor.person, at=now, **values))
    else:
        clear_judgement(session, item.id, actor.person)
    session.flush()
    return True


def clear_judgement(session: Session, item_id: int, person: int) -> None:
    """Forget what somebody was writing: they judged the item."""
    session.execute(
        delete(JudgementDraft).where(JudgementDraft.item_id == item_id, JudgementDraft.person_id == person)
    )
