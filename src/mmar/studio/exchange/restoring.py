"""Putting a backup in place of what a studio's data folder holds.

A restore replaces the content of the data folder and keeps what was there in `.before-restore`. It copies and
verifies first, inside the data folder (which may be a mount, and then cannot be renamed), and then swaps
entry by entry. Killed before the swap, nothing has changed. Killed during it, `finish_restore` completes it;
a server calls that when it starts, before it opens the database.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Literal

import msgspec

from mmar.benchmarks.progress import Advance
from mmar.errors import InputError, UsageError, WorldError
from mmar.items.benchmark import write_whole
from mmar.studio.exchange.backup import Backup, copied, read_backup

__all__ = ["finish_restore", "restore"]

_RESTORE = ".restore"
_BEFORE = ".before-restore"


class _State(msgspec.Struct, frozen=True):
    """How far the swap of a restore is: what was there goes out, then what is new comes in."""

    phase: Literal["out", "in"]


def restore(backup: Path, data: Path, *, advance: Advance = lambda done, of: None) -> Backup:  # noqa: ARG005
    """Put a backup in place of what the data folder holds; the server must be stopped.

    Args:
        backup: the backup's folder; it stays as it is.
        data: the data folder; it is made if need be. What it held is then in its `.before-restore`, in place
            of what an earlier restore put there.
        advance: told the bytes copied so far, and of how many.

    Returns:
        What was restored.

    Raises:
        InputError: the backup is not whole; nothing has changed then.
        UsageError: the database is in use.
        WorldError: the disk refuses.
    """
    found = read_backup(backup)
    work = data / _RESTORE
    try:
        data.mkdir(parents=True, exist_ok=True)
        finish_restore(data)
        shutil.rmtree(work, ignore_errors=True)
        _stage(backup, found, work / "new", advance)
        if found.database is not None and (data / found.database).exists():
            _check_unused(data / found.database)
        (work / "before").mkdir()
        _write_state(work, _State("out"))
    except OSError as error:
        shutil.rmtree(work, ignore_errors=True)
        raise WorldError(
            f"{data}: cannot be written ({error.strerror or error}); make room and try again"
        ) from None
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    finish_restore(data)
    return found


def finish_restore(data: Path) -> bool:
    """Complete a restore that was killed while it swapped; to be called before the database is opened.

    Args:
        data: the data folder.

    Returns:
        Whether there was one.

    Raises:
        WorldError: the disk refuses; nothing is lost, call it again.
    """
    work = data / _RESTORE
    try:
        state = msgspec.json.decode((work / "state.json").read_bytes(), type=_State)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        if state.phase == "out":
            _move_all(data, work / "before", keep=(_RESTORE, _BEFORE))
            _write_state(work, _State("in"))
        _move_all(work / "new", data)
        if (work / "before").exists():
            shutil.rmtree(data / _BEFORE, ignore_errors=True)
            (work / "before").rename(data / _BEFORE)
        (work / "state.json").unlink()
        shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise WorldError(
            f"{data}: the restore is not finished ({error.strerror or error}); remove the cause and start again"
        ) from None
    return True


def _check_unused(database: Path) -> None:
    """Refuse to pull a database away from under a server: leaving WAL mode needs it for oneself."""
    try:
        with closing(sqlite3.connect(database, timeout=0)) as connection:
            (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
            connection.execute(f"PRAGMA journal_mode={mode}")
    except sqlite3.OperationalError as error:
        raise UsageError(f"{database}: is in use ({error}); stop the studio first") from None
    except sqlite3.DatabaseError:
        pass  # damaged: all the more reason to restore


def _stage(backup: Path, found: Backup, into: Path, advance: Advance) -> None:
    """Copy a backup to where it can be swapped in, each file verified on the way."""
    into.mkdir(parents=True)
    done = 0
    for name, file in found.files.items():
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            copy = copied(backup / "data" / name, target)
        except FileNotFoundError:
            raise InputError(
                f"{name}: is missing from the backup", file=str(backup), hint="take another one"
            ) from None
        if copy != file:
            raise InputError(
                f"{name}: is not what was backed up", file=str(backup), hint="take another backup"
            )
        advance(done := done + file.size, found.size)


def _move_all(source: Path, target: Path, *, keep: tuple[str, ...] = ()) -> None:
    for path in sorted(source.iterdir()):
        if path.name not in keep:
            path.rename(target / path.name)


def _write_state(work: Path, state: _State) -> None:
    write_whole(work / "state.json", msgspec.json.encode(state))
