"""SHA256SUMS of a release, in the format of `sha256sum --check`."""

from __future__ import annotations

import os
import re
from pathlib import Path

from mmar.errors import InputError
from mmar.files.hashing import sha256_file

__all__ = ["CHECKSUMS", "read_checksums", "verify_release", "write_checksums"]

CHECKSUMS = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")


def verify_release(folder: Path) -> tuple[str, ...]:
    """Verify a release folder.

    Args:
        folder: the release's folder.

    Returns:
        A message per file that is missing, changed, or not part of the release.

    Raises:
        InputError: there is no list of digests, or a file cannot be read.
    """
    listed = read_checksums(folder)
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {
        CHECKSUMS
    }
    changed = [name for name in listed if name in found and sha256_file(folder / name) != listed[name]]
    return (
        *(f"{name}: is missing" for name in listed if name not in found),
        *(f"{name}: is not what was released" for name in changed),
        *(f"{name}: is not part of the release" for name in sorted(found - set(listed))),
    )


def read_checksums(folder: Path) -> dict[str, str]:
    """The digest of each file of a release, by its name in the release.

    Raises:
        InputError: there is no such list, or it is none.
    """
    try:
        text = (folder / CHECKSUMS).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(
            f"has no readable {CHECKSUMS}; expected a release", file=str(folder), code="not-a-release"
        ) from None
    listed = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if (found := _LINE.fullmatch(line)) is None:
            raise InputError(
                "expected a digest and a name",
                file=str(folder / CHECKSUMS),
                line=number,
                code="damaged-checksums",
            )
        listed[found[2]] = found[1]
    return listed


def write_checksums(folder: Path) -> int:
    """Write the digests of all files in a folder, and sync them to the disk.

    Args:
        folder: a release without SHA256SUMS.

    Returns:
        Number of files including SHA256SUMS.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{sha256_file(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8", newline="\n")
    for path in (*files, folder / CHECKSUMS):
        with path.open("rb") as file:
            os.fsync(file.fileno())
    return len(files) + 1
