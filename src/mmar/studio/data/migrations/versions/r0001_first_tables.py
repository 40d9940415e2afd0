"""The tables of the first release; a new database gets the newest tables at once (`migrate`)."""

from __future__ import annotations

revision = "r0001_first_tables"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing precedes these tables."""
