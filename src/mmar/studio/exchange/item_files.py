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

from mmar.errors import InputError, UsageError
from mmar.files.archives import Limits, unpack
from mmar.files.atomic import copy_atomic
from mmar.files.safe_paths import clip_path
from mmar.files.sniff import SNIFF_BYTES, sniff, sniff_file
from mmar.items import Item as PublicItem
from mmar.items import load_benchmark
from mmar.studio.data.item_tables import Item, Revision
from mmar.studio.data.tables import Clip, Project
from mmar.studio.exchange.csv_format import csv_text, read_csv, wrong_type
from mmar.studio.exchange.label_studio import (
    CONFIG,
    is_label_studio,
    label_studio_tasks,
    read_label_studio,
)
from mmar.studio.media.media_store import incoming_file, media_file
from mmar.studio.store.takedowns import is_taken_down, taken_down
from mmar.studio.workflow import State
from mmar.studio.workflow.content import published_path, to_item

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

_METADATA = (".jsonl", ".jsonl.gz", ".json", ".json.gz")

# Imports have no --lenient: a file is imported completely or not at all.
_LENIENT = re.compile(r"(; with --lenient.*| with --lenient|, or use --lenient)$")


def format_of(name: str) -> Form:
    """The format of a file by its name; a `UsageError` if it is none of them."""
    for form in FORMS:
        if name.endswith(f".{form}") or name == form:
            return form
    raise UsageError(f"write to a file that ends in .{', .'.join(FORMS)}", code="unknown-format")


class ExportResult(msgspec.Struct, frozen=True):
    """Exported items by id, keys included.

    Attributes:
        items: in the order of their ids, without unfinished ones and those that were taken down.
        clips: files of their clips by public id, relative to the media folder.
    """

    items: tuple[PublicItem, ...]
    clips: Mapping[str, str]
    unfinished: int = 0
    taken_down: int = 0

    @property
    def omitted_text(self) -> str:
        """What is left out, as the end of a sentence; empty if nothing is."""
        parts = [
            f"{number:,} {label}"
            for number, label in ((self.unfinished, "unfinished"), (self.taken_down, "taken down"))
            if number
        ]
        return f"; left out: {', '.join(parts)}" if parts else ""


def project_items(session: Session, project: Project, *, with_clips: bool = False) -> ExportResult:
    """All complete items of a project with keys, without those taken down; `with_clips`: paths are of WAV files."""
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
            audio_path = published_path(content, item.public_id, with_clip=with_clips and bool(path))
            items.append(to_item(content, item.public_id, audio_path, regions=True))
            if path:
                clips[item.public_id] = path
    return ExportResult(tuple(items), clips, unfinished, down)


def copy_clips(exported: ExportResult, media: Path, folder: Path) -> int:
    """Copy the clips of exported items into a folder, to the paths in their records; returns how many.

    Raises:
        InputError: a clip is not in the media folder any more, or a path leads out of the folder.
        ExternalError: the disk refuses.
    """
    done = 0
    for item in exported.items:
        if (path := exported.clips.get(item.id)) is None:
            continue
        source, target = media_file(media, path), clip_path(folder, item.audio_path)
        copy_atomic(source, target)
        done += 1
    return done


def item_file(items: Sequence[PublicItem], form: Form, *, audio_base: str = LOCAL_FILES) -> bytes:
    """Items as a file. In Label Studio tasks, audio paths follow `audio_base`, the address of local files."""
    if form == "jsonl":
        return b"".join(msgspec.json.encode(item.to_record()) + b"\n" for item in items)
    if form == "csv":
        return csv_text(items).encode()
    if form == "label-studio.xml":
        return CONFIG.encode()

    def address(item: PublicItem) -> str:
        return audio_base + quote(item.audio_path.removeprefix("./"))

    return msgspec.json.encode(label_studio_tasks(items, address))


def plain_hint(error: InputError) -> str | None:
    """An error's hint without `--lenient`, which imports do not have."""
    return _LENIENT.sub("", error.hint) if error.hint else None


def read_items(data: bytes, name: str, media: Path) -> tuple[PublicItem, ...]:
    """The items of a file: the publisher's JSON or JSONL, CSV, or a Label Studio export, told apart by content.

    Raises:
        InputError: it is something else, a record is not valid, or there is none. The error names file, line and
            field.
    """
    kind = sniff(data[:SNIFF_BYTES])
    with _named(name):
        if kind.format in ("json", "text", "utf-16") and is_label_studio(data):
            items = read_label_studio(data, file=name)
        elif kind.format in ("text", "utf-16"):
            items = read_csv(data, file=name)
        elif kind.format in ("json", "gzip"):
            with incoming_file(media) as path:
                path.write_bytes(data)
                items = tuple(load_benchmark(path))
        elif kind.format == "empty":
            raise InputError("the file is empty", code="empty-file")
        else:
            raise wrong_type(kind, name)
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
    archive: Path, media: Path, name: str, limits: Limits | None = None
) -> Iterator[tuple[tuple[PublicItem, ...], Path | None]]:
    """The items of an archive with one metadata file, such as a release, and a temporary folder with its clips.

    Their paths are relative to the folder, which is `None` if the archive contains no clip. `name` is the file's, for
    errors.

    Raises:
        InputError: the archive is damaged, contains links or unsafe paths, or is no benchmark.
        ExternalError: the disk refuses.
    """
    folder = media / "incoming" / secrets.token_hex(16)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _named(name):
            unpack(archive, folder, limits=limits)
            metadata = _metadata_of(folder, archive)
            items = tuple(load_benchmark(metadata))
            result = [clip_path(metadata.parent, item.audio_path).is_file() for item in items]
        yield items, metadata.parent if any(result) else None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Let errors name the file as people know it, and no options that imports do not have."""
    try:
        yield
    except InputError as error:
        raise InputError(
            error.problem,
            file=error.file if error.file and error.file.startswith(name) else name,
            line=error.line,
            field=error.field,
            code=error.code,
            hint=plain_hint(error),
        ) from None


def _metadata_of(folder: Path, archive: Path) -> Path:
    """The one metadata file nearest to the top."""
    result = sorted(
        (path for path in folder.rglob("*") if path.name.endswith(_METADATA) and path.name != "release.json"),
        key=lambda path: (len(path.parts), path.name),
    )
    nearest = [path for path in result if len(path.parts) == len(result[0].parts)]
    if len(nearest) != 1:
        names = ", ".join(str(path.relative_to(folder)) for path in nearest[:5]) or "none"
        raise InputError(
            f"expected one metadata file (.jsonl or .json), found {names}",
            file=str(archive),
            hint="put exactly one next to the audio folder",
            code="metadata-missing",
        )
    return nearest[0]
