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
    result = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not result or os.geteuid() != 0 or shutil.which("runuser") is None:
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
                str(result[-1].parent / program),
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


@pytest.fixture(scope="session")
def _template(postgresql: str) -> None:
    """A database with empty tables, of which each test gets a copy."""
    from mmar.studio.data import open_database
    from mmar.studio.data.database import migrate

    _run_sql(postgresql, "CREATE DATABASE template_studio")
    template = open_database(_url_of(postgresql, "template_studio"))
    migrate(template)
    template.close()


def _url_of(server: str, name: str) -> str:
    from sqlalchemy import make_url

    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _run_sql(server: str, *statements: str) -> None:
    import sqlalchemy

    engine = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(sqlalchemy.text(statement))
    engine.dispose()


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """A PostgreSQL database with empty tables, or nothing for SQLite in the data folder.

    SQLite unless a test is marked with `on_both`; `MMAR_TEST_STUDIO_DATABASE=postgresql` puts all on PostgreSQL.
    """
    kind = getattr(request, "param", os.environ.get("MMAR_TEST_STUDIO_DATABASE", "sqlite"))
    return "" if kind == "sqlite" else str(request.getfixturevalue("server_url"))


@pytest.fixture
def server_url(postgresql: str, _template: None) -> str:
    """The URL of a PostgreSQL database with empty tables."""
    # By force: a server of another test that is stopped only now may be connected to it.
    _run_sql(
        postgresql,
        "DROP DATABASE IF EXISTS studio WITH (FORCE)",
        "CREATE DATABASE studio TEMPLATE template_studio",
    )
    return _url_of(postgresql, "studio")


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with empty tables, to be copied."""
    from mmar.studio.data import open_database
    from mmar.studio.data.database import migrate

    path = tmp_path_factory.mktemp("empty") / "studio.db"
    opened = open_database(f"sqlite:///{path}")
    migrate(opened)
    opened.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of each kind, with empty tables."""
    # Imported here: tests of the studio's pure libraries need no database.
    pytest.importorskip("sqlalchemy", reason="the studio's extra is not installed")
    from mmar.studio.data import open_database

    if request.param == "sqlite":
        url = f"sqlite:///{shutil.copy(request.getfixturevalue('empty_sqlite'), tmp_path / 'studio.db')}"
    else:
        url = request.getfixturevalue("server_url")
    opened = open_database(url)
    yield opened
    opened.close()
