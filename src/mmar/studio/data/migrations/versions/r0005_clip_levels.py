"""What was measured of a clip's level, so that a release is audited without decoding its sounds again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0005_clip_levels"
down_revision = "r0004_login_tries"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change; clips that were cut before have nothing there until they are measured."""
    op.add_column("clip", sa.Column("levels", sa.Text(), nullable=True))
