"""Alembic's environment; uses the connection that `migrate` opened."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from mmar.studio.data import item_tables
from mmar.studio.data.columns import JsonRecord, UtcDateTime
from mmar.studio.data.tables import Base

# Imported for the tables that they add to the metadata.
TABLES = (item_tables,)


def render_item(kind: str, value: Any, _autogen: Any) -> str | Literal[False]:
    """Write plain column types into a new migration, so that it does not change when the program does."""
    if kind == "type" and isinstance(value, UtcDateTime):
        return "sa.DateTime()"
    if kind == "type" and isinstance(value, JsonRecord):
        return "sa.Text()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=render_item,
)
context.run_migrations()
