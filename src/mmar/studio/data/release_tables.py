"""Releases that were written, and what none may hold again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mmar.studio.data.columns import JsonRecord, UtcDateTime
from mmar.studio.data.tables import Base

__all__ = ["Release", "ReleasedClip", "Takedown"]


class ReleasedClip(msgspec.Struct, frozen=True):
    """The sound of a released item.

    Attributes:
        path: relative to the media folder.
        sha256: of the file's bytes when it was released.
    """

    path: str
    sha256: str


class Release(Base):
    """A release that was written.

    `items` holds item numbers with the revision that was released, `clips` the clips by public id, `facts` what
    the data sheet says.
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
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Takedown(Base):
    """Something that no release may hold again: a video, or one item."""

    __tablename__ = "takedown"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    what: Mapped[str] = mapped_column(String(300))
    why: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
