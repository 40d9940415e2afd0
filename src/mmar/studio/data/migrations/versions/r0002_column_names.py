"""Columns named `at` and `heard` get the names of what they hold."""

from __future__ import annotations

from alembic import op

revision = "r0002_column_names"
down_revision = "r0001_first_tables"
branch_labels = None
depends_on = None

CREATED = (
    "login_attempt",
    "audit_log",
    "taxonomy_version",
    "recording",
    "clip",
    "release",
    "takedown",
    "revision",
    "event",
    "blind_answer",
    "verdict",
    "proposal",
)
INDEXES = (
    ("login_attempt", "ix_login_attempt_key_at", "ix_login_attempt_key_created", ("key", "created")),
    ("login_attempt", "ix_login_attempt_at", "ix_login_attempt_created", ("created",)),
    ("audit_log", "ix_audit_log_at", "ix_audit_log_created", ("created",)),
)


def upgrade() -> None:
    """Rename the columns, and the indexes whose names contain theirs."""
    for table in CREATED:
        op.alter_column(table, "at", new_column_name="created")
    for table in ("draft", "judgement_draft"):
        op.alter_column(table, "at", new_column_name="saved")
    op.alter_column("key_view", "at", new_column_name="seen")
    op.alter_column("blind_answer", "heard", new_column_name="played")
    for table, old, new, columns in INDEXES:
        op.drop_index(old, table_name=table)
        op.create_index(new, table, columns)
