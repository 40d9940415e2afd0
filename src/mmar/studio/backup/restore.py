"""Restoring a backup, wherever the database is; and `back_up_studio`, which takes one of any studio.

A restore replaces the content of the data folder and moves the former content to `.before-restore`. It copies and
verifies first, inside the data folder (which may be a mount that cannot be renamed), and then swaps entry by entry.
Killed before the swap, nothing has changed. Killed during it, `finish_studio` completes it; the server calls that
when it starts, before it opens the database.

If the database is elsewhere, its rows are replaced in one transaction and the swap begins with its commit. A token
that the transaction stores tells `finish_studio` whether a killed restore was committed.
"""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from mmar.errors import ExternalError, InputError, UsageError
from mmar.files.atomic import copy_atomic, disk_error, require_space, write_atomic
from mmar.files.locks import try_lock
from mmar.studio.backup.backups import DATABASE, Backup, back_up, database_files, read_backup
from mmar.studio.backup.postgres_copy import PostgresTransfer, check_file, copy_to_file
from mmar.studio.config import StudioConfig
from mmar.studio.data import Database, open_database

_RESTORE = ".restore"
_BEFORE = ".before-restore"
_LOCK = ".restore.lock"


class _RestoreState(msgspec.Struct, frozen=True):
    """Progress of a restore's swap.

    Attributes:
        phase: `loaded` (only for a database elsewhere), then `out`: former entries move out, then `in`: new ones move in.
        keep: entries of the data folder that stay.
        where: the database elsewhere, in which the restore's transaction stored `token`.
    """

    phase: Literal["loaded", "out", "in"]
    keep: tuple[str, ...] = ()
    where: str = ""
    token: str = ""


def back_up_studio(config: StudioConfig, into: Path) -> Backup:
    """Take a backup of a studio, running or not; errors as of `backups.back_up` and `postgres_copy.copy_to_file`."""
    with _server(config) as database:
        return back_up(config.data, into, dump=partial(copy_to_file, database) if database else None)


def restore_studio(config: StudioConfig, backup: Path) -> Backup:
    """Replace all data of a stopped studio by a backup, which may be of a studio on the other kind of database.

    Errors are those of `restore` and `PostgresTransfer.load`; nothing has changed then.
    """
    with _server(config) as database:
        external = PostgresTransfer(database) if database else None
        return restore(backup, config.data, check=check_file, external=external)


def finish_studio(config: StudioConfig) -> bool:
    """Complete an interrupted restore, before the database is read."""
    with _server(config) as database:
        return finish_restore(config.data, external=PostgresTransfer(database) if database else None)


def restore(
    backup: Path,
    data: Path,
    *,
    check: Callable[[Path], None] = lambda database: None,  # noqa: ARG005
    external: PostgresTransfer | None = None,
) -> Backup:
    """Replace the content of a data folder, which is created if missing, by a backup; the server must be stopped.

    `check` raises `InputError` for a database that the program could not open; `external` is the database that is
    not in the data folder.

    Raises:
        InputError: the backup is not complete; nothing has changed then.
        UsageError: the database is in use (`database-in-use`), or the folder is being restored (`restoring`).
        ExternalError: the disk refuses.
    """
    made = read_backup(backup)
    work = data / _RESTORE
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise disk_error(error, data) from None
    with _exclusive_access(data):
        _finish(data, external)
        try:
            shutil.rmtree(work, ignore_errors=True)
            require_space(data, made.size)
            _stage(backup, made, work / "new")
            _check_database(work / "new" / DATABASE, backup / "data" / DATABASE, check)
            (work / "before").mkdir()
            if external is None:
                if (data / DATABASE).exists():
                    _check_unused(data / DATABASE)
                _write_state(work, _RestoreState("out"))
            else:
                _load(work, external)
        except BaseException as error:
            if not (work / "state.json").exists():
                shutil.rmtree(work, ignore_errors=True)
            if isinstance(error, OSError):
                raise disk_error(error, data) from None
            raise
        _finish(data, external)
    return made


def finish_restore(data: Path, *, external: PostgresTransfer | None = None) -> bool:
    """Complete a restore that was killed during its swap; returns whether there was one.

    Raises:
        UsageError: it is in progress (`restoring`), or was into another database (`other-database`).
        ExternalError: the disk refuses; nothing is lost, and it can be called again.
    """
    if not data.is_dir():
        return False
    with _exclusive_access(data):
        return _finish(data, external)


@contextmanager
def _server(config: StudioConfig) -> Iterator[Database | None]:
    """The database that is not in the data folder; `None` if it is."""
    if not config.database_url:
        yield None
        return
    database = open_database(config.database_url)
    try:
        yield database
    finally:
        database.close()


def _check_database(staged: Path, source: Path, check: Callable[[Path], None]) -> None:
    try:
        check(staged)
    except InputError as error:
        # Name the backup's file instead of the staged copy.
        raise InputError(error.problem, file=str(source), code=error.code, hint=error.hint) from None


def _load(work: Path, external: PostgresTransfer) -> None:
    source = work / "database"
    (work / "new" / DATABASE).rename(source)
    state = _RestoreState("loaded", tuple(sorted(database_files())), external.where, secrets.token_hex(8))
    external.load(source, work / "before" / DATABASE, state.token, lambda: _write_state(work, state))


def _finish(data: Path, external: PostgresTransfer | None) -> bool:
    work = data / _RESTORE
    try:
        state = msgspec.json.decode((work / "state.json").read_bytes(), type=_RestoreState)
    except (FileNotFoundError, NotADirectoryError):
        shutil.rmtree(work, ignore_errors=True)  # left by a restore that was killed while it copied
        return False
    except (OSError, msgspec.MsgspecError):
        raise ExternalError(
            f"{work}: cannot be read",
            code="restore-state",
            hint="restore the backup again into an empty folder",
        ) from None
    if (external.where if external else "") != state.where:
        raise UsageError(
            f"{data}: a restore into {state.where or 'the folder itself'} was interrupted",
            code="other-database",
            hint="give that --database to complete it",
        )
    try:
        if external is not None and state.phase == "loaded":
            if not external.holds(state.token):
                # Killed before the commit: database and files are unchanged.
                (work / "state.json").unlink()
                shutil.rmtree(work, ignore_errors=True)
                return False
            state = msgspec.structs.replace(state, phase="out")
            _write_state(work, state)
        if state.phase == "out":
            _move_all(data, work / "before", keep=(_RESTORE, _BEFORE, _LOCK, *state.keep))
            _write_state(work, msgspec.structs.replace(state, phase="in"))
        _move_all(work / "new", data)
        if (work / "before").exists():
            shutil.rmtree(data / _BEFORE, ignore_errors=True)
            (work / "before").rename(data / _BEFORE)
        (work / "state.json").unlink()
        shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise ExternalError(
            f"{data}: the restore is not complete ({error.strerror or error})",
            code="unfinished-restore",
            hint="remove the cause and start again",
        ) from None
    return True


@contextmanager
def _exclusive_access(data: Path) -> Iterator[None]:
    """Exclude other restores, and servers that start."""
    lock = try_lock(data / _LOCK)
    if lock is None:
        raise UsageError(f"{data}: is being restored", code="restoring", hint="wait until that is complete")
    try:
        yield
    finally:
        lock.release()


def _check_unused(database: Path) -> None:
    """Refuse to replace a database that a server uses: leaving WAL mode needs exclusive access."""
    try:
        with closing(sqlite3.connect(database, timeout=0)) as connection:
            (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
            connection.execute(f"PRAGMA journal_mode={mode}")
    except sqlite3.OperationalError:
        raise UsageError(
            f"{database}: is in use", code="database-in-use", hint="stop the studio first"
        ) from None
    except sqlite3.DatabaseError:
        pass  # damaged, and about to be replaced


def _stage(backup: Path, made: Backup, into: Path) -> None:
    """Copy a backup to where it can be swapped in, and verify each file."""
    into.mkdir(parents=True)
    for name, file in made.files.items():
        source = backup / "data" / name
        # The size is compared first: a sparse file may claim any size.
        if (
            not _is_plain(backup / "data", source)
            or source.stat().st_size != file.size
            or copy_atomic(source, into / name, sync=True) != file.sha256
        ):
            raise InputError(
                f"{name}: is missing from the backup, or changed",
                file=str(backup),
                code="damaged-backup",
                hint="use another backup",
            )


def _is_plain(folder: Path, path: Path) -> bool:
    """Whether a path below a folder is a file that is reached without any link."""
    parts = path.relative_to(folder).parts
    folders = [folder.joinpath(*parts[:depth]) for depth in range(1, len(parts))]
    return not any(each.is_symlink() for each in (*folders, path)) and path.is_file()


def _move_all(source: Path, target: Path, *, keep: tuple[str, ...] = ()) -> None:
    for path in sorted(source.iterdir()):
        if path.name not in keep:
            path.rename(target / path.name)


def _write_state(work: Path, state: _RestoreState) -> None:
    write_atomic(work / "state.json", msgspec.json.encode(state))
