"""Copies of all rows from PostgreSQL to a SQLite file and back.

A backup of a studio on PostgreSQL contains a SQLite file, so one kind of backup serves both databases and moves a
studio from one to the other. Rows are streamed, so memory does not grow with the studio.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Connection, MetaData, Table, TypeDecorator, func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from mmar.errors import ExternalError, InputError, UsageError
from mmar.studio.data.database import Database, knows_revision, migrate, newest_revision, open_database
from mmar.studio.data.tables import Base

_ROWS = 200
"""Rows that are read at a time."""


def plain_tables() -> list[Table]:
    """Every table with raw columns, in an order in which rows exist before others refer to them."""
    metadata = MetaData()
    return [
        Table(
            table.name,
            metadata,
            *(Column(each.name, _raw(each.type), primary_key=each.primary_key) for each in table.columns),
        )
        for table in Base.metadata.sorted_tables
    ]


def _raw(kind: Any) -> Any:
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


def check_file(path: Path) -> None:
    """Check that a file is a complete database of a studio of this version; it is only read.

    Raises:
        InputError: it is damaged, something else, or of a newer program.
    """
    # Immutable: SQLite writes no other file, and replays no journal.
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as base:
            (verdict,) = base.execute("PRAGMA quick_check(1)").fetchone()
            row = base.execute("SELECT version_num FROM alembic_version").fetchone()
            dangling = base.execute("PRAGMA foreign_key_check").fetchone()
            if row is not None and row[0] == newest_revision():
                for table in plain_tables():
                    # With the table's name, since SQLite treats an unknown quoted name as text.
                    names = ", ".join(f'"{table.name}"."{column.name}"' for column in table.columns)
                    base.execute(f'SELECT {names} FROM "{table.name}" LIMIT 0')  # noqa: S608 - our own names
    except sqlite3.DatabaseError as error:
        raise _damaged(path, f"this is not a studio database, or it is damaged ({error})") from None
    if verdict != "ok" or row is None:
        raise _damaged(path, f"the database is damaged ({verdict})")
    if dangling is not None:
        raise _damaged(path, f"row {dangling[1]} of {dangling[0]} refers to a row that does not exist")
    if not knows_revision(row[0]):
        raise InputError(
            f"the backup was made by a newer mmar (migration {str(row[0])[:40]})",
            file=str(path),
            hint="update the program",
            code="newer-database",
        )


def _damaged(path: Path, problem: str) -> InputError:
    return InputError(problem, file=str(path), hint="use another backup", code="damaged-database")


def copy_to_file(database: Database, target: Path) -> None:
    """Write one state of a PostgreSQL database as a SQLite file, while others read and write.

    Raises:
        UsageError: it is not a studio's database of this version of the program.
        ExternalError: the server does not answer, or the disk cannot be written.
    """
    with _server_errors(database):
        # Waits for other writers: a restore in progress has emptied the tables.
        with database.write() as session:
            current = MigrationContext.configure(session.connection()).get_current_revision()
        if current != newest_revision():
            raise UsageError(
                f"the database is of another version of mmar ({current or 'it contains no studio'}); start the studio once, "
                "which updates it",
                code="other-version",
            )
        _write_file(database, target)


def _write_file(database: Database, target: Path) -> None:
    file = open_database(f"sqlite:///{target}")
    try:
        migrate(file)
        with database.read() as reading, file.write() as writing:
            # An idea may be merged into a later one, so references are checked at the end.
            writing.execute(text("PRAGMA defer_foreign_keys=ON"))
            for table in plain_tables():
                for rows in _blocks(reading.connection(), table):
                    writing.connection().execute(table.insert(), [row._asdict() for row in rows])
    finally:
        file.close()
    with closing(sqlite3.connect(target)) as base:
        # A single file, without the two that WAL adds.
        base.execute("PRAGMA journal_mode=DELETE")


def _blocks(connection: Connection, table: Table) -> Iterator[Sequence[Any]]:
    query = select(table).order_by(*table.primary_key.columns)
    result = connection.execution_options(yield_per=_ROWS).execute(query)
    yield from result.partitions()


class PostgresTransfer:
    """Loads a backup into a PostgreSQL database, which no other connection in this process uses."""

    def __init__(self, database: Database) -> None:
        self.database = database
        url = database.engine.url
        self.where = f"{url.host or url.query.get('host', 'localhost')}:{url.port or 5432}/{url.database}"

    def load(self, source: Path, before: Path, token: str, ready: Callable[[], None]) -> None:
        """Replace all rows of the database by those of a checked SQLite file, in one transaction.

        Args:
            source: the file, which is brought to the newest tables.
            before: a SQLite file to create with the former rows; none if there was no person.
            token: an identifier of this transaction, for `holds`.
            ready: called directly before the commit.

        Raises:
            UsageError: another connection is open.
            InputError: the file contains what PostgreSQL cannot store.
            ExternalError: the server does not answer.
        """
        migrate(self.database)
        file = open_database(f"sqlite:///{source}")
        try:
            migrate(file)
            with _server_errors(self.database), self.database.write() as session:
                connection = session.connection()
                _check_alone(connection)
                # Copying the former rows may take long, and this connection is idle meanwhile.
                connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
                if connection.scalar(text("SELECT EXISTS (SELECT 1 FROM person)")):
                    _write_file(self.database, before)
                _replace_all(connection, file)
                connection.execute(text(f"COMMENT ON TABLE alembic_version IS 'restored {int(token, 16):x}'"))
                ready()
        finally:
            file.close()

    def holds(self, token: str) -> bool:
        """Whether the database has the rows that were loaded with a token; waits while they are being loaded."""
        with _server_errors(self.database), self.database.write() as session:
            query = "SELECT obj_description(to_regclass('alembic_version'), 'pg_class')"
            return bool(session.scalar(text(query)) == f"restored {int(token, 16):x}")


def _check_alone(connection: Connection) -> None:
    others = connection.scalar(
        text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND usesysid IS NOT NULL "
            "AND coalesce(backend_type, 'client backend') = 'client backend'"
        )
    )
    if others:
        raise UsageError(
            f"the database is in use ({others} {'connection' if others == 1 else 'connections'}); stop the studio, and "
            "whatever else is connected to it, first",
            code="database-in-use",
        )


def _replace_all(connection: Connection, file: Database) -> None:
    tables, quote = plain_tables(), connection.dialect.identifier_preparer.quote
    connection.execute(text(f"TRUNCATE {', '.join(quote(table.name) for table in tables)}"))
    with file.read() as reading:
        for table in tables:
            _load_table(connection, reading.connection(), table)
    for table in tables:
        if "id" in table.columns:
            # Otherwise the next new row would get an id that exists.
            highest = connection.scalar(select(func.max(table.columns["id"])))
            sequence = func.pg_get_serial_sequence(quote(table.name), "id")
            connection.execute(select(func.setval(sequence, highest or 1, highest is not None)))


def _load_table(connection: Connection, source: Connection, table: Table) -> None:
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(column.name) for column in table.columns)
    driver: Any = connection.connection.driver_connection
    errors: Any = connection.dialect.loaded_dbapi
    try:
        # One statement for all rows, so that rows of the table may refer to each other.
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {quote(table.name)} ({columns}) FROM STDIN") as copy,
        ):
            for rows in _blocks(source, table):
                for row in rows:
                    copy.write_row(tuple(row))
    except (errors.OperationalError, errors.InterfaceError):
        raise
    except (errors.Error, DBAPIError, ValueError, TypeError, OverflowError) as error:
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"the table {table.name} contains what PostgreSQL cannot store ({text})", code="invalid-value"
        ) from None


@contextmanager
def _server_errors(database: Database) -> Iterator[None]:
    """Turn connection errors into messages."""
    errors: Any = database.engine.dialect.loaded_dbapi
    try:
        yield
    except (OperationalError, errors.OperationalError, errors.InterfaceError) as error:
        text = str(getattr(error, "orig", error)).strip().splitlines()
        raise ExternalError(
            f"the database server failed ({text[0] if text else 'no answer'})",
            code="database-unavailable",
        ) from None
