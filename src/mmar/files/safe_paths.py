"""Relative paths from untrusted sources, joined to a folder without leaving it.

The rule is lexical and strict: a path that is absolute, names a drive, or contains `..`, a backslash or a control
character is refused, not repaired. The disk is not consulted, so a symbolic link that the user made on purpose (an
`audio` folder on another disk) still works.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from mmar.errors import InputError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MAX_LENGTH = 4096


class UnsafePathError(ValueError):
    """A path that would leave its folder, or that some systems would read differently.

    The message continues a sentence that starts with the path, e.g. `is absolute`.
    """


def check_relative(path: str) -> PurePosixPath:
    """Check a relative path of an archive or a record and normalise it (`./a//b` is `a/b`).

    Raises:
        UnsafePathError: says what is wrong with it.

    Example:
        >>> str(check_relative("./audio/clip.wav"))
        'audio/clip.wav'
    """
    if len(path) > _MAX_LENGTH:
        raise UnsafePathError("is too long")
    if _CONTROL.search(path):
        raise UnsafePathError("contains a control character")
    if "\\" in path:
        raise UnsafePathError("contains a backslash")
    if path.startswith("/"):
        raise UnsafePathError("is absolute")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not parts:
        raise UnsafePathError("names no file")
    if ".." in parts:
        raise UnsafePathError('leaves its folder with ".."')
    if any(part[1:2] == ":" for part in parts):
        raise UnsafePathError("names a drive")
    return PurePosixPath(*parts)


def quote(text: str) -> str:
    r"""Untrusted text for a message: in quotes, at most 200 characters, nothing that a terminal would act on.

    Example:
        >>> quote("audio/a.wav"), quote("evil\x1b[2J")
        ('"audio/a.wav"', '"evil�[2J"')
    """
    return f'"{"".join(each if each.isprintable() else "�" for each in text[:200])}"'


def clip_path(audio_dir: Path, audio_path: str) -> Path:
    """The path of a record's clip, e.g. `./audio/x.wav`, below a folder; whether the file exists is not checked.

    Raises:
        InputError: the field would leave the folder.
    """
    try:
        return audio_dir / check_relative(audio_path)
    except UnsafePathError as error:
        raise InputError(
            f"{quote(audio_path)} {error}",
            field="audio_path",
            code="unsafe-path",
            hint="the clip must be inside the benchmark's audio folder; correct the record",
        ) from None


def find_clip(audio_dir: Path, audio_path: str) -> Path:
    """The path of a record's clip: as `clip_path`, or the bare file name in the folder if only that exists.

    So both the folder that contains `audio/` and `audio/` itself can be given.
    """
    path = clip_path(audio_dir, audio_path)
    if not path.is_file() and (bare := audio_dir / path.name).is_file():
        return bare
    return path
