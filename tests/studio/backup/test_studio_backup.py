"""Backups of a studio and restoring them, on SQLite, on PostgreSQL, and from one to the other."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from expect import raises

pytest.importorskip("sqlalchemy", reason="the studio's extra is not installed")

from sqlalchemy import Boolean, DateTime, Float, Integer, LargeBinary, select, text

from mmar.studio.backup import restore as restore_module
from mmar.studio.backup.postgres_copy import PostgresTransfer, plain_tables
from mmar.studio.backup.restore import back_up_studio, finish_studio, restore_studio
from mmar.studio.config import StudioConfig
from mmar.studio.data import Database, open_database
from mmar.studio.data.tables import Base, Person
from mmar.studio.web.app import open_studio

NOW = datetime(2026, 11, 1, 9, 0, 0, 123456)
ROWS = 3

Rows = dict[str, list[tuple[Any, ...]]]


def fill(database: Database) -> None:
    """Add rows to every table, with every kind of value and foreign keys; one idea refers to a later one."""
    with database.write() as session:
        session.execute(text("SET CONSTRAINTS ALL DEFERRED" if not database.is_sqlite else "SELECT 1"))
        for table, mapped in zip(plain_tables(), Base.metadata.sorted_tables, strict=True):
            for n in range(1, ROWS + 1):
                row: dict[str, object] = {}
                for column, full in zip(table.columns, mapped.columns, strict=True):
                    if full.name == "id":
                        continue  # the database counts
                    if full.name == "merged_into" or (full.nullable and n == ROWS):
                        row[column.name] = None
                    else:
                        row[column.name] = value(column.type, n, of=table.name)
                session.execute(table.insert().values(**row))
        session.execute(text("UPDATE idea SET merged_into = 3 WHERE id = 1"))


def value(kind: Any, n: int, *, of: str) -> object:
    if isinstance(kind, Boolean):
        return n % 2 == 0
    if isinstance(kind, DateTime):
        return NOW + timedelta(microseconds=n)
    if isinstance(kind, Float):
        return 0.1 * n
    if isinstance(kind, Integer):
        return n
    if isinstance(kind, LargeBinary):
        return bytes(range(256)) * n
    return f"{of} {n} 雨\\t'\t\n{{}}"[: getattr(kind, "length", None) or 100]


def rows(database: Database) -> Rows:
    with database.read() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in plain_tables()
        }


def files(data: Path) -> dict[str, bytes]:
    result = {
        path.relative_to(data).as_posix(): path.read_bytes() for path in data.rglob("*") if path.is_file()
    }
    return {name: content for name, content in result.items() if not name.startswith(("studio.db", "."))}


class StoppedStudio:
    """A studio that is not running: a data folder, and a database in it or elsewhere."""

    def __init__(self, data: Path, url: str = "") -> None:
        self.config = StudioConfig(data=data, database_url=url)
        self.data = data

    def rows(self) -> Rows:
        database = open_database(self.config.url)
        try:
            return rows(database)
        finally:
            database.close()

    def make(self, sound: bytes) -> StoppedStudio:
        opened = open_studio(self.config)
        fill(opened.database)
        opened.database.close()
        (self.config.media / "recordings").mkdir()
        (self.config.media / "recordings" / "a.wav").write_bytes(sound)
        return self

    def add(self, login: str) -> int:
        """Somebody new; their number."""
        opened = open_studio(self.config)
        try:
            with opened.database.write() as session:
                person = Person(login=login, name="New", created=NOW.replace(tzinfo=UTC), password=None)
                session.add(person)
                session.flush()
                return person.id
        finally:
            opened.database.close()


@pytest.fixture
def server(postgresql: str) -> Iterator[str]:
    """The address of an empty PostgreSQL database."""
    database = open_database(postgresql)
    with database.write() as session:
        session.execute(text("DROP SCHEMA public CASCADE"))
        session.execute(text("CREATE SCHEMA public"))
    database.close()
    yield postgresql


def test_no_foreign_keys_are_circular() -> None:
    # Rows are put back table by table, those that others point to first.
    seen: set[str] = set()
    for table in Base.metadata.sorted_tables:
        pointed_to = {key.column.table.name for key in table.foreign_keys}
        assert pointed_to <= seen | {table.name}
        seen.add(table.name)


def test_a_studio_moves_to_postgresql_and_back_row_by_row(server: str, tmp_path: Path) -> None:
    lite = StoppedStudio(tmp_path / "lite").make(b"sound")
    before = lite.rows()
    assert all(len(content) == ROWS for content in before.values())
    made = back_up_studio(lite.config, tmp_path / "backup 1")
    assert set(made.files) == {"studio.db", "media/recordings/a.wav"}

    grown = StoppedStudio(tmp_path / "grown", server)
    restore_studio(grown.config, tmp_path / "backup 1")
    assert grown.rows() == before
    assert files(grown.data) == files(lite.data)
    assert not (grown.data / "studio.db").exists()
    assert grown.add("somebody new") == ROWS + 1  # the next number, not one that is taken
    now = grown.rows()

    made = back_up_studio(grown.config, tmp_path / "backup 2")
    assert set(made.files) == {"studio.db", "media/recordings/a.wav"}
    again = StoppedStudio(tmp_path / "again")
    restore_studio(again.config, tmp_path / "backup 2")
    assert again.rows() == now
    assert files(again.data) == files(lite.data)
    assert again.add("one more") == ROWS + 2
    with (
        closing(sqlite3.connect(again.data / "studio.db")) as base,
        pytest.raises(sqlite3.IntegrityError) as caught,
    ):
        base.execute("DELETE FROM audit_log")
    assert caught.value.sqlite_errorname == "SQLITE_CONSTRAINT_TRIGGER"


def test_the_former_rows_of_a_database_are_saved_in_a_sqlite_file(server: str, tmp_path: Path) -> None:
    studio = StoppedStudio(tmp_path / "data", server).make(b"first")
    first = studio.rows()
    back_up_studio(studio.config, tmp_path / "backup")
    studio.add("later")
    (studio.config.media / "recordings" / "b.wav").write_bytes(b"later")
    later = studio.rows()
    # A SQLite file that lies there is none of this studio's, and stays.
    (studio.data / "studio.db").write_bytes(b"another's")
    restore_studio(studio.config, tmp_path / "backup")
    assert studio.rows() == first
    assert files(studio.data) == {"media/recordings/a.wav": b"first"}
    assert (studio.data / "studio.db").read_bytes() == b"another's"
    stored = StoppedStudio(studio.data / ".before-restore")
    assert stored.rows() == later
    assert files(stored.data) == {"media/recordings/a.wav": b"first", "media/recordings/b.wav": b"later"}


def test_a_restore_into_a_database_in_use_is_refused(server: str, tmp_path: Path) -> None:
    studio = StoppedStudio(tmp_path / "data", server).make(b"sound")
    back_up_studio(studio.config, tmp_path / "backup")
    before = studio.rows()
    other = open_database(server)
    with other.read() as session:
        session.execute(text("SELECT 1"))
    with raises("database-in-use"):
        restore_studio(studio.config, tmp_path / "backup")
    other.close()
    assert studio.rows() == before
    assert not (studio.data / ".restore").exists()
    restore_studio(studio.config, tmp_path / "backup")


class Gone(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("moment", ["loading", "before the commit", "after the commit", "amid the files"])
def test_an_interrupted_restore_is_complete_or_undone(
    moment: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = StoppedStudio(tmp_path / "data", server).make(b"first")
    first = studio.rows(), files(studio.data)
    back_up_studio(studio.config, tmp_path / "backup")
    studio.add("later")
    (studio.config.media / "recordings" / "a.wav").write_bytes(b"later")
    later = studio.rows(), files(studio.data)

    def gone(*_: object, **__: object) -> None:
        raise Gone

    with monkeypatch.context() as patched:
        if moment == "loading":
            patched.setattr("mmar.studio.backup.postgres_copy._load_table", gone)
        elif moment == "before the commit":
            whole = PostgresTransfer.load

            def until_ready(
                self: PostgresTransfer, source: Path, before: Path, token: str, ready: Any
            ) -> None:
                def ready_and_gone() -> None:
                    ready()
                    gone()

                whole(self, source, before, token, ready_and_gone)

            patched.setattr(PostgresTransfer, "load", until_ready)
        elif moment == "after the commit":
            patched.setattr(PostgresTransfer, "holds", gone)
        else:
            moved = restore_module._move_all

            def moved_and_gone(*options: Any, **named: Any) -> None:
                moved(*options, **named)
                gone()

            patched.setattr(restore_module, "_move_all", moved_and_gone)
        with pytest.raises(Gone):
            restore_studio(studio.config, tmp_path / "backup")
    # Who starts the wrong studio meanwhile spoils nothing.
    if moment != "loading":
        with raises("other-database"):
            open_studio(StudioConfig(data=studio.data))
        with raises("unfinished-restore"):
            back_up_studio(studio.config, tmp_path / "backup of half")
    assert finish_studio(studio.config) == (moment in ("after the commit", "amid the files"))
    assert (studio.rows(), files(studio.data)) == (
        later if moment in ("loading", "before the commit") else first
    )
    assert not (studio.data / ".restore").exists()
    restore_studio(studio.config, tmp_path / "backup")
    assert (studio.rows(), files(studio.data)) == first


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE idea SET title = 'a' || char(0) || 'b'", "invalid-value"),
        ("UPDATE person SET created = 'yesterday'", "invalid-value"),
        ("UPDATE alembic_version SET version_num = 'r9999'", "newer-database"),
        ("DROP TABLE alembic_version", "damaged-database"),
        ("UPDATE item SET author_id = 77", "damaged-database"),
        ("ALTER TABLE clip RENAME COLUMN alike TO other", "damaged-database"),
    ],
)
def test_a_backup_that_the_database_cannot_store_changes_nothing(
    statement: str, code: str, server: str, tmp_path: Path
) -> None:
    source = StoppedStudio(tmp_path / "source").make(b"other")
    with closing(sqlite3.connect(source.data / "studio.db")) as base, base:
        base.execute(statement)
    back_up_studio(source.config, tmp_path / "backup")
    studio = StoppedStudio(tmp_path / "data", server).make(b"sound")
    before = studio.rows()
    with raises(code):
        restore_studio(studio.config, tmp_path / "backup")
    assert studio.rows() == before
    assert files(studio.data) == {"media/recordings/a.wav": b"sound"}
    assert not (studio.data / ".restore").exists()
    if code != "invalid-value":  # which SQLite keeps
        lite = StoppedStudio(tmp_path / "lite").make(b"lite")
        with raises(code):
            restore_studio(lite.config, tmp_path / "backup")
        assert files(lite.data) == {"media/recordings/a.wav": b"lite"}


def test_a_missing_or_foreign_database_is_an_error(server: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with raises("other-version"):
        back_up_studio(StudioConfig(data=tmp_path / "data", database_url=server), tmp_path / "backup")
    gone = f"{server}-not-there"
    with raises("database-unavailable"):
        back_up_studio(StudioConfig(data=tmp_path / "data", database_url=gone), tmp_path / "backup")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]
