"""Recordings, the clips cut from them, and the jobs that do such work."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mmar.audio.levels import Levels
from mmar.studio.data.columns import JsonRecord, UtcDateTime
from mmar.studio.data.tables import Base

__all__ = ["Clip", "Job", "Recording"]


class Recording(Base):
    """Whole audio as uploaded, fetched or imported; the bytes lie in the data folder under their hash."""

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
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Clip(Base):
    """Segments of a recording, joined. Can be cut again from the recording at any time."""

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
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Job(Base):
    """Work in the background."""

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
