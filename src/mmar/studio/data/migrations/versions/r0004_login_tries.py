"""Tries to log in, so that their limit outlives a restart and holds for several servers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0004_login_tries"
down_revision = "r0003_assignments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "login_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_try")),
    )
    op.create_index("ix_login_try_key_at", "login_attempt", ["key", "at"], unique=False)
    op.create_index(op.f("ix_login_try_at"), "login_attempt", ["at"], unique=False)
