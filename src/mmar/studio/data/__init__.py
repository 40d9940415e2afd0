"""Tables, migrations and transactions. SQLite in a file by default, PostgreSQL by address."""

from __future__ import annotations

from mmar.studio.data.database import Database, open_database

__all__ = ["Database", "open_database"]
