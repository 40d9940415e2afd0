"""Backing a studio up and putting it back, wherever its database lies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from mmar.files.progress import Advance
from mmar.studio.config import StudioConfig
from mmar.studio.data import Database, open_database
from mmar.studio.data.transfer import PostgresTransfer, check_file, copy_to_file
from mmar.studio.exchange.backup import Backup, back_up
from mmar.studio.exchange.restore import finish_restore, restore

__all__ = ["back_up_studio", "finish_studio", "restore_studio"]


def _nothing(done: int, of: int | None) -> None:
    pass


def back_up_studio(config: StudioConfig, into: Path, *, advance: Advance = _nothing) -> Backup:
    """Take a backup, while the studio runs or not. Its database is a SQLite file, also of one on PostgreSQL.

    Args:
        config: which studio.
        into: the folder to make.
        advance: told the bytes copied so far.

    Raises:
        MmarError: as `exchange.back_up` and `copy_to_file`.
    """
    with _server(config) as database:
        dump = partial(copy_to_file, database) if database else None
        return back_up(config.data, into, dump=dump, advance=advance)


def restore_studio(config: StudioConfig, backup: Path, *, advance: Advance = _nothing) -> Backup:
    """Put a backup in place of all that a studio holds; the studio must be stopped.

    Args:
        config: which studio; its database may be of another kind than the one that was backed up.
        backup: the backup's folder.
        advance: told the bytes copied so far, and of how many.

    Raises:
        MmarError: as `exchange.restore` and `Server.load`; nothing has changed then.
    """
    with _server(config) as database:
        elsewhere = PostgresTransfer(database) if database else None
        return restore(backup, config.data, check=check_file, elsewhere=elsewhere, advance=advance)


def finish_studio(config: StudioConfig) -> bool:
    """Complete a restore that was cut off; before anybody reads the database."""
    with _server(config) as database:
        return finish_restore(config.data, elsewhere=PostgresTransfer(database) if database else None)


@contextmanager
def _server(config: StudioConfig) -> Iterator[Database | None]:
    """The database that does not lie in the data folder; `None` for the one that does."""
    if not config.database_url:
        yield None
        return
    database = open_database(config.database_url)
    try:
        yield database
    finally:
        database.close()
