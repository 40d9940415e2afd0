"""Migrations create the tables that the program uses; history cannot be changed; writers queue."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from expect import raises
from mmar.errors import ExternalError, MmarError
from mmar.studio.data import Database, item_tables, open_database
from mmar.studio.data.database import migrate, newest_revision
from mmar.studio.data.tables import AuditLogEntry, Base, Person

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TABLES = (item_tables,)


def test_the_migrations_create_the_tables_of_the_program_and_may_run_again(database: Database) -> None:
    migrate(database)
    with database.read() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": False})
        assert context.get_current_revision() == newest_revision()
        assert compare_metadata(context, Base.metadata) == []


def test_history_cannot_be_changed(database: Database) -> None:
    with database.write() as session:
        session.add(AuditLogEntry(created=NOW, action="x", subject="y", person_id=None))
    for statement in ("UPDATE audit_log SET action = 'z'", "DELETE FROM audit_log"):
        with pytest.raises((DBAPIError, ExternalError), match="only ever added"), database.write() as session:
            session.execute(text(statement))


def test_a_failed_transaction_is_undone_and_times_have_a_zone(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as session:
        session.add(Person(login="a", name="A", created=NOW, password=None))
        session.flush()
        raise ZeroDivisionError
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))
    with database.write() as session:
        session.add(Person(login="b", name="B", created=elsewhere, password=None))
    with database.read() as session:
        assert [(p.login, p.created) for p in session.scalars(select(Person))] == [("b", NOW)]


def test_concurrent_writers_lose_nothing(tmp_path: Path) -> None:
    # Two Database objects stand for two processes: they share no lock of Python's.
    url = f"sqlite:///{tmp_path}/studio.db"
    databases = [open_database(url), open_database(url)]
    migrate(databases[0])
    failures: list[BaseException] = []

    def work(database: Database, worker: int) -> None:
        try:
            for index in range(10):
                with database.write() as session:
                    count = session.scalar(select(func.count()).select_from(Person)) or 0
                    session.add(
                        Person(login=f"{count}", name=f"{worker} {index}", created=NOW, password=None)
                    )
        except BaseException as error:  # noqa: BLE001 - reported by the main thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(databases[n % 2], n)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with databases[0].read() as session:
        # Each counted the rows before it under the lock, so the logins are 0 to 79 without a gap.
        assert sorted(int(login) for login in session.scalars(select(Person.login))) == list(range(80))
    for database in databases:
        database.close()


def test_a_database_of_a_newer_program_is_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    database = open_database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    raw = sqlite3.connect(path)
    raw.execute("UPDATE alembic_version SET version_num = 'r9999'")
    raw.commit()
    raw.close()
    newer = open_database(f"sqlite:///{path}")
    with raises("newer-database"):
        migrate(newer)
    newer.close()


@pytest.mark.parametrize("url", ["", "mysql://x/y", "sqlite://", "nonsense"])
def test_other_urls_are_refused_with_a_code(url: str) -> None:
    with pytest.raises(MmarError):
        open_database(url)


def test_a_lost_connection_is_an_error_and_later_transactions_work(postgresql: str) -> None:
    database, other = open_database(postgresql), open_database(postgresql)
    end_all = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    for way in (database.read, database.write):
        with raises("database-unavailable"), way() as session:
            session.execute(text("SELECT 1"))
            with other.read() as killing:
                killing.execute(end_all)
            session.execute(text("SELECT 1"))
        with way() as session:
            assert session.scalar(text("SELECT 1")) == 1
    database.close()
    other.close()
