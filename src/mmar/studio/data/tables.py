"""Tables of people, projects, recordings, jobs and releases, and their column types."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import (
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from mmar.audio.levels import Levels
from mmar.studio.config import ProjectSettings
from mmar.studio.workflow.taxonomy import Taxonomy


class UtcDateTime(TypeDecorator[datetime]):
    """A time with its time zone in Python, stored as UTC without one."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To the database."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From the database."""
        return None if value is None else value.replace(tzinfo=UTC)


class JsonRecord(TypeDecorator[Any]):
    """A typed record stored as JSON; missing fields get their defaults."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """To the database."""
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """From the database."""
        return None if value is None else msgspec.json.decode(value, type=self.kind)


class Base(DeclarativeBase):
    """Base of all tables; constraints have names so that migrations can refer to them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Person(Base):
    """An account. Never deleted, so that every revision keeps its author.

    `project_id` is the project whose admin invited them; none for accounts made by an admin of the site.
    """

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password: Mapped[str | None] = mapped_column(String(300))
    site_admin: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class LoginSession(Base):
    """A login session; only the hash of the cookie is stored."""

    __tablename__ = "login_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    seen: Mapped[datetime] = mapped_column(UtcDateTime)
    expires: Mapped[datetime] = mapped_column(UtcDateTime)


class LoginAttempt(Base):
    """A login attempt, by name or address; deleted after the limit's window."""

    __tablename__ = "login_attempt"
    __table_args__ = (Index("ix_login_attempt_key_created", "key", "created"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(160))
    created: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Link(Base):
    """A single-use link: first admin, invitation or new password."""

    __tablename__ = "link"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    purpose: Mapped[str] = mapped_column(String(20))
    expires: Mapped[datetime] = mapped_column(UtcDateTime)
    used: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ApiToken(Base):
    """A token for programs; only its hash is stored."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AuditLogEntry(Base):
    """One line of the audit log; a trigger prevents changes and deletion."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"), index=True)
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(200))
    detail: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(String(60), default="")


class Project(Base):
    """A project: one benchmark."""

    __tablename__ = "project"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    about: Mapped[str] = mapped_column(Text, default="")
    settings: Mapped[ProjectSettings] = mapped_column(JsonRecord(ProjectSettings))
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class Membership(Base):
    """A role of a person in a project; one person may have several."""

    __tablename__ = "membership"

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)


class Idea(Base):
    """An idea for items."""

    __tablename__ = "idea"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    title: Mapped[str] = mapped_column(String(300))
    detail: Mapped[str] = mapped_column(Text, default="")
    tags: Mapped[tuple[str, ...]] = mapped_column(JsonRecord(tuple[str, ...]))
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    model: Mapped[str] = mapped_column(String(200), default="")
    category: Mapped[str] = mapped_column(String(300), default="")
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("idea.id"))
    dropped: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=0)
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class IdeaVote(Base):
    """One person's vote for one idea."""

    __tablename__ = "idea_vote"

    idea_id: Mapped[int] = mapped_column(ForeignKey("idea.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)


class TaxonomyVersion(Base):
    """One version of a project's taxonomy; never changed."""

    __tablename__ = "taxonomy_version"
    __table_args__ = (Index("uq_taxonomy_version_project_number", "project_id", "number", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    number: Mapped[int]
    tree: Mapped[Taxonomy] = mapped_column(JsonRecord(Taxonomy))
    why: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class Recording(Base):
    """A complete recording, uploaded, downloaded or imported; its file is in the data folder under its hash."""

    __tablename__ = "recording"
    __table_args__ = (Index("uq_recording_project_source", "project_id", "source", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    source: Mapped[str] = mapped_column(String(300))
    title: Mapped[str] = mapped_column(String(300), default="")
    url: Mapped[str] = mapped_column(Text, default="")
    path: Mapped[str] = mapped_column(String(300))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    media_type: Mapped[str] = mapped_column(String(60))
    size: Mapped[int]
    duration: Mapped[float]
    rate: Mapped[int]
    channels: Mapped[int]
    waveform: Mapped[str | None] = mapped_column(String(300))
    licence: Mapped[str] = mapped_column(String(200), default="")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class Clip(Base):
    """Joined segments of a recording; can be cut again at any time."""

    __tablename__ = "clip"
    __table_args__ = (Index("uq_clip_project_key", "project_id", "key", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    key: Mapped[str] = mapped_column(String(64))
    recording_id: Mapped[int] = mapped_column(ForeignKey("recording.id"))
    path: Mapped[str] = mapped_column(String(300))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    duration: Mapped[float]
    rate: Mapped[int]
    channels: Mapped[int]
    loudness: Mapped[float | None]
    peak: Mapped[float | None]
    levels: Mapped[Levels] = mapped_column(JsonRecord(Levels))
    waveform: Mapped[str | None] = mapped_column(String(300))
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    alike: Mapped[tuple[int, ...]] = mapped_column(JsonRecord(tuple[int, ...]))
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class Job(Base):
    """A background job."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state_id", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200), index=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JsonRecord(dict[str, Any]))
    state: Mapped[str] = mapped_column(String(12), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    progress: Mapped[float] = mapped_column(default=0.0)
    message: Mapped[str] = mapped_column(Text, default="")
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    worker: Mapped[str] = mapped_column(String(100), default="")
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"), index=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    finished: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReleasedClip(msgspec.Struct, frozen=True):
    """The clip of a released item: its path in the media folder, and its SHA-256 when it was released."""

    path: str
    sha256: str


class Release(Base):
    """A written release.

    `items` holds item numbers with the revision that was released, `clips` the clips by public id, `facts` those of
    the data sheet.
    """

    __tablename__ = "release"
    __table_args__ = (Index("uq_release_project_version", "project_id", "version", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    version: Mapped[str] = mapped_column(String(40))
    day: Mapped[str] = mapped_column(String(10))
    digest: Mapped[str] = mapped_column(String(64))
    items: Mapped[tuple[tuple[int, int], ...]] = mapped_column(JsonRecord(tuple[tuple[int, int], ...]))
    path: Mapped[str] = mapped_column(String(300))
    clips: Mapped[dict[str, ReleasedClip]] = mapped_column(JsonRecord(dict[str, ReleasedClip]))
    facts: Mapped[dict[str, Any]] = mapped_column(JsonRecord(dict[str, Any]))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class Takedown(Base):
    """A video, clip or item that no later release may contain."""

    __tablename__ = "takedown"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    what: Mapped[str] = mapped_column(String(300))
    why: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
