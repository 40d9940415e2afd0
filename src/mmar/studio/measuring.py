"""What the audit of a release needs to know of its clips: measured when they are cut, and kept.

Clips that an older program cut were not measured; that is made up for once, by a job or by the release command,
never while somebody waits for a page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.audio import describe
from mmar.audit.sounds import Sound
from mmar.studio.data import Database
from mmar.studio.data.item_tables import Item
from mmar.studio.data.media_tables import Clip
from mmar.studio.library import media_file
from mmar.studio.workflow import State

__all__ = ["measure_clips", "sound_of", "unmeasured_items"]


def unmeasured_items(session: Session, project_id: int) -> list[int]:
    """Numbers of approved items with a clip of which nothing was measured."""
    found = (
        select(Item.id)
        .join(Clip, (Clip.project_id == Item.project_id) & (Clip.key == Item.clip_key))
        .where(Item.project_id == project_id, Item.state == State.APPROVED.value, Clip.levels.is_(None))
        .order_by(Item.id)
    )
    return list(session.scalars(found))


def measure_clips(
    media: Path,
    database: Database,
    items: Sequence[int],
    told: Callable[[int, int], None] = lambda _done, _all: None,
) -> None:
    """Decode and measure the clips of some items, those that were not measured yet.

    Args:
        media: the media folder.
        database: for reading and writing.
        items: their numbers.
        told: called with how many are done, of how many.

    Raises:
        InputError: a clip is gone, or cannot be read.
    """
    from mmar.audio.landmarks import fingerprint
    from mmar.audio.levels import measure_levels
    from mmar.audio.read import read_clip

    for done, number in enumerate(items):
        told(done, len(items))
        with database.read() as session:
            clip = session.scalar(
                select(Clip)
                .join(Item, (Clip.project_id == Item.project_id) & (Clip.key == Item.clip_key))
                .where(Item.id == number, Clip.levels.is_(None))
            )
        if clip is None:
            continue
        sound = read_clip(media_file(media, clip.path))
        levels, mark = measure_levels(sound), fingerprint(sound)
        with database.write() as session:
            row = session.get_one(Clip, clip.id)
            row.levels, row.fingerprint = levels, mark
    told(len(items), len(items))


def sound_of(path: Path, clip: Clip | None) -> Sound:
    """A clip as the audit hears it, from what was measured; only the head of the file is read.

    Args:
        path: its file.
        clip: what is known of it; nothing where nobody measured it.
    """
    if clip is None or clip.levels is None:
        return Sound(path, facts=describe(path))
    return Sound(path, facts=describe(path), levels=clip.levels, mark=clip.fingerprint or b"")
