"""What a backup of a studio is on a disk, and whether one is whole. Nothing in its list is believed unchecked.

BACKUP/backup.json     when, by which version, and the size and SHA-256 of every file
BACKUP/data/…          the data folder; the database as a single file, at its place
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path, PurePosixPath

import msgspec

from mmar.errors import InputError
from mmar.files.safe_paths import UnsafePathError, check_relative, quote

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = [
    "MANIFEST",
    "Backup",
    "KeptFile",
    "beside_database",
    "digest_of",
    "is_passing",
    "is_plain",
    "locked",
    "read_backup",
    "verify_backup",
]

MANIFEST = "backup.json"
_MOST_BYTES = 1 << 28


class KeptFile(msgspec.Struct, frozen=True):
    """A file of a backup.

    Attributes:
        size: bytes.
        sha256: of the bytes.
    """

    size: int
    sha256: str


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """A backup.

    Attributes:
        when: UTC, ISO 8601.
        written_by: this program and its version.
        database: the database's path in the data folder.
        files: size and digest of every file, by its path in the data folder, the database included.
        vanished: files that were deleted while the backup was taken.
    """

    when: str
    written_by: str
    database: str
    files: dict[str, KeptFile]
    vanished: int = 0

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())


def beside_database(database: str) -> frozenset[str]:
    """A SQLite database's file, and those that SQLite puts beside it."""
    return frozenset(f"{database}{suffix}" for suffix in ("", "-wal", "-shm", "-journal"))


def is_passing(path: PurePosixPath) -> bool:
    """Whether a path of a data folder belongs in no backup: it is hidden, or an upload under way."""
    return any(part.startswith(".") or part == "incoming" for part in path.parts)


def verify_backup(backup: Path) -> tuple[str, ...]:
    """What is wrong with a backup; nothing if it is whole.

    Args:
        backup: its folder.

    Returns:
        One sentence a file that is missing or changed.

    Raises:
        InputError: there is no backup.
    """
    problems = []
    for name, file in read_backup(backup).files.items():
        path = backup / "data" / name
        if not is_plain(backup / "data", path):
            problems.append(f"{name}: is missing, or not a plain file")
        elif digest_of(path) != file:
            problems.append(f"{name}: is not what was backed up")
    return tuple(problems)


def read_backup(backup: Path) -> Backup:
    """What a backup says of itself.

    Raises:
        InputError: there is no backup, or its list names a path outside of it, or what no backup holds.
    """
    try:
        with (backup / MANIFEST).open("rb") as file:
            text = file.read(_MOST_BYTES + 1)
        if len(text) > _MOST_BYTES:
            raise UnsafePathError(f"{MANIFEST} is longer than any backup's")
        found = msgspec.json.decode(text, type=Backup)
        _check_names(found)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, UnsafePathError) as error:
        raise InputError(f"expected a backup ({error})", file=str(backup), hint="name its folder") from None
    return found


def _check_names(backup: Backup) -> None:
    if backup.database not in backup.files:
        raise UnsafePathError(f"it holds no database {quote(backup.database)}")
    beside = beside_database(backup.database) - {backup.database}
    for name in backup.files:
        path = check_relative(name)
        # A journal beside the database would be played back into it; hidden names are the restore's own.
        if path.as_posix() != name or is_passing(path) or name in beside:
            raise UnsafePathError(f"{quote(name)} is no file of a backup")
        if any(parent.as_posix() in backup.files for parent in path.parents):
            raise UnsafePathError(f"{quote(name)} lies in what is a file")


def is_plain(folder: Path, path: Path) -> bool:
    """Whether a path below a folder is a file reached without any link, which could lead anywhere."""
    parts = path.relative_to(folder).parts
    folders = [folder.joinpath(*parts[:at]) for at in range(1, len(parts))]
    return not any(each.is_symlink() for each in (*folders, path)) and path.is_file()


def locked(folder: Path) -> int | None:
    """Hold a folder for oneself until the descriptor is closed, or the process ends however it ends.

    Returns:
        The descriptor; `None` where there are no such locks.

    Raises:
        BlockingIOError: another holds it.
    """
    if fcntl is not None:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if isinstance(error, BlockingIOError):
                raise
        else:
            return descriptor
    return None


def digest_of(path: Path) -> KeptFile:
    """Size and digest of a file."""
    with path.open("rb") as file:
        return KeptFile(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())
