"""Tables, migrations and transactions. SQLite in a file by default, PostgreSQL by address."""

from __future__ import annotations

from mmar.studio.data.database import Database, DatabaseUnavailableError, open_database

__all__ = ["Database", "DatabaseUnavailableError", "open_database"]
