"""Background jobs: what a job gets to run, a worker that claims jobs, and a module for each kind of work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from mmar.studio.config import StudioConfig
from mmar.studio.data import Database
from mmar.studio.media.decoder import Decoder

__all__ = ["JobContext", "JobLost"]


class JobLost(Exception):  # noqa: N818 - named after what happened
    """Another worker has claimed this job; the result must not be written."""


@dataclass(frozen=True)
class JobContext:
    """A job and what it needs to run.

    `check_owned` raises `JobLost` inside the transaction that writes the result if another worker has the job.
    `advance` reports progress from 0 to 1 with a message.
    """

    id: int
    project_id: int
    payload: Mapping[str, Any]
    person_id: int | None
    config: StudioConfig
    database: Database
    clock: Callable[[], datetime]
    check_owned: Callable[[Session], None]
    decoder: Decoder
    advance: Callable[[float, str], None]
