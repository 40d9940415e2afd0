"""Creation of the tables of a new database, and Alembic's migrations of an older one."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from mmar.errors import UsageError
from mmar.studio.data import item_tables
from mmar.studio.data.database import Database
from mmar.studio.data.tables import Base

__all__ = ["knows_revision", "migrate", "newest_revision"]

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
