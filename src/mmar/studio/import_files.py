"""A file of items brought into a project, or an archive of a benchmark with its clips: one way for the command, the page and programs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy.orm import Session

from mmar.files.archives import Limits
from mmar.studio.data import Database
from mmar.studio.data.tables import Project
from mmar.studio.imported_clips import keep_clips, wanting_clips
from mmar.studio.importing import Imported, import_items
from mmar.studio.items_file import is_archive, read_items, unpacked
from mmar.studio.store.people import trace
from mmar.studio.workflow import Actor

__all__ = ["Source", "import_file"]


class Source(msgspec.Struct, frozen=True):
    """What is brought in.

    Attributes:
        path: where it lies.
        name: what it was called; its ending says which form it has.
        audio_dir: the folder of its clips; those of an archive where none is given.
        bounds: how much an archive may hold.
    """

    path: Path
    name: str
    audio_dir: Path | None = None
    bounds: Limits | None = None


def import_file(
    database: Database,
    media: Path,
    source: Source,
    find: Callable[[Session], tuple[Project, Actor]],
    clock: Callable[[], datetime],
    *,
    inspect: bool = False,
    update: bool = False,
) -> Imported:
    """Bring a file into a project, whole or not at all, and note it in the audit log.

    Args:
        database: of the studio.
        media: the media folder.
        source: the file.
        find: the project and in whose name, within a transaction.
        clock: the moment, UTC.
        inspect: put new items into inspection at once.
        update: save what the file says of known items, where the rules let them write.

    Raises:
        InputError: a record, a clip or the archive is not what it should be.
        UsageError: none of the clips is where they were looked for.
        Refused: not a lead.
        ExternalError: the disk refuses.
    """
    clips, absent = {}, 0
    with ExitStack() as stack:
        folder = source.audio_dir
        if is_archive(source.name):
            items, own = stack.enter_context(unpacked(source.path, media, source.name, source.bounds))
            folder = folder or own
        else:
            items = read_items(source.path.read_bytes(), source.name, media)
        if folder is not None:
            with database.read() as session:
                wanting = wanting_clips(session, find(session)[0], items)
            # Decoded before anything is locked: a thousand clips take minutes.
            clips = keep_clips(media, folder, wanting, some=source.audio_dir is not None)
            absent = len({item.audio_path for item in wanting} - clips.keys())
    with database.write() as session:
        project, actor = find(session)
        now, why = clock(), f"from {source.name}"
        done = import_items(
            session, project, actor, items, now, inspect=inspect, update=update, clips=clips, why=why
        )
        done = msgspec.structs.replace(done, clips_absent=absent)
        trace(session, now, actor.person, "import", source.name, detail=done.words, project_id=project.id)
    return done
