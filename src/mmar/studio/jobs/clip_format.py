"""Sample rate and channels of a project's clips, and conversion of clips that have others.

A clip that was inspected stays as it was heard, since mixing two channels down may remove what a question is about.
Only clips of items in drafting, preparation and correction are converted.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.errors import InputError
from mmar.studio.data.item_tables import Item
from mmar.studio.data.settings import ProjectSettings
from mmar.studio.data.tables import Clip, Project, Recording
from mmar.studio.store.jobs import enqueue
from mmar.studio.workflow.states import EDITABLE

__all__ = [
    "describe_clip_format",
    "is_under_review",
    "parse_clip_format",
    "request_conversion",
    "target_format",
]

_CHANNELS = {None: "original channels", 1: "mono", 2: "stereo"}


def target_format(settings: ProjectSettings, recording: Recording) -> tuple[int, int]:
    """Sample rate in Hz and channels for a clip of a recording."""
    return settings.clip_rate or recording.rate, settings.clip_channels or recording.channels


def describe_clip_format(settings: ProjectSettings) -> str:
    """What clips are converted to, as the end of "Clips are cut …"."""
    if settings.clip_rate is None and settings.clip_channels is None:
        return "original sample rate and channels"
    rate = "original sample rate" if settings.clip_rate is None else f"{settings.clip_rate:,} Hz"
    return f"{rate}, {_CHANNELS[settings.clip_channels]}"


def is_under_review(session: Session, project_id: int, key: str) -> bool:
    """Whether an item with this clip is in inspection or approved, so that its audio must not change."""
    judged = select(Item.id).where(
        Item.project_id == project_id,
        Item.clip_key == key,
        Item.state.not_in([state.value for state in EDITABLE]),
    )
    return session.scalar(judged.limit(1)) is not None


def request_conversion(
    session: Session, project: Project, now: datetime, *, person_id: int | None = None
) -> int:
    """Queue every clip in another format than the project's, unless it was inspected.

    Args:
        session: a writing transaction.
        project: whose clips.
        now: the moment.
        person_id: who wants it.

    Returns:
        How many.
    """
    rows = session.execute(
        select(Clip, Recording, Item.id)
        .join(Recording, Recording.id == Clip.recording_id)
        .join(Item, (Item.project_id == Clip.project_id) & (Item.clip_key == Clip.key))
        .where(Clip.project_id == project.id)
        .order_by(Clip.id, Item.id)
    ).all()
    asked = set()
    for clip, recording, item_id in rows:
        rate, channels = target_format(project.settings, recording)
        if clip.id in asked or (clip.rate, clip.channels) == (rate, channels):
            continue
        if is_under_review(session, project.id, clip.key):
            continue
        asked.add(clip.id)
        # Named with the format: a job that still cuts the former one is not this one.
        key = f"{clip.key}:{rate}:{channels}"
        enqueue(
            session, project.id, "clip", key, {"item": item_id}, now, person_id=person_id, item_id=item_id
        )
    return len(asked)


def parse_clip_format(rate: str, channels: str) -> dict[str, int | None]:
    """Settings from the chosen values; an empty text means as recorded.

    Raises:
        InputError: it is no rate or number of channels that is offered.
    """
    from mmar.studio.data.settings import CLIP_CHANNELS, CLIP_RATES

    found: dict[str, int | None] = {}
    for name, words, value, offered in (
        ("clip_rate", "sample rate", rate, CLIP_RATES),
        ("clip_channels", "number of channels", channels, CLIP_CHANNELS),
    ):
        known = {str(one): one for one in offered}
        if value and value not in known:
            raise InputError(
                f'"{value}" is no {words} on offer',
                field=name,
                hint=f"choose {', '.join(known)}, or none",
                code="unknown-format",
            )
        found[name] = known.get(value)
    return found
