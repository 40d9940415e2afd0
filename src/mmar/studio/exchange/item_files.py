"""Import and export files of items."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.errors import ExternalError, InputError, UsageError
from mmar.files.archives import Limits
from mmar.files.safe_paths import clip_path
from mmar.files.sniff import SNIFF_BYTES, sniff, sniff_file
from mmar.items import Item as PublicItem
from mmar.items import load_benchmark
from mmar.studio.data.item_tables import Item, Revision
from mmar.studio.data.tables import Clip, Project
from mmar.studio.media.media_store import incoming_file, media_file
from mmar.studio.store.clips import published_path
from mmar.studio.store.takedowns import is_taken_down, taken_down
from mmar.studio.workflow import State
from mmar.studio.workflow.content import to_item

__all__ = [
    "FORMS",
    "LOCAL_FILES",
    "Exported",
    "Form",
    "copy_clips",
    "format_of",
    "is_archive",
    "item_file",
    "plain_hint",
    "project_items",
    "read_items",
    "unpacked",
]

Form = Literal["jsonl", "csv", "label-studio.json", "label-studio.xml"]
FORMS: dict[Form, str] = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "label-studio.json": "application/json",
    "label-studio.xml": "application/xml",
}
"""Media type by the ending of the file's name; the last is the labelling configuration for the one before it."""

LOCAL_FILES = "/data/local-files/?d="
"""Where Label Studio has the files of a folder that its server may read (its "local files" storage)."""

# The studio leaves no record out: a file that is not sound is corrected and brought in whole.
_LENIENT = re.compile(r"(; with --lenient.*| with --lenient|, or use --lenient)$")


def format_of(name: str) -> Form:
    """The format of a file by its name.

    Raises:
        UsageError: none of them.
    """
    for form in FORMS:
        if name.endswith(f".{form}") or name == form:
            return form
    raise UsageError(f"write to a file that ends in .{', .'.join(FORMS)}", code="unknown-format")


class Exported(msgspec.Struct, frozen=True):
    """Exported items of a project.

    Attributes:
        items: in the order of their numbers, keys included, cues with where they are heard.
        clips: files of their sounds by public id, relative to the media folder.
        unfinished: how many items are left out since they are no complete question yet.
        taken_down: how many since they were taken down.
    """

    items: tuple[PublicItem, ...]
    clips: Mapping[str, str]
    unfinished: int = 0
    taken_down: int = 0

    @property
    def left_words(self) -> str:
        """What is left out, as the end of a sentence; empty where nothing is."""
        parts = [
            f"{number:,} {words}"
            for number, words in ((self.unfinished, "unfinished"), (self.taken_down, "taken down"))
            if number
        ]
        return f"; left out: {', '.join(parts)}" if parts else ""


def project_items(session: Session, project: Project, *, with_clips: bool = False) -> Exported:
    """All complete items of a project without those taken down, with keys, by number.

    Args:
        session: an open transaction.
        project: whose items.
        with_clips: whether the clips go along, so that each path is that of a WAV file.
    """
    banned = taken_down(session, project.id)
    rows = session.execute(
        select(Item, Revision.content, Clip.path, Clip.sha256)
        .join(Revision, (Revision.item_id == Item.id) & (Revision.number == Item.revision), isouter=True)
        .join(Clip, (Clip.project_id == Item.project_id) & (Clip.key == Item.clip_key), isouter=True)
        .where(Item.project_id == project.id)
        .order_by(Item.id)
    )
    items, clips, unfinished, down = [], {}, 0, 0
    for item, content, path, digest in rows:
        if item.state == State.TAKEN_DOWN.value or (
            content is not None and is_taken_down(banned, item.public_id, content.url, digest)
        ):
            down += 1
        elif content is None or content.key is None or len(content.choices) < 2:
            unfinished += 1
        else:
            place = published_path(content, item.public_id, with_clip=with_clips and bool(path))
            items.append(to_item(content, item.public_id, place, regions=True))
            if path:
                clips[item.public_id] = path
    return Exported(tuple(items), clips, unfinished, down)


def copy_clips(exported: Exported, media: Path, folder: Path) -> int:
    """Copy the clips of exported items into a folder, to the paths in their records.

    Args:
        exported: the items.
        media: the media folder.
        folder: made where it is missing; a file that is there and differs is replaced.

    Returns:
        How many items have their clip there.

    Raises:
        InputError: a clip is not in the media folder any more, or a path leads out of the folder.
        ExternalError: the disk refuses.
    """
    done = 0
    for item in exported.items:
        if (path := exported.clips.get(item.id)) is None:
            continue
        source, target = media_file(media, path), clip_path(folder, item.audio_path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{target.name}.part")
            shutil.copyfile(source, part)
            part.replace(target)
        except OSError as error:
            raise ExternalError(
                f"{target}: cannot be written ({error.strerror or error})", code="not-writable"
            ) from None
        done += 1
    return done


def item_file(items: Sequence[PublicItem], form: Form, *, audio_base: str = LOCAL_FILES) -> bytes:
    """Items as one file.

    Args:
        items: in order.
        form: which.
        audio_base: for Label Studio, what audio paths are put behind: its own address for files that its server has.
    """
    if form == "jsonl":
        return b"".join(msgspec.json.encode(item.to_record()) + b"\n" for item in items)
    if form == "csv":
        from mmar.studio.exchange.csv_format import csv_text

        return csv_text(items).encode()
    from mmar.studio.exchange.label_studio import label_studio_config, label_studio_tasks

    if form == "label-studio.xml":
        return label_studio_config().encode()

    def address(item: PublicItem) -> str:
        return audio_base + quote(item.audio_path.removeprefix("./"))

    return msgspec.json.encode(label_studio_tasks(items, address))


def plain_hint(error: InputError) -> str | None:
    """An error's hint without `--lenient`, which imports do not have."""
    return _LENIENT.sub("", error.hint) if error.hint else None


def read_items(data: bytes, name: str, media: Path) -> tuple[PublicItem, ...]:
    """Items of a file: the publisher's JSON or JSONL, CSV, or an export of Label Studio.

    Args:
        data: the file's content, which decides what it is.
        name: what to call it in errors.
        media: the media folder, for a temporary file.

    Raises:
        InputError: it is something else, a record is not valid, or there is none. The error names file, line and
            field.
    """
    from mmar.studio.exchange.csv_format import read_csv, wrong_type
    from mmar.studio.exchange.label_studio import is_label_studio, read_label_studio

    kind = sniff(data[:SNIFF_BYTES])
    try:
        if kind.format in ("text", "utf-16"):
            items = read_label_studio(data, file=name) if is_label_studio(data) else read_csv(data, file=name)
        elif kind.format == "json" and is_label_studio(data):
            items = read_label_studio(data, file=name)
        elif kind.format in ("json", "gzip"):
            with incoming_file(media) as path:
                path.write_bytes(data)
                items = tuple(load_benchmark(path))
        elif kind.format == "empty":
            raise InputError("the file is empty", file=name, code="empty-file")
        else:
            raise wrong_type(kind, name)
    except InputError as error:
        ours = error.file if error.file and error.file.startswith(name) else name
        raise InputError(
            error.problem,
            file=ours,
            line=error.line,
            field=error.field,
            code=error.code,
            hint=plain_hint(error),
        ) from None
    if not items:
        raise InputError(
            "contains no item", file=name, code="no-records", hint="give a row or a record per item"
        )
    return items


def is_archive(path: Path) -> bool:
    """Whether a file is an archive, by its content; it may contain a benchmark with its clips."""
    return sniff_file(path, decompress=True).group == "archive"


@contextmanager
def unpacked(
    archive: Path, media: Path, name: str, bounds: Limits | None = None
) -> Iterator[tuple[tuple[PublicItem, ...], Path | None]]:
    """The items of a benchmark that is one archive, such as a release, and for a while the folder of its clips.

    The folder is nothing where the archive holds no clip.

    Args:
        archive: where it lies.
        media: the media folder.
        name: what to call it in errors.
        bounds: how much it may hold.

    Raises:
        InputError: the archive is damaged, holds what is refused, or is no benchmark.
        ExternalError: the disk refuses.
    """
    from mmar.studio.exchange.archives import open_package

    folder = media / "incoming" / secrets.token_hex(16)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        try:
            package = open_package(archive, folder, bounds=bounds)
        except InputError as error:
            ours = None if error.file is None else name
            raise InputError(
                error.problem,
                file=ours,
                line=error.line,
                field=error.field,
                code=error.code,
                hint=plain_hint(error),
            ) from None
        items = tuple(package.benchmark)
        yield items, package.metadata.parent if len(package.missing) < len(items) else None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
