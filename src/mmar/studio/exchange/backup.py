"""Backups of a studio's data folder: its SQLite database and everything beside it.

A backup may be taken while the server runs. First the database is copied by SQLite's own backup interface,
which gives one consistent state and lets writers go on (WAL mode); then the files. A file is written before
the row that names it, so every file that the copied database names was there when the copying of files began;
what the server deletes in between is counted in `Backup.vanished`.

    BACKUP/backup.json     when, by which version, and the size and SHA-256 of every file
    BACKUP/data/…          the data folder; the database as a single file, at its place
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import msgspec

from mmar import __version__
from mmar.benchmarks.paths import UnsafePath, inside
from mmar.benchmarks.progress import Advance
from mmar.errors import InputError, UsageError, WorldError
from mmar.items.benchmark import write_whole

__all__ = ["Backup", "KeptFile", "back_up", "copied", "is_passing", "read_backup", "verify_backup"]

_MANIFEST = "backup.json"
_BESIDE = ("-wal", "-shm", "-journal")
_CHUNK = 1 << 20
_TRIES = 3


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
        database: the database's path in the data folder; `None` where there is none (PostgreSQL has its own
            ways).
        files: size and digest of every file, by its path in the data folder, the database included.
        vanished: files that were deleted while the backup was taken.
    """

    when: str
    written_by: str
    database: str | None
    files: dict[str, KeptFile]
    vanished: int = 0

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())


def is_passing(path: PurePosixPath) -> bool:
    """Whether a path of a data folder belongs in no backup: it is hidden, or an upload under way."""
    return any(part.startswith(".") or part == "incoming" for part in path.parts)


def back_up(
    data: Path,
    into: Path,
    *,
    database: str | None = "studio.db",
    leave_out: Callable[[PurePosixPath], bool] = is_passing,
    advance: Advance = lambda done, of: None,  # noqa: ARG005
) -> Backup:
    """Take a backup; the server may go on.

    Args:
        data: the data folder.
        into: the folder to make; there must be none. It appears when all is in it.
        database: the SQLite database's path in the data folder; `None` where there is none.
        leave_out: says of a path in the data folder whether it stays behind.
        advance: told the bytes copied so far.

    Returns:
        What was copied.

    Raises:
        UsageError: there is no data folder or database, or `into` exists or lies within the data folder.
        InputError: the database is damaged.
        WorldError: the disk refuses, or a file changes faster than it can be copied.
    """
    if not data.is_dir() or (database is not None and not (data / database).is_file()):
        raise UsageError(f"{data}: there is no studio's data folder with {database or 'anything'} in it")
    if into.exists() or into.resolve().is_relative_to(data.resolve()):
        raise UsageError(
            f"{into}: is there already, or lies within the data folder; name a new folder elsewhere"
        )
    part = into.with_name(f".{into.name}.{secrets.token_hex(4)}.part")
    try:
        (part / "data").mkdir(parents=True)
        backup = _copy_all(data, part / "data", database, leave_out, advance)
        write_whole(part / _MANIFEST, msgspec.json.format(msgspec.json.encode(backup), indent=1) + b"\n")
        part.rename(into)
    except OSError as error:
        raise WorldError(
            f"{into}: cannot be written ({error.strerror or error}); make room and try again"
        ) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return backup


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
        if not path.is_file():
            problems.append(f"{name}: is missing")
        elif _digest(path) != file:
            problems.append(f"{name}: is not what was backed up")
    return tuple(problems)


def read_backup(backup: Path) -> Backup:
    """What a backup says of itself.

    Raises:
        InputError: there is no backup, or its list names a path outside of it.
    """
    try:
        found = msgspec.json.decode((backup / _MANIFEST).read_bytes(), type=Backup)
        for name in found.files:
            inside(name)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, UnsafePath) as error:
        raise InputError(f"expected a backup ({error})", file=str(backup), hint="name its folder") from None
    return found


def _copy_all(
    data: Path, into: Path, database: str | None, leave_out: Callable[[PurePosixPath], bool], advance: Advance
) -> Backup:
    files: dict[str, KeptFile] = {}
    when = datetime.now(UTC).isoformat(timespec="seconds")
    if database is not None:
        (into / database).parent.mkdir(parents=True, exist_ok=True)
        _copy_database(data / database, into / database)
        files[database] = _digest(into / database)
    beside = {f"{database}{suffix}" for suffix in ("", *_BESIDE)} if database else set()
    done, vanished = sum(file.size for file in files.values()), 0
    for path in sorted(data.rglob("*")):
        name = path.relative_to(data).as_posix()
        if name in beside or leave_out(PurePosixPath(name)) or not path.is_file() or path.is_symlink():
            continue
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        try:
            files[name] = copied(path, into / name)
        except FileNotFoundError:
            (into / name).unlink(missing_ok=True)
            vanished += 1
            continue
        advance(done := done + files[name].size, None)
    return Backup(
        when=when, written_by=f"mmar {__version__}", database=database, files=files, vanished=vanished
    )


def _copy_database(source: Path, target: Path) -> None:
    """One consistent state of a database that others write to."""
    try:
        with closing(sqlite3.connect(source, timeout=30)) as old, closing(sqlite3.connect(target)) as new:
            # In one step: between two steps a busy server would make SQLite begin anew, again and again.
            old.backup(new, pages=-1)
            # A copy has nobody to share with: one file, without the two that WAL puts beside it.
            new.execute("PRAGMA journal_mode=DELETE")
            (verdict,) = new.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        raise WorldError(f"{source}: cannot be copied ({error}); try again") from None
    except sqlite3.DatabaseError as error:
        raise InputError(f"is no database, or damaged ({error})", file=str(source)) from None
    if verdict != "ok":
        raise InputError(
            f"the database is damaged ({verdict})", file=str(source), hint="restore the last backup"
        )
    with target.open("rb") as file:
        os.fsync(file.fileno())


def copied(source: Path, target: Path) -> KeptFile:
    """Copy a file, to the disk; what changes while it is read is read again.

    Args:
        source: a file.
        target: the copy to make or to replace.

    Returns:
        What was copied.

    Raises:
        WorldError: it changes faster than it can be copied.
        OSError: the disk refuses.
    """
    for _ in range(_TRIES):
        digest, size = hashlib.sha256(), 0
        before = source.stat()
        with source.open("rb") as old, target.open("wb") as new:
            while chunk := old.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                new.write(chunk)
            new.flush()
            os.fsync(new.fileno())
        after = source.stat()
        if (before.st_mtime_ns, before.st_size) == (
            after.st_mtime_ns,
            after.st_size,
        ) and size == after.st_size:
            return KeptFile(size, digest.hexdigest())
    raise WorldError(f"{source}: changes while it is copied; try again when it is at rest")


def _digest(path: Path) -> KeptFile:
    with path.open("rb") as file:
        return KeptFile(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())
