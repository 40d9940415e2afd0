"""The media folder. Files are stored under the hash of their bytes, so names that people choose never become paths."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from mmar.errors import InputError
from mmar.files.atomic import copy_atomic
from mmar.studio.media.decoder import Decoder
from mmar.studio.media.uploads import StoredAudio

_SUFFIXES = {"audio/flac": ".flac", "audio/wav": ".wav", "audio/mpeg": ".mp3", "audio/ogg": ".ogg"}


@contextmanager
def incoming_file(media: Path) -> Iterator[Path]:
    """A temporary file for bytes that are not validated yet; deleted afterwards."""
    folder = media / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / secrets.token_hex(16)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def clear_leftovers(media: Path) -> int:
    """Remove temporary files of killed processes that were not changed for a day; returns how many."""
    deleted, before = 0, time.time() - 86_400
    for pattern in ("incoming/*", "*/*/.*.part"):
        for path in media.glob(pattern):
            try:
                newest = max(each.lstat().st_mtime for each in (path, *path.rglob("*")))
                if newest < before:
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
                    deleted += 1
            except OSError:
                continue  # it is no longer there, or not ours to remove
    return deleted


def media_file(media: Path, relative: str) -> Path:
    """The path of a file in the media folder; an `InputError` if it leads out of the folder, or there is no file."""
    root = media.resolve()
    path = (root / relative).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        raise InputError(
            "the file is not in the media folder",
            field="path",
            hint="restore it from a backup",
            code="file-missing",
        )
    return path


def store_audio(
    media: Path, path: Path, *, max_bytes: int = 1 << 30, decoder: Decoder | None = None
) -> StoredAudio:
    """Check a file by decoding all of it, copy it into the media folder, and compute its waveform.

    Raises:
        InputError: not audio, damaged, too long or too large.
        ExternalError: the disk refuses.
    """
    if decoder is None:
        with closing(Decoder()) as own:
            return store_audio(media, path, max_bytes=max_bytes, decoder=own)
    work = media / "incoming"
    work.mkdir(parents=True, exist_ok=True)
    made = decoder.process_upload(path, work, max_bytes)
    target = Path("recordings") / made.sha256[:2] / f"{made.sha256}{_SUFFIXES.get(made.media_type, '.bin')}"
    waveform = Path("waveforms") / made.sha256[:2] / f"{made.sha256}.peaks"
    try:
        for source, relative in ((Path(made.path), target), (Path(made.waveform), waveform)):
            if not (media / relative).exists():
                copy_atomic(source, media / relative, sync=True)
    finally:
        for temporary in {Path(made.path), Path(made.waveform)} - {path}:
            temporary.unlink(missing_ok=True)
    return msgspec.structs.replace(made, path=target.as_posix(), waveform=waveform.as_posix())
