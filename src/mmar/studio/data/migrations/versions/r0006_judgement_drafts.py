"""What an inspector is writing about an item, kept as they type."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0006_judgement_drafts"
down_revision = "r0005_clip_levels"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "judgement_draft",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("start", sa.String(length=40), nullable=False),
        sa.Column("end", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_judgement_draft_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_judgement_draft_person_id")),
        sa.PrimaryKeyConstraint("item_id", "person_id", name=op.f("pk_judgement_draft")),
    )
