"""Tables of items, their revisions, reviews and proposals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DDL, ForeignKey, Index, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from mmar.studio.data.tables import Base, JsonRecord, UtcDateTime
from mmar.studio.workflow.content import ItemContent


class Item(Base):
    """The state of an item. Its content is in its newest revision; a few fields are repeated here.

    `inspector_id` is the inspector whom a lead assigned; the queue offers the item to no other.
    """

    __tablename__ = "item"
    __table_args__ = (
        Index("uq_item_project_public", "project_id", "public_id", unique=True),
        Index("ix_item_project_state", "project_id", "state", "changed", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    public_id: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20), default="draft")
    version: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=0)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    inspector_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    lease_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rejected: Mapped[int | None]
    errors: Mapped[int] = mapped_column(default=0)
    question: Mapped[str] = mapped_column(Text, default="")
    modality: Mapped[str] = mapped_column(String(60), default="")
    category: Mapped[str] = mapped_column(String(200), default="")
    sub_category: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(100), default="")
    idea_id: Mapped[int | None] = mapped_column(ForeignKey("idea.id"), index=True)
    clip_key: Mapped[str] = mapped_column(String(64), default="", index=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    changed: Mapped[datetime] = mapped_column(UtcDateTime)


class Revision(Base):
    """A revision of an item's content; a trigger prevents changes and deletion."""

    __tablename__ = "revision"
    __table_args__ = (Index("uq_revision_item_number", "item_id", "number", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    number: Mapped[int]
    content: Mapped[ItemContent] = mapped_column(JsonRecord(ItemContent))
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(12), default="edit")
    why: Mapped[str] = mapped_column(Text, default="")


class Draft(Base):
    """One person's autosaved draft of an item."""

    __tablename__ = "draft"

    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    version: Mapped[int]
    revision: Mapped[int]
    content: Mapped[ItemContent] = mapped_column(JsonRecord(ItemContent))
    saved: Mapped[datetime] = mapped_column(UtcDateTime)


class Event(Base):
    """An event in an item's history; a trigger prevents changes and deletion."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_item", "item_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    action: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    revision: Mapped[int]
    reason: Mapped[str] = mapped_column(String(40), default="")
    field: Mapped[str] = mapped_column(String(40), default="")
    comment: Mapped[str] = mapped_column(Text, default="")
    start: Mapped[float | None]
    end: Mapped[float | None]


class BlindAnswer(Base):
    """A blind answer. `played`: the clip had been played to its end."""

    __tablename__ = "blind_answer"
    __table_args__ = (
        Index("uq_blind_answer_item_revision_person", "item_id", "revision", "person_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    revision: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    choice: Mapped[int | None]
    key: Mapped[int]
    played: Mapped[bool] = mapped_column(default=False)
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class Playback(Base):
    """A person's first playback of a clip: when it began, and when it had been played to its end."""

    __tablename__ = "playback"

    clip_id: Mapped[int] = mapped_column(ForeignKey("clip.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    started: Mapped[datetime] = mapped_column(UtcDateTime)
    finished: Mapped[datetime | None] = mapped_column(UtcDateTime)


class KeyView(Base):
    """A person's first view of an item's key, after which their answers are not blind."""

    __tablename__ = "key_view"

    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    seen: Mapped[datetime] = mapped_column(UtcDateTime)


class Verdict(Base):
    """An inspector's verdict on one revision."""

    __tablename__ = "verdict"
    __table_args__ = (
        Index("uq_verdict_item_revision_person", "item_id", "revision", "person_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    revision: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    approved: Mapped[bool]
    standing: Mapped[bool] = mapped_column(default=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class ReviewDraft(Base):
    """One inspector's autosaved verdict on an item; times as typed, in seconds of the clip."""

    __tablename__ = "judgement_draft"

    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(40), default="")
    field: Mapped[str] = mapped_column(String(40), default="")
    comment: Mapped[str] = mapped_column(Text, default="")
    start: Mapped[str] = mapped_column(String(40), default="")
    end: Mapped[str] = mapped_column(String(40), default="")
    saved: Mapped[datetime] = mapped_column(UtcDateTime)


class Proposal(Base):
    """A model's proposal and the decision on it. It changes an item only when it is accepted."""

    __tablename__ = "proposal"
    __table_args__ = (Index("ix_proposal_project_state", "project_id", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"), index=True)
    revision: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(40))
    content: Mapped[dict[str, Any]] = mapped_column(JsonRecord(dict[str, Any]))
    model: Mapped[str] = mapped_column(String(200))
    prompt: Mapped[str] = mapped_column(Text)
    prompt_sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12), default="open")
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided: Mapped[datetime | None] = mapped_column(UtcDateTime)
    taken: Mapped[dict[str, Any] | None] = mapped_column(JsonRecord(dict[str, Any]))
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    created: Mapped[datetime] = mapped_column(UtcDateTime)


def _forbid_changes() -> None:
    """Let the database itself refuse to change or delete history."""
    function = DDL(  # type: ignore[no-untyped-call]
        "CREATE OR REPLACE FUNCTION mmar_only_added() RETURNS trigger AS $$ BEGIN "
        "RAISE EXCEPTION 'rows of %% are only ever added', TG_TABLE_NAME; END $$ LANGUAGE plpgsql"
    )
    event.listen(Base.metadata, "before_create", function.execute_if(dialect="postgresql"))
    actions = {
        "postgresql": "FOR EACH ROW EXECUTE FUNCTION mmar_only_added()",
        "sqlite": "BEGIN SELECT RAISE(ABORT, 'rows of %(table)s are only ever added'); END",
    }
    for name in ("revision", "event", "blind_answer", "audit_log", "taxonomy_version"):
        for verb in ("update", "delete"):
            for dialect, action in actions.items():
                trigger = DDL(f"CREATE TRIGGER {name}_no_{verb} BEFORE {verb} ON %(table)s {action}")  # type: ignore[no-untyped-call]
                event.listen(Base.metadata.tables[name], "after_create", trigger.execute_if(dialect=dialect))


_forbid_changes()
