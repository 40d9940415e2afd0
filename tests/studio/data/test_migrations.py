"""Databases and backups that an earlier version of the program made (`r0001.sql`) are brought to the newest tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from mmar.errors import ExternalError
from mmar.studio.backup.backups import back_up
from mmar.studio.backup.restore import restore_studio
from mmar.studio.config import StudioConfig
from mmar.studio.data import Database, item_tables
from mmar.studio.data.database import migrate, newest_revision
from mmar.studio.data.migrations.versions import r0002_column_names as r0002
from mmar.studio.data.tables import AuditLogEntry, Base, Takedown
from mmar.studio.store.inspection import blind_ratings
from mmar.studio.web.app import open_studio

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def old_data_folder(path: Path) -> Path:
    """A data folder of the first version of the tables."""
    path.mkdir()
    with closing(sqlite3.connect(path / "studio.db")) as base:
        base.executescript(Path(__file__).with_name("r0001.sql").read_text("utf-8"))
    return path


def check_tables(database: Database) -> None:
    """The tables are the newest, with the triggers that protect history."""
    with database.read() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": False})
        assert context.get_current_revision() == newest_revision()
        assert compare_metadata(context, Base.metadata) == []


def check_rows(database: Database) -> None:
    """The rows of `r0001.sql` are there, under the new names."""
    with database.read() as session:
        for table in (AuditLogEntry, Takedown, item_tables.Event, item_tables.Revision, item_tables.Proposal):
            assert set(session.scalars(select(table.created))) == {NOON}, table.__tablename__
        for table in (item_tables.Draft, item_tables.KeyView):
            assert len(session.scalars(select(table)).all()) == 1
        assert session.scalar(select(item_tables.Draft.saved)) == NOON
        assert session.scalar(select(item_tables.KeyView.seen)) == NOON
        assert session.scalars(select(item_tables.BlindAnswer.played)).all() == [False]
        assert blind_ratings(session, 1) == [], "an answer without listening does not count"
    refused = pytest.raises((DBAPIError, ExternalError), match="only ever added")
    with refused, database.write() as session:
        session.execute(text("UPDATE event SET comment = 'x'"))


def test_an_older_data_folder_is_migrated_when_it_is_opened(tmp_path: Path) -> None:
    config = StudioConfig(old_data_folder(tmp_path / "data"))
    for _ in range(2):
        database = open_studio(config).database
        check_tables(database)
        check_rows(database)
        database.close()


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_an_older_backup_is_restored(tmp_path: Path, database_url: str) -> None:
    back_up(old_data_folder(tmp_path / "data"), tmp_path / "backup")
    config = StudioConfig(tmp_path / "new", database_url)
    restore_studio(config, tmp_path / "backup")
    database = open_studio(config).database
    check_tables(database)
    check_rows(database)
    database.close()


def test_the_columns_are_renamed_on_both_kinds_of_databases(database: Database) -> None:
    with database.write() as session:
        for table, new, old in (
            *((table, "created", "at") for table in r0002.CREATED),
            ("draft", "saved", "at"),
            ("judgement_draft", "saved", "at"),
            ("key_view", "seen", "at"),
            ("blind_answer", "played", "heard"),
        ):
            session.execute(text(f"ALTER TABLE {table} RENAME COLUMN {new} TO {old}"))
        for table, old, new, columns in r0002.INDEXES:
            session.execute(text(f"DROP INDEX {new}"))
            names = ", ".join(columns).replace("created", "at")
            session.execute(text(f"CREATE INDEX {old} ON {table} ({names})"))
        session.execute(text("UPDATE alembic_version SET version_num = 'r0001_first_tables'"))
    migrate(database)
    check_tables(database)
