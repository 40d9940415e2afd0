"""Files of a release, in one folder that every other command accepts.

    NAME-meta.jsonl   the items in the publisher's format, private fields left out
    audio/…           the clips, under the paths in the items
    DATASHEET.md      data sheet: method, people, content, agreement, human accuracy, audit, biases
    CHANGES.md        changes since the previous release, followed by its own CHANGES.md
    LICENSE           the licence's text
    CANARY.txt        the canary, where there is one
    release.json      the same facts for programs, with the benchmark's digest
    SHA256SUMS        of every file above, as `sha256sum --check` reads it

The same items, clips and facts give the same bytes on any machine at any time; no clock and no randomness is used. The
folder is created atomically.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import stat
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from mmar._version import __version__
from mmar.audio import Facts, describe
from mmar.errors import ExternalError, InputError, UsageError
from mmar.files.atomic import copy_atomic, disk_error, temporary_path
from mmar.files.hashing import sha256_file
from mmar.files.safe_paths import clip_path
from mmar.items import Item, benchmark_digest, load_benchmark
from mmar.items.benchmark import write_records
from mmar.items.item import FIELDS
from mmar.studio.releases.release_texts import Previous, ReleaseFacts, changes_text, datasheet

CHECKSUMS = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_OWN = frozenset({"datasheet.md", "changes.md", "license", "canary.txt", "release.json", "sha256sums"})
# Without these a record is no item, or the question cannot be scored.
_NEVER_WITHHELD = frozenset(
    {"id", "audio_path", "audio_id", "question", "choices", "answer", "modality", "task", "category"}
)


class _Sound(msgspec.Struct, frozen=True):
    """An item's clip: source file and path in the release."""

    source: Path
    target: Path
    sha256: str
    facts: Facts


def write_release(
    folder: Path,
    items: Sequence[Item],
    audio: Mapping[str, Path] | None,
    about: ReleaseFacts,
    *,
    previous: Previous | None = None,
    taken_down: Iterable[str] = (),
    changes: str | None = None,
    sheet: str | None = None,
) -> str:
    """Write a release.

    Args:
        folder: the folder to create. Nothing happens if it contains this very release already.
        items: in the order of the file.
        audio: each item's clip by the item's id; `None` for a release of the questions alone.
        about: facts that the team states.
        previous: the last release, for the changes.
        taken_down: ids of items of the previous release that were taken down since.
        changes: the text of CHANGES.md, for a release that is written again; `previous` is ignored then.
        sheet: the text of DATASHEET.md, likewise.

    Returns:
        The benchmark's digest.

    Raises:
        UsageError: the facts are incomplete, there are no items, or the folder contains something else.
        InputError: an item has no clip, its path is outside the release, or two items need one path.
        ExternalError: the disk refuses; nothing is left then.
    """
    _check_facts(about, {name for item in items for name in item.names})
    if not items:
        raise UsageError("there is no item to release; approve some first", code="nothing-to-release")
    sounds = {} if audio is None else _sounds(items, audio)
    part = temporary_path(folder)
    try:
        part.mkdir(parents=True)
        published = _write(part, items, sounds, about, sheet)
        if changes is None:
            digests = {name: sound.sha256 for name, sound in sounds.items()}
            changes = changes_text(published, digests, about, previous, frozenset(taken_down))
        _write_text(part / "CHANGES.md", changes)
        _write_checksums(part)
        _rename(part, folder)
    except OSError as error:
        raise disk_error(error, folder) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return benchmark_digest(published)


def _check_facts(about: ReleaseFacts, fields: Set[str]) -> None:
    if not about.licence_name.strip() or not about.licence_text.strip():
        raise UsageError("a benchmark cannot be released without a licence", code="licence-missing")
    for field in about.withheld:
        if field in _NEVER_WITHHELD:
            raise UsageError(
                f'the field "{field}" cannot be withheld: without it a question cannot be scored',
                code="field-not-withholdable",
            )
        if field not in FIELDS and field not in fields:
            known = ", ".join(sorted(fields - _NEVER_WITHHELD))
            raise UsageError(
                f'there is no field "{field}" to withhold; there are {known}', code="unknown-field"
            )


def _sounds(items: Sequence[Item], audio: Mapping[str, Path]) -> dict[str, _Sound]:
    """Each item's clip with its checked path in the release."""
    sounds: dict[str, _Sound] = {}
    by_path: dict[str, _Sound] = {}
    for item in items:
        if item.id not in audio:
            raise InputError(f'the item "{item.id}" has no clip', field="audio_path", code="audio-missing")
        target, source = clip_path(Path(), item.audio_path), audio[item.id]
        top = target.parts[0].casefold()
        if top in _OWN or top.endswith("-meta.jsonl"):
            raise InputError(
                f'"{item.audio_path}" is the name of a file of the release itself',
                field="audio_path",
                code="reserved-name",
            )
        sound = _Sound(source, target, sha256_file(source), describe(source))
        # Some disks ignore case or the composition of letters.
        known = by_path.setdefault(unicodedata.normalize("NFC", target.as_posix()).casefold(), sound)
        if (known.sha256, known.target) != (sound.sha256, sound.target):
            raise InputError(
                f'the item "{item.id}" and another one have different clips at "{item.audio_path}"',
                field="audio_path",
                hint="give each clip a name of its own",
                code="clip-conflict",
            )
        sounds[item.id] = sound
    return sounds


def _write(
    part: Path, items: Sequence[Item], sounds: Mapping[str, _Sound], about: ReleaseFacts, sheet: str | None
) -> tuple[Item, ...]:
    """Write every file but the changes and the checksums; returns the items as published."""
    metadata = part / f"{about.name}-meta.jsonl"
    write_records((_public(item, about) for item in items), metadata)
    # Read back, so that the data sheet describes what is in the file.
    published = tuple(load_benchmark(metadata))
    for sound in sounds.values():
        if (
            not (part / sound.target).exists()
            and copy_atomic(sound.source, part / sound.target) != sound.sha256
        ):
            raise ExternalError(
                f"{sound.source}: changed while the release was written; try again", code="file-changes"
            )
    clips = {name: sound.facts for name, sound in sounds.items()}
    _write_text(part / "DATASHEET.md", datasheet(published, clips, about) if sheet is None else sheet)
    _write_text(part / "LICENSE", about.licence_text.rstrip() + "\n")
    _write_text(part / "release.json", _facts_json(published, sounds, about))
    if about.canary:
        _write_text(part / "CANARY.txt", f"{about.canary}\n")
    return published


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def public_items(items: Iterable[Item], about: ReleaseFacts) -> tuple[Item, ...]:
    """The items as a release publishes them: without what is withheld, with the canary."""
    return tuple(Item.from_record(_public(item, about)) for item in items)


def _public(item: Item, about: ReleaseFacts) -> dict[str, Any]:
    record = {name: value for name, value in item.to_record().items() if name not in about.withheld}
    return {**record, "canary": about.canary} if about.canary else record


def _facts_json(items: Sequence[Item], sounds: Mapping[str, _Sound], about: ReleaseFacts) -> str:
    facts = {
        "name": about.name,
        "version": about.version,
        "date": about.date,
        "title": about.title,
        "digest": benchmark_digest(items),
        "items": len(items),
        "audio_files": len({sound.target for sound in sounds.values()}),
        "licence": about.licence_name,
        "withheld": sorted(set(about.withheld)),
        "canary": about.canary or None,
        "written_by": about.written_by or f"mmar {__version__}",
    }
    return msgspec.json.format(msgspec.json.encode(facts), indent=2).decode() + "\n"


def _rename(part: Path, folder: Path) -> None:
    if not folder.exists():
        part.rename(folder)
        return
    same = (folder / CHECKSUMS).is_file() and (folder / CHECKSUMS).read_bytes() == (
        part / CHECKSUMS
    ).read_bytes()
    if not same or verify_release(folder):
        raise UsageError(f"{folder}: exists and contains something else; name a new folder", code="exists")


def _write_checksums(folder: Path) -> None:
    """Write SHA256SUMS, in the format of `sha256sum --check`, and sync all files to the disk."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{sha256_file(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    _write_text(folder / CHECKSUMS, "".join(lines))
    for path in (*files, folder / CHECKSUMS):
        with path.open("rb") as file:
            os.fsync(file.fileno())


def verify_release(folder: Path) -> tuple[str, ...]:
    """A message per file of a release that is missing, changed, or not part of it.

    Raises:
        InputError: SHA256SUMS is missing (`not-a-release`) or damaged (`damaged-checksums`).
    """
    try:
        text = (folder / CHECKSUMS).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(f"has no readable {CHECKSUMS}", file=str(folder), code="not-a-release") from None
    matches = [_LINE.fullmatch(line) for line in text.splitlines()]
    if None in matches:
        raise InputError(
            "expected a digest and a name",
            file=str(folder / CHECKSUMS),
            line=matches.index(None) + 1,
            code="damaged-checksums",
        )
    listed = {match[2]: match[1] for match in matches if match}
    result = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {
        CHECKSUMS
    }
    changed = [name for name in listed if name in result and sha256_file(folder / name) != listed[name]]
    return (
        *(f"{name}: is missing" for name in listed if name not in result),
        *(f"{name}: is not what was released" for name in changed),
        *(f"{name}: is not part of the release" for name in sorted(result - set(listed))),
    )


def zipped(folder: Path, top: str) -> Iterator[bytes]:
    """A folder as the pieces of a ZIP file below the folder `top`, with the same bytes for the same content.

    Nothing is compressed, so the bytes do not depend on a library's version; audio hardly compresses.
    """
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as out:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = PurePosixPath(top) / path.relative_to(folder).as_posix()
            member = zipfile.ZipInfo(str(name), (1980, 1, 1, 0, 0, 0))
            member.create_system, member.external_attr = 3, (stat.S_IFREG | 0o644) << 16
            member.file_size = path.stat().st_size
            with path.open("rb") as source, out.open(member, "w") as target:
                while chunk := source.read(1 << 20):
                    target.write(chunk)
                    yield pipe.take()
    yield pipe.take()


class _Pipe(io.RawIOBase):
    """A buffer that is emptied while it is written. It cannot seek, so a ZIP file states sizes after the data."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._buffer += data
        return len(data)

    def take(self) -> bytes:
        result, self._buffer = bytes(self._buffer), bytearray()
        return result
