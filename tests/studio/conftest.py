"""A database of each kind that the studio works with."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mmar.studio.data import Database


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL server of the test's own, reached through a socket in its folder."""
    pytest.importorskip("psycopg", reason="the PostgreSQL driver is not installed")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found or os.geteuid() != 0 or shutil.which("runuser") is None:
        pytest.skip("no PostgreSQL server is installed here, or it cannot be started as another user")
    home = Path(tempfile.mkdtemp(prefix="mmar-pg-"))
    shutil.chown(home, "postgres")

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [
                "runuser",
                "-u",
                "postgres",
                "--",
                str(found[-1].parent / program),
                "-D",
                f"{home}/d",
                *arguments,
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )

    run("initdb", "-A", "trust", "-N")
    # No test pulls the plug, so nothing has to reach the disk.
    options = f"-c listen_addresses= -c fsync=off -c full_page_writes=off -k {home}"
    run("pg_ctl", "-w", "-l", f"{home}/log", "-o", options, "start")
    yield f"postgresql+psycopg://postgres@/postgres?host={home}"
    run("pg_ctl", "-m", "immediate", "stop")
    shutil.rmtree(home)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty PostgreSQL database, or nothing for SQLite in the data folder.

    SQLite unless a test is marked with `on_both`; `MMAR_TEST_STUDIO_DATABASE=postgresql` puts all on PostgreSQL.
    """
    kind = getattr(request, "param", os.environ.get("MMAR_TEST_STUDIO_DATABASE", "sqlite"))
    if kind == "sqlite":
        return ""
    url: str = request.getfixturevalue("postgresql")
    sqlalchemy = pytest.importorskip("sqlalchemy", reason="the studio's extra is not installed")
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        # What a test left open, a server that is stopped only now, would hold its tables.
        connection.execute(
            sqlalchemy.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )
        connection.execute(sqlalchemy.text("DROP SCHEMA public CASCADE"))
        connection.execute(sqlalchemy.text("CREATE SCHEMA public"))
    engine.dispose()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    # Imported here: tests of the studio's pure libraries need no database.
    sqlalchemy = pytest.importorskip("sqlalchemy", reason="the studio's extra is not installed")
    from mmar.studio.data import open_database
    from mmar.studio.data.migrate import migrate

    sqlite = f"sqlite:///{tmp_path}/studio.db"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("postgresql")
    opened = open_database(url)
    if not opened.is_sqlite:
        with opened.write() as session:
            session.execute(sqlalchemy.text("DROP SCHEMA public CASCADE"))
            session.execute(sqlalchemy.text("CREATE SCHEMA public"))
    migrate(opened)
    yield opened
    opened.close()
