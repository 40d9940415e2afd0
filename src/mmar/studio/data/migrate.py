"""Database migrations with Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from mmar.errors import UsageError
from mmar.studio.data.database import Database

__all__ = ["knows_revision", "migrate", "newest_revision"]


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


def migrate(database: Database, *, to: str = "head") -> None:
    """Run the missing migrations in one transaction.

    Args:
        database: empty, or made by an older version.
        to: the migration to stop at.

    Raises:
        UsageError: the database was made by a newer version of the program.
    """
    config = _config()
    with database.write() as session:
        connection = session.connection()
        at = MigrationContext.configure(connection).get_current_revision()
        if at is not None and not knows_revision(at):
            raise UsageError(
                f"this database was made by a newer mmar (migration {at}); update the program",
                code="newer-database",
            )
        config.attributes["connection"] = connection
        command.upgrade(config, to)
