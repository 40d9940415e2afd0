"""The clips that a benchmark names: finding them in an archive, and counting them on the disk.

An archive's own folders are not part of the contract: one publisher packs `audio/x.wav`, a mirror packs
`MMAR/audio/x.wav`, a person packs `x.wav`. What is fixed is the file's name, so a clip is known by it, all
clips must come from one folder of the archive, and each goes where the metadata says. Anything else in the
archive (`._x.wav` of macOS, a README) has no place and stays unpacked.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import msgspec

from mmar.files.archives import Placement
from mmar.files.safe_paths import check_relative, clip_path
from mmar.items import load_benchmark

__all__ = ["Present", "clips_of", "places", "present"]


class Present(msgspec.Struct, frozen=True):
    """Which of a benchmark's clips are on the disk.

    Attributes:
        clips: how many are.
        size: their bytes.
        missing: those that are not, or are empty, as the metadata names them.
    """

    clips: int
    size: int
    missing: tuple[str, ...]


def clips_of(metadata: Path) -> tuple[str, ...]:
    """Every `audio_path` of a benchmark, in order, each once.

    Raises:
        InputError: the metadata cannot be read.
    """
    return tuple(dict.fromkeys(item.audio_path for item in load_benchmark(metadata)))


def places(clips: Iterable[str]) -> Placement:
    """Say where each file of an archive goes.

    Args:
        clips: as `clips_of` gives them.

    Returns:
        A function for one archive: it fixes the archive's folder at the first clip that it sees.

    Raises:
        UnsafePathError: a clip's path would lead out of the benchmark's folder.
    """
    wanted = [check_relative(clip) for clip in clips]
    by_name = {path.name: path for path in wanted}
    exact = set(wanted)
    folder: PurePosixPath | None = None

    def place(member: PurePosixPath) -> PurePosixPath | None:
        nonlocal folder
        if len(by_name) < len(exact):  # two clips of one name: only the full path tells them apart
            return member if member in exact else None
        if member.name not in by_name:
            return None
        if folder is None:
            folder = member.parent
        return by_name[member.name] if member.parent == folder else None

    return place


def present(folder: Path, clips: Iterable[str]) -> Present:
    """Look for the clips below a folder.

    Raises:
        InputError: a clip's path would lead out of the folder.
    """
    count = size = 0
    missing = []
    for clip in clips:
        try:
            length = clip_path(folder, clip).stat().st_size
        except OSError:
            length = 0
        if length:
            count += 1
            size += length
        else:
            missing.append(clip)
    return Present(count, size, tuple(missing))
