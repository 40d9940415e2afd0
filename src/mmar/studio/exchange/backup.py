"""Backups of a studio's data folder: the database as a SQLite file, and all other files.

    BACKUP/backup.json     when, by which version, size and SHA-256 of every file
    BACKUP/data/...        the data folder, with the database as a single file

A backup may be taken while the server runs. The database is copied first, then the files. A file is written
before the row that names it, so every file that the copied database names exists when copying starts. Files that
are deleted meanwhile are counted in `Backup.vanished`.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath

import msgspec

from mmar._version import __version__
from mmar.errors import ExternalError, InputError, UsageError
from mmar.files.atomic import write_atomic
from mmar.files.progress import Advance
from mmar.files.safe_paths import UnsafePathError, check_relative, quote

__all__ = ["back_up", "copy_file"]

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = [
    "MANIFEST",
    "Backup",
    "KeptFile",
    "database_files",
    "describe_file",
    "is_plain",
    "is_temporary",
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


def database_files(database: str) -> frozenset[str]:
    """A SQLite database's file, and those that SQLite puts beside it."""
    return frozenset(f"{database}{suffix}" for suffix in ("", "-wal", "-shm", "-journal"))


def is_temporary(path: PurePosixPath) -> bool:
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
        elif describe_file(path) != file:
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
    beside = database_files(backup.database) - {backup.database}
    for name in backup.files:
        path = check_relative(name)
        # A journal beside the database would be played back into it; hidden names are the restore's own.
        if path.as_posix() != name or is_temporary(path) or name in beside:
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


def describe_file(path: Path) -> KeptFile:
    """Size and digest of a file."""
    with path.open("rb") as file:
        return KeptFile(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


_CHUNK = 1 << 20
_TRIES = 3
_PART = re.compile(r"\..+\.[0-9a-f]{8}\.part", re.DOTALL)


def back_up(
    data: Path,
    into: Path,
    *,
    database: str = "studio.db",
    dump: Callable[[Path], None] | None = None,
    leave_out: Callable[[PurePosixPath], bool] = is_temporary,
    advance: Advance = lambda done, of: None,  # noqa: ARG005
) -> Backup:
    """Take a backup; the server may go on.

    Args:
        data: the data folder.
        into: the folder to make; there must be none. It appears when all is in it.
        database: the SQLite database's path in the data folder.
        dump: makes the file that it gets, where the database lies elsewhere; one in the data folder is then
            another studio's and stays behind.
        leave_out: says of a path in the data folder whether it stays behind.
        advance: told the bytes copied so far.

    Returns:
        What was copied.

    Raises:
        UsageError: there is no data folder or database, or `into` exists or lies within the data folder.
        InputError: the database is damaged.
        ExternalError: the disk refuses, or a file changes faster than it can be copied.
    """
    if not data.is_dir() or (dump is None and not (data / database).is_file()):
        raise UsageError(
            f"{data}: there is no studio's data folder{'' if dump else f' with {database} in it'}"
        )
    if (data / ".restore" / "state.json").exists():
        raise UsageError(f"{data}: a restore was cut off here; start the studio once, which finishes it")
    if into.exists() or into.resolve().is_relative_to(data.resolve()):
        raise UsageError(
            f"{into}: is there already, or lies within the data folder; name a new folder elsewhere"
        )
    held: int | None = None
    part = into.with_name(f".{into.name}.{secrets.token_hex(4)}.part")
    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        _sweep(into.parent)
        part.mkdir(mode=0o700)  # it holds everybody's password hash, as the data folder does
        held = locked(part)
        (part / "data").mkdir()
        backup = _copy_all(
            data,
            part / "data",
            database,
            dump or partial(_copy_database, data / database),
            leave_out,
            advance,
        )
        write_atomic(part / MANIFEST, msgspec.json.format(msgspec.json.encode(backup), indent=1) + b"\n")
        part.rename(into)
    except OSError as error:
        raise ExternalError(
            f"{into}: cannot be written ({error.strerror or error}); make room and try again"
        ) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
        if held is not None:
            os.close(held)
    return backup


def _sweep(folder: Path) -> None:
    """Take away what backups that were killed left: folders of their making that nobody holds."""
    for part in folder.glob(".*.part"):
        ours = _PART.fullmatch(part.name) and part.is_dir() and not part.is_symlink()
        if not ours or not {path.name for path in part.iterdir()} <= {"data", MANIFEST}:
            continue
        try:
            held = locked(part)
        except BlockingIOError:
            continue
        if held is not None:
            shutil.rmtree(part, ignore_errors=True)
            os.close(held)


def _copy_all(
    data: Path,
    into: Path,
    database: str,
    dump: Callable[[Path], None],
    leave_out: Callable[[PurePosixPath], bool],
    advance: Advance,
) -> Backup:
    files: dict[str, KeptFile] = {}
    when = datetime.now(UTC).isoformat(timespec="seconds")
    (into / database).parent.mkdir(parents=True, exist_ok=True)
    dump(into / database)
    _to_disk(into / database)
    files[database] = describe_file(into / database)
    beside = database_files(database)
    done, vanished = sum(file.size for file in files.values()), 0
    for path in _files(data):
        name = path.relative_to(data).as_posix()
        if name in beside or leave_out(PurePosixPath(name)) or not path.is_file() or path.is_symlink():
            continue
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        try:
            files[name] = copy_file(path, into / name)
        except FileNotFoundError:
            (into / name).unlink(missing_ok=True)
            vanished += 1
            continue
        advance(done := done + files[name].size, None)
    return Backup(
        when=when, written_by=f"mmar {__version__}", database=database, files=files, vanished=vanished
    )


def _files(data: Path) -> list[Path]:
    """Everything below a data folder; one of its own folders may be a link to a larger disk, nothing below may."""
    links = [path for path in data.iterdir() if path.is_symlink() and path.is_dir()]
    return sorted(found for folder in (data, *links) for found in folder.rglob("*"))


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
        raise ExternalError(f"{source}: cannot be copied ({error}); try again") from None
    except sqlite3.DatabaseError as error:
        raise InputError(f"is no database, or damaged ({error})", file=str(source)) from None
    if verdict != "ok":
        raise InputError(
            f"the database is damaged ({verdict})", file=str(source), hint="restore the last backup"
        )


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def copy_file(source: Path, target: Path) -> KeptFile:
    """Copy a file, to the disk; what changes while it is read is read again.

    Args:
        source: a file.
        target: the copy to make or to replace.

    Returns:
        What was copied.

    Raises:
        ExternalError: it changes faster than it can be copied.
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
    raise ExternalError(f"{source}: changes while it is copied; try again when it is at rest")
