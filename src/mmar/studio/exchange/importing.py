"""Importing an existing benchmark into a project.

Existing items are left as they are, with two exceptions: an item without a clip gets the clip from the file, and
with `update` an item that may be edited is changed to what the file says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.errors import InputError
from mmar.files.archives import Limits
from mmar.files.safe_paths import UnsafePathError, check_relative, quote
from mmar.items import Item as PublicItem
from mmar.studio.data import Database
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Project
from mmar.studio.exchange.imported_clips import (
    add_clip,
    attach_clip,
    check_clip_conflicts,
    items_needing_clips,
    store_clips,
)
from mmar.studio.exchange.item_files import is_archive, read_items, unpacked
from mmar.studio.media.uploads import StoredAudio
from mmar.studio.store.items import save
from mmar.studio.store.people import log_action
from mmar.studio.store.revisions import add_event, add_revision, content_of
from mmar.studio.workflow import Actor, ItemContent, NotAllowed, Role, State
from mmar.studio.workflow.content import LONGEST_ID, check_length, from_item
from mmar.studio.workflow.diff import apply_record, matches_record
from mmar.studio.workflow.states import imported_state

_MAX_FILE = 256 << 20
"""Bytes of a file of items, which is read into memory."""


@dataclass
class ImportResult:
    """The result of an import, which is filled while it goes on.

    Attributes:
        known: public ids of existing items.
        differing: those that differ from the file and were not changed.
        waiting: number of new items that wait in preparation, since they have no clip.
        clips: number of stored clips.
        clips_left: number of clips that were not used, by reason.
        left: number of existing items that could not be updated, by reason.
        clips_absent: number of clips that were not found.
    """

    added: int = 0
    known: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    updated: int = 0
    waiting: int = 0
    clips: int = 0
    clips_left: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    clips_absent: int = 0

    @property
    def summary(self) -> str:
        """The result as one sentence, without a full stop."""
        parts = [f"{self.added:,} added, {len(self.known):,} in the project already"]
        if self.waiting:
            parts.append(
                f"{self.waiting:,} wait in preparation, since items without a clip are not inspected"
            )
        if self.updated:
            parts.append(f"{self.updated:,} updated")
        if self.differing:
            parts.append(f"{len(self.differing):,} differ from the file and were not changed")
        parts += [f"{count:,} not updated: {why}" for why, count in self.left.most_common()]
        if self.clips:
            parts.append(f"{_counted(self.clips, 'clip')} stored")
        parts += [
            f"{_counted(count, 'clip')} not used: {why}" for why, count in self.clips_left.most_common()
        ]
        if self.clips_absent:
            parts.append(f"{_counted(self.clips_absent, 'clip')} not found")
        return "; ".join(parts)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def import_items(
    session: Session,
    project: Project,
    actor: Actor,
    items: Iterable[PublicItem],
    now: datetime,
    *,
    inspect: bool = False,
    update: bool = False,
    clips: Mapping[str, StoredAudio] | None = None,
    why: str = "imported",
) -> ImportResult:
    """Add items that a project does not have yet, and clips that it lacks.

    Imported items have no author, so anybody may inspect them. With `inspect` they go to inspection at once. With
    `update`, existing items get a revision in the actor's name. `clips` are by `audio_path`.

    Raises:
        InputError: an item cannot be stored; nothing is imported then.
    """
    actor.require(Role.LEAD, "import items")
    items, clips = tuple(items), clips or {}
    for item in items:
        _check_names(item)
    # One import after another: a form that was sent twice must not meet its own items half way.
    session.execute(select(Project.id).where(Project.id == project.id).with_for_update())
    rows = session.scalars(select(Item).where(Item.project_id == project.id))
    known = {row.public_id: row for row in rows}
    check_clip_conflicts(session, project, (item for item in items if item.id not in known), clips)
    run = _Import(session, project, actor, now, why, inspect, update)
    for item in items:
        if (row := known.get(item.id)) is None:
            known[item.id] = run.add(item, clips.get(item.audio_path))
        else:
            run.compare(row, item, clips.get(item.audio_path))
    session.flush()
    return run.done


@dataclass
class _Import:
    """An import in progress: the context of its changes, and what became of the items so far."""

    session: Session
    project: Project
    actor: Actor
    now: datetime
    why: str
    inspect: bool
    update: bool
    done: ImportResult = field(default_factory=ImportResult)

    def add(self, item: PublicItem, clip: StoredAudio | None) -> Item:
        """Add a new item."""
        audio = clip is not None or not self.project.settings.needs_audio
        state = imported_state(inspect=self.inspect, audio=audio)
        row = Item(
            project_id=self.project.id,
            public_id=item.id,
            state=state.value,
            created=self.now,
            changed=self.now,
        )
        self.session.add(row)
        self.session.flush()
        content = from_item(item)
        if clip is None and content.url.strip():
            # The clip did not come with it, and can be cut from its video.
            content = msgspec.structs.replace(content, cut=True)
        try:
            add_revision(
                self.session, self.project, row, self.actor, content, self.why, self.now, kind="import"
            )
        except InputError as error:
            raise InputError(
                f"{quote(item.id)}: {error.problem}", field=error.field, code=error.code, hint=error.hint
            ) from None
        add_event(self.session, row, self.actor.person, "import", self.now, comment=self.why)
        if clip is not None:
            add_clip(self.session, self.project, row, item, clip, self.now)
            self.done.clips += 1
        self.done.added += 1
        self.done.waiting += self.inspect and state is not State.INSPECTION
        return row

    def compare(self, row: Item, item: PublicItem, clip: StoredAudio | None) -> None:
        """Update an existing item if that is wanted, and give it the clip that it lacks."""
        self.done.known.append(item.id)
        content = content_of(self.session, row)
        if not matches_record(item, content):
            if self.update:
                self._save(row, apply_record(item, content))
            else:
                self.done.differing.append(item.id)
        if clip is not None:
            reason = attach_clip(self.session, self.project, self.actor, row, item, clip, self.now)
            if reason:
                self.done.clips_left[reason] += 1
            else:
                self.done.clips += 1

    def _save(self, row: Item, content: ItemContent) -> None:
        try:
            save(
                self.session,
                self.project,
                row.id,
                self.actor,
                content,
                version=row.version,
                base=row.revision,
                why=self.why,
                now=self.now,
                typed=False,
            )
        except NotAllowed as error:
            self.done.left[str(error)] += 1
        else:
            self.done.updated += 1


def _check_names(item: PublicItem) -> None:
    """Check that an item's id can be stored and its path used in a release."""
    check_length(item.id, "id", LONGEST_ID, label=quote(item.id[:40]))
    if not item.id.isprintable() or item.id != item.id.strip():
        raise InputError(
            f"the id {quote(item.id)} contains invisible characters",
            field="id",
            code="invalid-character",
            hint="remove them from the id",
        )
    try:
        check_relative(item.audio_path)
    except UnsafePathError as error:
        raise InputError(
            f"{quote(item.audio_path)} of {quote(item.id)} {error}",
            field="audio_path",
            code="unsafe-path",
            hint="use a path below the benchmark's folder, such as ./audio/NAME.wav",
        ) from None


class Source(msgspec.Struct, frozen=True):
    """A file to import, with its original name, a folder of clips, and limits for archives."""

    path: Path
    name: str
    audio_dir: Path | None = None
    limits: Limits | None = None


def import_file(
    database: Database,
    media: Path,
    source: Source,
    find: Callable[[Session], tuple[Project, Actor]],
    clock: Callable[[], datetime],
    *,
    inspect: bool = False,
    update: bool = False,
) -> ImportResult:
    """Import a file into a project, completely or not at all, and log it. `find` gives the project and the actor.

    Raises:
        InputError: a record, a clip or the archive is not valid.
        UsageError: none of the clips is in the given folder.
        NotAllowed: the actor is not a lead.
        ExternalError: the disk refuses.
    """
    clips, absent = {}, 0
    with ExitStack() as stack:
        folder = source.audio_dir
        if is_archive(source.path):
            items, own = stack.enter_context(unpacked(source.path, media, source.name, source.limits))
            folder = folder or own
        else:
            size = source.path.stat().st_size
            if size > _MAX_FILE:
                raise InputError(
                    f"found {size:,} bytes, at most {_MAX_FILE:,} are read",
                    file=source.name,
                    code="file-too-large",
                    hint="split it into several files",
                )
            items = read_items(source.path.read_bytes(), source.name, media)
        if folder is not None:
            with database.read() as session:
                wanting = items_needing_clips(session, find(session)[0], items)
            # Decoded before anything is locked: a thousand clips take minutes.
            clips = store_clips(media, folder, wanting, required=source.audio_dir is not None)
            absent = len({item.audio_path for item in wanting} - clips.keys())
    with database.write() as session:
        project, actor = find(session)
        now, why = clock(), f"from {source.name}"
        done = import_items(
            session, project, actor, items, now, inspect=inspect, update=update, clips=clips, why=why
        )
        done.clips_absent = absent
        log_action(
            session, now, actor.person, "import", source.name, detail=done.summary, project_id=project.id
        )
    return done
