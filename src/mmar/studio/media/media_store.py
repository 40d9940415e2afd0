"""The media folder: every file under the hash of its bytes, so that no name a person gave ever becomes a path."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from mmar.errors import InputError

__all__ = ["StoredAudio", "clear_leftovers", "incoming_file", "media_file", "store_audio"]

_ENDINGS = {"audio/flac": ".flac", "audio/wav": ".wav", "audio/mpeg": ".mp3", "audio/ogg": ".ogg"}


class StoredAudio(msgspec.Struct, frozen=True):
    """A recording that lies in the media folder.

    Attributes:
        path: relative to the media folder.
        sha256: of its bytes.
        media_type: what it is served as.
        size: bytes.
        duration: seconds.
        rate: Hz.
        channels: number of channels.
        waveform: the waveform file, relative to the media folder.
    """

    path: str
    sha256: str
    media_type: str
    size: int
    duration: float
    rate: int
    channels: int
    waveform: str


@contextmanager
def incoming_file(media: Path) -> Iterator[Path]:
    """A file of our own naming for bytes that are not checked yet; gone afterwards."""
    folder = media / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / secrets.token_hex(16)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def clear_leftovers(media: Path, *, older_s: float = 86_400.0) -> int:
    """Remove what processes left that were killed: uploads, fetches and copies that nobody goes on with.

    Args:
        media: the media folder.
        older_s: how long nothing has happened to it, seconds; what is younger may be under way elsewhere.

    Returns:
        How many files and folders.
    """
    gone, before = 0, time.time() - older_s
    for pattern in ("incoming/*", "sources/.work/*", "*/*/.*.part"):
        for path in media.glob(pattern):
            try:
                newest = max(each.lstat().st_mtime for each in (path, *path.rglob("*")))
                if newest < before:
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
                    gone += 1
            except OSError:
                continue  # it is no longer there, or not ours to remove
    return gone


def media_file(media: Path, relative: str) -> Path:
    """Where a file of the media folder lies.

    Raises:
        InputError: the path leads out of the folder, or there is no file.
    """
    root = media.resolve()
    path = (root / relative).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        raise InputError("the file is not in the media folder", field="path", hint="restore it from a backup")
    return path


def store_audio(media: Path, path: Path, *, max_bytes: int = 1 << 30) -> StoredAudio:
    """Decode a file from beginning to end, keep it, and draw its waveform.

    Args:
        media: the media folder.
        path: an unchecked file; it is copied, never moved.
        max_bytes: largest file that is taken.

    Raises:
        InputError: not sound, damaged, too long or too large.
    """
    from mmar.studio.media.uploads import browser_playable, inspect_upload
    from mmar.studio.media.waveform import build_waveform

    work = media / "incoming"
    work.mkdir(parents=True, exist_ok=True)
    facts = inspect_upload(path, work, max_bytes=max_bytes)
    readable = facts.readable
    try:
        readable = browser_playable(readable, work)
        converted = readable != path
        digest = _sha256(readable) if converted else facts.sha256
        media_type = "audio/flac" if converted else facts.media_type
        target = Path("recordings") / digest[:2] / f"{digest}{_ENDINGS.get(media_type, '.bin')}"
        _copy(readable, media / target)
        waveform = Path("waveforms") / digest[:2] / f"{digest}.peaks"
        if not (media / waveform).exists():
            (media / waveform).parent.mkdir(parents=True, exist_ok=True)
            build_waveform(media / target, media / waveform)
        return StoredAudio(
            target.as_posix(),
            digest,
            media_type,
            (media / target).stat().st_size,
            facts.duration,
            facts.rate,
            facts.channels,
            waveform.as_posix(),
        )
    finally:
        for made in {readable, facts.readable} - {path}:
            made.unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy(source: Path, target: Path) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with source.open("rb") as read, part.open("wb") as write:
            while block := read.read(1 << 20):
                write.write(block)
            write.flush()
            os.fsync(write.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
