"""Tables, migrations and transactions. SQLite in a file by default, PostgreSQL by address."""

from __future__ import annotations

from mmar.studio.data.database import Database, DatabaseAwayError, open_database

__all__ = ["Database", "DatabaseAwayError", "open_database"]
