"""Putting a backup in place of what a studio's data folder holds.

A restore replaces the content of the data folder and keeps what was there in `.before-restore`. It copies and
verifies first, inside the data folder (which may be a mount, and then cannot be renamed), and then swaps
entry by entry. Killed before the swap, nothing has changed. Killed during it, `finish_restore` completes it;
a server calls that when it starts, before it opens the database.

Where the database lies elsewhere, its rows are replaced in one transaction, and the swap begins with its commit:
a token that the transaction leaves there tells `finish_restore` whether a restore that was killed came that far.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from mmar.errors import ExternalError, InputError, UsageError
from mmar.files.atomic import write_atomic
from mmar.files.progress import Advance
from mmar.files.safe_paths import quote
from mmar.studio.exchange.backup import Backup, copy_file, database_files, is_plain, locked, read_backup

__all__ = ["ExternalDatabase", "finish_restore", "restore"]

_RESTORE = ".restore"
_BEFORE = ".before-restore"


class ExternalDatabase(Protocol):
    """A database that does not lie in the data folder."""

    @property
    def where(self) -> str:
        """Which one, without any password."""
        ...

    def load(self, source: Path, before: Path, token: str, ready: Callable[[], None]) -> None:
        """Replace all its rows in one transaction.

        Args:
            source: a SQLite file with the new ones.
            before: the SQLite file to make of the old ones, if there are any.
            token: kept by the same transaction.
            ready: called just before it is committed.
        """
        ...

    def holds(self, token: str) -> bool:
        """Whether the transaction with this token was committed; waits for one that is under way."""
        ...


class _State(msgspec.Struct, frozen=True):
    """How far the swap of a restore is: what was there goes out, then what is new comes in.

    Attributes:
        phase: `loaded` before `out` where the database lies elsewhere.
        keep: names in the data folder that stay, since they belong to no part of the restored studio.
        where: the database elsewhere.
        token: what it keeps if the restore was committed there.
    """

    phase: Literal["loaded", "out", "in"]
    keep: tuple[str, ...] = ()
    where: str = ""
    token: str = ""


def restore(
    backup: Path,
    data: Path,
    *,
    database: str = "studio.db",
    check: Callable[[Path], None] = lambda database: None,  # noqa: ARG005
    elsewhere: ExternalDatabase | None = None,
    advance: Advance = lambda done, of: None,  # noqa: ARG005
) -> Backup:
    """Put a backup in place of what the data folder holds; the server must be stopped.

    Args:
        backup: the backup's folder; it stays as it is.
        data: the data folder; it is made if need be. What it held is then in its `.before-restore`, in place
            of what an earlier restore put there.
        database: the database's path in the data folder, where the program looks for it.
        check: raises `InputError` for a database that the program could not open.
        elsewhere: the database, where it does not lie in the data folder.
        advance: told the bytes copied so far, and of how many.

    Returns:
        What was restored.

    Raises:
        InputError: the backup is not whole; nothing has changed then.
        UsageError: the database is in use, or the folder is being restored.
        ExternalError: the disk refuses.
    """
    found = read_backup(backup)
    if found.database != database:
        raise InputError(f"expected a database {database}, found {quote(found.database)}", file=str(backup))
    work = data / _RESTORE
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise _refused(data, error) from None
    with _alone(data) as alone:
        _finish(data, elsewhere, alone=alone)
        try:
            shutil.rmtree(work, ignore_errors=True)
            _check_room(data, found)
            _stage(backup, found, work / "new", advance)
            _checked(work / "new" / database, backup / "data" / database, check)
            (work / "before").mkdir()
            if elsewhere is None:
                if (data / database).exists():
                    _check_unused(data / database)
                _write_state(work, _State("out"))
            else:
                _load(work, database, elsewhere)
        except BaseException as error:
            if not (work / "state.json").exists():
                shutil.rmtree(work, ignore_errors=True)
            if isinstance(error, OSError):
                raise _refused(data, error) from None
            raise
        _finish(data, elsewhere, alone=alone)
    return found


def _checked(staged: Path, source: Path, check: Callable[[Path], None]) -> None:
    try:
        check(staged)
    except InputError as error:
        # People know the backup's file, not the copy of it that was looked at.
        raise InputError(error.problem, file=str(source), hint=error.hint) from None


def _load(work: Path, database: str, elsewhere: ExternalDatabase) -> None:
    source = work / "database"
    (work / "new" / database).rename(source)
    keep = tuple(sorted(database_files(database)))
    state = _State("loaded", keep, elsewhere.where, secrets.token_hex(8))
    elsewhere.load(source, work / "before" / database, state.token, lambda: _write_state(work, state))


def finish_restore(data: Path, *, elsewhere: ExternalDatabase | None = None) -> bool:
    """Complete a restore that was killed while it swapped; to be called before the database is opened.

    Args:
        data: the data folder.
        elsewhere: the database, where it does not lie in the data folder.

    Returns:
        Whether there was one.

    Raises:
        UsageError: it is still under way, or was into another database.
        ExternalError: the disk refuses; nothing is lost, call it again.
    """
    if not data.is_dir():
        return False
    with _alone(data) as alone:
        return _finish(data, elsewhere, alone=alone)


def _finish(data: Path, elsewhere: ExternalDatabase | None, *, alone: bool) -> bool:
    work = data / _RESTORE
    try:
        state = msgspec.json.decode((work / "state.json").read_bytes(), type=_State)
    except (FileNotFoundError, NotADirectoryError):
        if alone:
            # What one left that was killed while it copied.
            shutil.rmtree(work, ignore_errors=True)
        return False
    except (OSError, msgspec.MsgspecError) as error:
        raise ExternalError(
            f"{work}: cannot be read ({error}); restore the backup again into an empty folder"
        ) from None
    if (elsewhere.where if elsewhere else "") != state.where:
        raise UsageError(
            f"{data}: a restore into {state.where or 'the folder itself'} was cut off here; give that --database, so "
            "that it can be finished"
        )
    try:
        if elsewhere is not None and state.phase == "loaded":
            if not elsewhere.holds(state.token):
                # It was killed before the commit: database and files are what they were.
                (work / "state.json").unlink()
                shutil.rmtree(work, ignore_errors=True)
                return False
            state = msgspec.structs.replace(state, phase="out")
            _write_state(work, state)
        if state.phase == "out":
            _move_all(data, work / "before", keep=(_RESTORE, _BEFORE, *state.keep))
            _write_state(work, msgspec.structs.replace(state, phase="in"))
        _move_all(work / "new", data)
        if (work / "before").exists():
            shutil.rmtree(data / _BEFORE, ignore_errors=True)
            (work / "before").rename(data / _BEFORE)
        (work / "state.json").unlink()
        shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise ExternalError(
            f"{data}: the restore is not finished ({error.strerror or error}); remove the cause and start again"
        ) from None
    return True


@contextmanager
def _alone(data: Path) -> Iterator[bool]:
    """One at a time: two restores, or a server that starts during one, would take files from each other.

    Yields whether it is sure that nobody else is at it: not every file system has locks.
    """
    try:
        held = locked(data)
    except BlockingIOError:
        raise UsageError(f"{data}: is being restored just now; wait until that is done") from None
    try:
        yield held is not None
    finally:
        if held is not None:
            os.close(held)


def _check_room(data: Path, found: Backup) -> None:
    free = shutil.disk_usage(data).free
    if found.size > free:
        raise ExternalError(
            f"{data}: the backup needs {found.size / 1e6:.0f} MB and {free / 1e6:.0f} MB are free (what is there now is "
            "kept beside it); make room and try again"
        )


def _refused(data: Path, error: OSError) -> ExternalError:
    return ExternalError(f"{data}: cannot be written ({error.strerror or error}); make room and try again")


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
        source = backup / "data" / name
        if not is_plain(backup / "data", source):
            raise InputError(
                f"{name}: is missing from the backup, or not a plain file",
                file=str(backup),
                hint="take another one",
            )
        # A file may claim any size and hold nothing: its size is looked at before a byte is copied.
        if source.stat().st_size != file.size or copy_file(source, target) != file:
            raise InputError(
                f"{name}: is not what was backed up", file=str(backup), hint="take another backup"
            )
        advance(done := done + file.size, found.size)


def _move_all(source: Path, target: Path, *, keep: tuple[str, ...] = ()) -> None:
    for path in sorted(source.iterdir()):
        if path.name not in keep:
            path.rename(target / path.name)


def _write_state(work: Path, state: _State) -> None:
    write_atomic(work / "state.json", msgspec.json.encode(state))
