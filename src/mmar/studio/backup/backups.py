"""Backups of a studio's data folder: the database as a SQLite file, and all other files.

    BACKUP/backup.json     when, by which version, size and SHA-256 of every file
    BACKUP/data/...        the data folder, with the database as a single file

A backup may be taken while the server runs. The database is copied first, then the files. A file is written
before the row that names it, so every file that the copied database names exists when copying starts. Files that
are deleted meanwhile are counted in `Backup.vanished`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath

import msgspec

from mmar._version import __version__
from mmar.errors import ExternalError, InputError, UsageError
from mmar.files.atomic import atomic_folder, copy_atomic, write_atomic
from mmar.files.hashing import sha256_file
from mmar.files.safe_paths import UnsafePathError, check_relative, quote

MANIFEST = "backup.json"
DATABASE = "studio.db"
_MAX_MANIFEST = 1 << 28


class StoredFile(msgspec.Struct, frozen=True):
    """Size in bytes and SHA-256 of a file of a backup."""

    size: int
    sha256: str


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """A backup: when (UTC, ISO 8601) and by which version, and every file by its path in the data folder.

    `vanished` is the number of files that were deleted while the backup was taken.
    """

    when: str
    written_by: str
    files: dict[str, StoredFile]
    vanished: int = 0

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())


def back_up(data: Path, into: Path, *, dump: Callable[[Path], None] | None = None) -> Backup:
    """Take a backup in a new folder, which appears when it is complete; the server may keep running.

    `dump` writes the database to a SQLite file, if it is not in the data folder.

    Raises:
        UsageError: `no-data-folder`, `unfinished-restore`, or `exists`.
        InputError: the database is damaged (`damaged-database`).
        ExternalError: the disk refuses, or the database is locked (`database-busy`).
    """
    if not data.is_dir() or (dump is None and not (data / DATABASE).is_file()):
        raise UsageError(f"{data}: is not a studio's data folder", code="no-data-folder", hint="check --data")
    if (data / ".restore" / "state.json").exists():
        raise UsageError(
            f"{data}: a restore was interrupted",
            code="unfinished-restore",
            hint="start the studio to complete it",
        )
    if into.exists() or into.resolve().is_relative_to(data.resolve()):
        raise UsageError(
            f"{into}: exists, or is inside the data folder", code="exists", hint="name a new folder elsewhere"
        )
    with atomic_folder(into) as part:
        part.chmod(0o700)  # it contains password hashes, as the data folder does
        (part / "data").mkdir()
        backup = _copy_all(data, part / "data", dump or partial(_copy_database, data / DATABASE))
        write_atomic(part / MANIFEST, msgspec.json.format(msgspec.json.encode(backup), indent=1) + b"\n")
    return backup


def _copy_all(data: Path, into: Path, dump: Callable[[Path], None]) -> Backup:
    when = datetime.now(UTC).isoformat(timespec="seconds")
    dump(into / DATABASE)
    with (into / DATABASE).open("rb") as file:
        os.fsync(file.fileno())
    files = {DATABASE: StoredFile((into / DATABASE).stat().st_size, sha256_file(into / DATABASE))}
    vanished = 0
    for path in _files(data):
        name = path.relative_to(data).as_posix()
        if name in database_files() or _is_temporary(name) or not path.is_file() or path.is_symlink():
            continue
        try:
            digest = copy_atomic(path, into / name, sync=True)
        except InputError:
            if path.exists():
                raise
            vanished += 1
        else:
            files[name] = StoredFile((into / name).stat().st_size, digest)
    return Backup(when=when, written_by=f"mmar {__version__}", files=files, vanished=vanished)


def _files(data: Path) -> list[Path]:
    """Everything below a data folder. Its own folders may be links to a larger disk; links below are not followed."""
    links = [path for path in data.iterdir() if path.is_symlink() and path.is_dir()]
    return sorted(result for folder in (data, *links) for result in folder.rglob("*"))


def _is_temporary(name: str) -> bool:
    """Whether a path is hidden, or an upload in progress."""
    return any(part.startswith(".") or part == "incoming" for part in PurePosixPath(name).parts)


def _copy_database(source: Path, target: Path) -> None:
    """Copy one consistent state of a database that others write to."""
    try:
        with closing(sqlite3.connect(source, timeout=30)) as old, closing(sqlite3.connect(target)) as new:
            # In one step: between two steps a busy server would make SQLite start again and again.
            old.backup(new, pages=-1)
            new.execute("PRAGMA journal_mode=DELETE")  # a single file
            (verdict,) = new.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError:
        raise ExternalError(f"{source}: cannot be copied", code="database-busy", hint="try again") from None
    except sqlite3.DatabaseError:
        verdict = "damaged"
    if verdict != "ok":
        raise InputError(
            "is not a database, or damaged",
            file=str(source),
            code="damaged-database",
            hint="restore the last backup",
        )


def read_backup(backup: Path) -> Backup:
    """Read a backup's manifest.

    Raises:
        InputError: there is none, or it names paths that no backup contains (`not-a-backup`).
    """
    try:
        with (backup / MANIFEST).open("rb") as file:
            text = file.read(_MAX_MANIFEST + 1)
        if len(text) > _MAX_MANIFEST:
            raise UnsafePathError(f"{MANIFEST} is too large")
        made = msgspec.json.decode(text, type=Backup)
        _check_names(made)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, UnsafePathError) as error:
        reason = f" ({error})" if isinstance(error, UnsafePathError) else ""
        raise InputError(
            f"is not a backup{reason}", file=str(backup), code="not-a-backup", hint="name the backup's folder"
        ) from None
    return made


def _check_names(backup: Backup) -> None:
    if DATABASE not in backup.files:
        raise UnsafePathError("it has no database")
    companions = database_files() - {DATABASE}
    for name in backup.files:
        path = check_relative(name)
        # A journal next to the database would be replayed into it; hidden names are used by restores.
        if path.as_posix() != name or _is_temporary(name) or name in companions:
            raise UnsafePathError(f"{quote(name)} is not a file of a backup")
        if any(parent.as_posix() in backup.files for parent in path.parents):
            raise UnsafePathError(f"{quote(name)} is below a file")


def database_files() -> frozenset[str]:
    """The SQLite database's file, and those that SQLite creates next to it."""
    return frozenset(f"{DATABASE}{suffix}" for suffix in ("", "-wal", "-shm", "-journal"))
