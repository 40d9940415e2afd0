"""Database connection with reading and writing transactions, and migration to the newest tables.

SQLite runs in WAL mode, so readers never wait. A writing transaction takes the write lock at its first
statement (`BEGIN IMMEDIATE`). One that begins as a reader and writes later cannot wait for the lock, it
fails at once with "database is locked" whatever the busy timeout. Inside one process writers queue at a Python
lock, which is fair, unlike SQLite's own waiting; between processes the busy timeout applies.

PostgreSQL gives the same two guarantees: a reader sees one state (REPEATABLE READ), and there is one writer at a time
(an advisory lock, acquired first). Without the lock, two writers that add the same thing would both find it missing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import Session

from mmar.errors import ExternalError, UsageError
from mmar.studio.data import item_tables
from mmar.studio.data.tables import Base

BUSY_MS = 30_000
"""How long one process waits for another's write, milliseconds."""

_SILENT_MS = 60_000
"""PostgreSQL ends a write that is idle for this long, so that a lost client does not block the others."""

_WRITERS = 0x6D6D6172
"""The advisory lock of writers, specific to the database, so that two studios on one server do not block each other."""


class DatabaseUnavailableError(ExternalError):
    """The database does not answer or cannot write: its server is away, the disk is full.

    The message is the driver's, for the log and the command line; pages show another one.
    """

    default_code = "database-unavailable"


class Database:
    """A database that several threads and processes can read and write at once; see `open_database`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._writing = threading.Lock()
        self._owner: int | None = None
        self._writer = engine.execution_options(mmar_writes=True)
        one_state = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._reader = engine.execution_options(**one_state)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that sees one state of the database (or `DatabaseUnavailableError`); changes are discarded."""
        try:
            with Session(self._reader, expire_on_commit=False) as session:
                yield session
        except OperationalError as error:
            raise DatabaseUnavailableError(f"the database cannot be read: {error.orig}") from error

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A short transaction that is committed at the end, or rolled back if anything is raised.

        `DatabaseUnavailableError` if the database cannot be written, or another process has locked it.
        """
        if self._owner == threading.get_ident():
            raise RuntimeError("a writing transaction inside another would wait for itself")
        with self._writing:
            self._owner = threading.get_ident()
            try:
                with Session(self._writer, expire_on_commit=False) as session, session.begin():
                    yield session
            except OperationalError as error:
                raise DatabaseUnavailableError(f"the database cannot be written: {error.orig}") from error
            finally:
                self._owner = None

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open a database by `sqlite:///FILE` or `postgresql+psycopg://…`, without making or changing any table.

    Raises:
        UsageError: the address cannot be read, or names another kind of database.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UsageError(
            "the database's address cannot be read; write sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME",
            code="invalid-database-url",
        ) from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise UsageError(
                "the studio's database must be a file, so that several connections see the same",
                code="invalid-database-url",
            )
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            parsed, connect_args={"timeout": BUSY_MS / 1000}, pool_size=16, max_overflow=48
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif backend == "postgresql":
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        try:
            engine = create_engine(parsed, pool_size=16, max_overflow=48, pool_pre_ping=True)
        except ModuleNotFoundError:
            raise UsageError(
                "PostgreSQL needs its driver: pip install 'psycopg[binary]'", code="needs-psycopg"
            ) from None
        event.listen(engine, "begin", _begin_postgresql)
    else:
        raise UsageError(
            f"the studio works with SQLite and PostgreSQL, not with {backend}", code="invalid-database-url"
        )
    return Database(engine)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # Transactions are begun by `_begin_sqlite`; Python's own would begin late and as readers.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # a committed save outlives a power cut
        "foreign_keys=ON",
        f"busy_timeout={BUSY_MS}",
        "temp_store=MEMORY",
        "cache_size=-8000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("mmar_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("mmar_writes", False):
        # The next statement sees what the one before us wrote: in READ COMMITTED each takes its own snapshot.
        connection.exec_driver_sql(
            f"SELECT set_config('lock_timeout', '{BUSY_MS}', true), "
            f"set_config('idle_in_transaction_session_timeout', '{_SILENT_MS}', true)"
        )
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")


# Imported for the tables that they add to the metadata.
_TABLES = (item_tables,)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def newest_revision() -> str:
    """The name of the newest migration."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def knows_revision(name: str) -> bool:
    """Whether this version has a migration of this name."""
    return name in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def migrate(database: Database) -> None:
    """Create the tables of an empty database, or bring an older one to the newest tables, in one transaction.

    Raises:
        UsageError: the database was made by a newer version of the program.
    """
    config = _config()
    with database.write() as session:
        connection = session.connection()
        context = MigrationContext.configure(connection)
        current = context.get_current_revision()
        if current is None:
            Base.metadata.create_all(connection)
            context.stamp(ScriptDirectory.from_config(config), "head")
        if current in (None, newest_revision()):
            return
        if not knows_revision(current):
            raise UsageError(
                f"this database was made by a newer mmar (migration {current}); update the program",
                code="newer-database",
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
