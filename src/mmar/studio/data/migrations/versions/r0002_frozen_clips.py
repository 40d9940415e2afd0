"""A release notes the sound of each of its items, so that it can be written again after clips were cut anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0002_frozen_clips"
down_revision = "r0001_first_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change; releases that were written before have nothing there."""
    op.add_column("release", sa.Column("clips", sa.Text(), nullable=True))
