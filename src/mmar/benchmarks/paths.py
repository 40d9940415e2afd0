"""Paths that come from somebody else's file, joined to a folder without ever leaving it.

The rule is lexical and strict: a path that is absolute, has a drive, a `..` part, a backslash or a control
character is refused, not repaired. Nothing is looked up on the disk, so a link that the user made on purpose
(an `audio` folder on another disk) still works.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from mmar.errors import InputError

__all__ = ["UnsafePath", "clip_path", "inside", "quoted"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST = 4096


class UnsafePath(ValueError):  # noqa: N818 - it names the thing that was found
    """A path that would lead out of its folder, or that some system would read differently."""


def inside(relative: str) -> PurePosixPath:
    """Check a foreign relative path and bring it into its shortest form (`./a//b` is `a/b`).

    Args:
        relative: as found in an archive or a record, with `/` between parts.

    Raises:
        UnsafePath: saying what is wrong with it.

    Example:
        >>> str(inside("./audio/clip.wav"))
        'audio/clip.wav'
    """
    if len(relative) > _LONGEST:
        raise UnsafePath("is too long")
    if _CONTROL.search(relative):
        raise UnsafePath("has a control character")
    if "\\" in relative:
        raise UnsafePath("has a backslash")
    if relative.startswith("/"):
        raise UnsafePath("is absolute")
    parts = [part for part in relative.split("/") if part not in ("", ".")]
    if not parts:
        raise UnsafePath("names no file")
    if ".." in parts:
        raise UnsafePath("climbs out of its folder")
    if any(part[1:2] == ":" for part in parts):
        raise UnsafePath("names a drive")
    return PurePosixPath(*parts)


def quoted(foreign: str) -> str:
    r"""A foreign name for a message: not too long, and nothing in it that a terminal would obey.

    Example:
        >>> quoted("audio/a.wav"), quoted("evil\x1b[2J")
        ('“audio/a.wav”', '“evil�[2J”')
    """
    return f"“{''.join(each if each.isprintable() else '�' for each in foreign[:200])}”"


def clip_path(audio_dir: Path, audio_path: str) -> Path:
    """Where a record's clip lies below a folder, never outside it.

    Args:
        audio_dir: the folder that `audio_path` is relative to.
        audio_path: the record's field, e.g. `./audio/x.wav`.

    Returns:
        A path below `audio_dir`; whether a file is there is not looked up.

    Raises:
        InputError: the field would lead out of the folder.
    """
    try:
        return audio_dir.joinpath(*inside(audio_path).parts)
    except UnsafePath as error:
        raise InputError(
            f"{quoted(audio_path)} {error}",
            field="audio_path",
            hint="a clip must lie below the benchmark's audio folder; correct the record",
        ) from None
