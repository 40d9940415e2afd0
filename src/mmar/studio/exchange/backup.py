"""Backups of a studio's data folder: its database, as a SQLite file, and everything beside it.

A backup may be taken while the server runs. First the database is copied by SQLite's own backup interface,
which gives one consistent state and lets writers go on (WAL mode), or written from another database by whoever
calls; then the files. A file is written before
the row that names it, so every file that the copied database names was there when the copying of files began;
what the server deletes in between is counted in `Backup.vanished`.
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
from mmar.studio.exchange.backup_folder import (
    MANIFEST,
    Backup,
    KeptFile,
    beside_database,
    digest_of,
    is_passing,
    locked,
)

__all__ = ["back_up", "copied"]

_CHUNK = 1 << 20
_TRIES = 3
_PART = re.compile(r"\..+\.[0-9a-f]{8}\.part", re.DOTALL)


def back_up(
    data: Path,
    into: Path,
    *,
    database: str = "studio.db",
    dump: Callable[[Path], None] | None = None,
    leave_out: Callable[[PurePosixPath], bool] = is_passing,
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
    files[database] = digest_of(into / database)
    beside = beside_database(database)
    done, vanished = sum(file.size for file in files.values()), 0
    for path in _files(data):
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


def copied(source: Path, target: Path) -> KeptFile:
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
