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
folder is created atomically. Items that were taken down are left out.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mmar._version import __version__
from mmar.audio import Facts, describe
from mmar.errors import ExternalError, InputError, UsageError
from mmar.files.hashing import sha256_file
from mmar.files.safe_paths import UnsafePathError, check_relative
from mmar.items import Item, benchmark_digest, load_benchmark
from mmar.items.benchmark import write_records
from mmar.studio.exchange.changes import Previous, changes_text
from mmar.studio.exchange.checksums import CHECKSUMS, verify_release, write_checksums
from mmar.studio.exchange.datasheet import datasheet
from mmar.studio.exchange.release_facts import ReleaseFacts, check_facts
from mmar.studio.exchange.takedown_filter import ExcludedItem, split_taken_down

__all__ = ["Release", "public_items", "write_release"]

_OWN = frozenset({"datasheet.md", "changes.md", "license", "canary.txt", "release.json", "sha256sums"})
_CHUNK = 1 << 20


class Release(msgspec.Struct, frozen=True):
    """A written release.

    Attributes:
        folder: where it lies.
        digest: the benchmark's digest.
        items: how many items are in it.
        files: how many files, the list of digests included.
        left_out: items that were given and are not in it.
    """

    folder: Path
    digest: str
    items: int
    files: int
    left_out: tuple[ExcludedItem, ...]


class _Sound(msgspec.Struct, frozen=True):
    """An item's clip: source file and path in the release."""

    source: Path
    target: Path
    sha256: str
    facts: Facts


def write_release(
    folder: Path,
    items: Iterable[Item],
    audio: Mapping[str, Path] | None,
    about: ReleaseFacts,
    *,
    previous: Previous | None = None,
    gone: Iterable[str] = (),
    changes: str | None = None,
    sheet: str | None = None,
) -> Release:
    """Write a release.

    Args:
        folder: the folder to make. If it is there, and holds this very release, nothing happens.
        items: what is to be published, in the order of the file.
        audio: each item's sound file, by the item's id; `None` for a release of the questions alone.
        about: what the team says of it.
        previous: the last release, for what changed.
        gone: ids of its items that were taken down since, whether or not they are given here.
        changes: the text of CHANGES.md, for a release that is written again; `previous` is not looked at then.
        sheet: the text of DATASHEET.md, likewise.

    Returns:
        What was written.

    Raises:
        UsageError: the facts do not suffice, no item is left, or another release stands in the folder.
        InputError: an item has no sound, or names one outside of the release, or two items contend for a
            name.
        ExternalError: the disk refuses; nothing is left of it then.
    """
    items = tuple(items)
    check_facts(about, {name for item in items for name in item.names})
    kept, left_out = split_taken_down(items, audio, about.taken_down)
    if not kept:
        raise UsageError("there is no item to release; approve some first", code="nothing-to-release")
    sounds = {} if audio is None else _sounds(kept, audio)
    part = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    try:
        part.mkdir(parents=True)
        written = _write(part, kept, sounds, about, sheet)
        if changes is None:
            digests = {name: sound.sha256 for name, sound in sounds.items()}
            down = {*gone, *(each.item for each in left_out)}
            changes = changes_text(written, digests, about, previous, down)
        (part / "CHANGES.md").write_text(changes, encoding="utf-8", newline="\n")
        files = write_checksums(part)
        _take_place(part, folder)
    except OSError as error:
        raise ExternalError(
            f"{folder}: cannot be written ({error.strerror or error}); make room and try again",
            code="not-writable",
        ) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Release(folder, benchmark_digest(written), len(written), files, left_out)


def _sounds(items: Sequence[Item], audio: Mapping[str, Path]) -> dict[str, _Sound]:
    """Each item's clip with its checked path in the release."""
    sounds: dict[str, _Sound] = {}
    places: dict[str, _Sound] = {}
    for item in items:
        if item.id not in audio:
            raise InputError(
                f'the item "{item.id}" has no sound',
                field="audio_path",
                hint="prepare it first",
                code="audio-missing",
            )
        target = _place(item)
        source = audio[item.id]
        sound = _Sound(source, target, sha256_file(source), describe(source))
        # One name on a disk that does not tell capital letters, or composed ones, from others.
        known = places.setdefault(unicodedata.normalize("NFC", target.as_posix()).casefold(), sound)
        if (known.sha256, known.target) != (sound.sha256, sound.target):
            raise InputError(
                f'the item "{item.id}" and another one want different sounds at "{item.audio_path}"',
                field="audio_path",
                hint="give each clip a name of its own",
                code="clip-conflict",
            )
        sounds[item.id] = sound
    return sounds


def _place(item: Item) -> Path:
    try:
        path = Path(*check_relative(item.audio_path).parts)
    except UnsafePathError as error:
        raise InputError(
            f'"{item.audio_path[:200]}" of "{item.id}" {error}',
            field="audio_path",
            hint="a sound must lie below the release's folder, as ./audio/NAME.wav",
            code="unsafe-path",
        ) from None
    if path.parts[0].casefold() in _OWN or path.parts[0].casefold().endswith("-meta.jsonl"):
        raise InputError(
            f'"{item.audio_path}" is the name of a file of the release itself',
            field="audio_path",
            code="reserved-name",
        )
    return path


def _write(
    part: Path,
    items: Sequence[Item],
    sounds: Mapping[str, _Sound],
    about: ReleaseFacts,
    sheet: str | None,
) -> tuple[Item, ...]:
    """Write every file but the changes and the list of digests; the items as they are published."""
    metadata = part / f"{about.name}-meta.jsonl"
    write_records((_public(item, about) for item in items), metadata)
    # Read back: what is described is what stands in the file.
    published = tuple(load_benchmark(metadata))
    for sound in sounds.values():
        target = part / sound.target
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy(sound, target)
    heard = {name: sound.facts for name, sound in sounds.items()}
    texts = {
        "DATASHEET.md": datasheet(published, heard, about) if sheet is None else sheet,
        "LICENSE": about.licence_text.rstrip() + "\n",
        "release.json": _facts_json(published, sounds, about),
    }
    if about.canary:
        texts["CANARY.txt"] = f"{about.canary}\n"
    for name, text in texts.items():
        (part / name).write_text(text, encoding="utf-8", newline="\n")
    return published


def public_items(items: Iterable[Item], about: ReleaseFacts) -> tuple[Item, ...]:
    """The items as a release publishes them: without what is withheld, with the canary."""
    return tuple(Item.from_record(_public(item, about)) for item in items)


def _public(item: Item, about: ReleaseFacts) -> dict[str, Any]:
    record = {name: value for name, value in item.to_record().items() if name not in about.withheld}
    if about.canary and about.canary_in_records:
        record["canary"] = about.canary
    return record


def _copy(sound: _Sound, target: Path) -> None:
    """Copy a clip and verify its checksum."""
    digest = hashlib.sha256()
    with sound.source.open("rb") as source, target.open("xb") as out:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            out.write(chunk)
    if digest.hexdigest() != sound.sha256:
        raise ExternalError(
            f"{sound.source}: changed while the release was written; try again", code="file-changes"
        )


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


def _take_place(part: Path, folder: Path) -> None:
    if not folder.exists():
        part.rename(folder)
        return
    same = (folder / CHECKSUMS).is_file() and (folder / CHECKSUMS).read_bytes() == (
        part / CHECKSUMS
    ).read_bytes()
    if not same or verify_release(folder):
        raise UsageError(
            f"{folder}: is there already and holds something else; name a new folder", code="exists"
        )
