"""The first tables."""

from __future__ import annotations

from functools import partial

import sqlalchemy as sa
from alembic import op

revision = "r0001_first_tables"
down_revision = None
branch_labels = None
depends_on = None

_column = partial(sa.Column, nullable=False)


def upgrade() -> None:  # noqa: PLR0915 - one statement per table
    """Create all tables, and triggers that forbid to change history."""
    op.create_table(
        "login_attempt",
        _column("id", sa.Integer, primary_key=True),
        _column("key", sa.String(160)),
        _column("at", sa.DateTime),
    )
    op.create_index("ix_login_attempt_at", "login_attempt", ["at"])
    op.create_index("ix_login_attempt_key_at", "login_attempt", ["key", "at"])
    op.create_table(
        "project",
        _column("id", sa.Integer, primary_key=True),
        _column("slug", sa.String(60), unique=True),
        _column("title", sa.String(200)),
        _column("about", sa.Text),
        _column("settings", sa.Text),
        _column("created", sa.DateTime),
    )
    op.create_table(
        "person",
        _column("id", sa.Integer, primary_key=True),
        _column("login", sa.String(80), unique=True),
        _column("name", sa.String(200)),
        sa.Column("password", sa.String(300)),
        _column("site_admin", sa.Boolean),
        _column("active", sa.Boolean),
        sa.Column("project_id", sa.Integer, sa.ForeignKey("project.id")),
        _column("created", sa.DateTime),
    )
    op.create_table(
        "api_token",
        _column("id", sa.Integer, primary_key=True),
        _column("token_hash", sa.String(64), unique=True),
        _column("person_id", sa.Integer, sa.ForeignKey("person.id")),
        _column("name", sa.String(100)),
        _column("created", sa.DateTime),
        sa.Column("revoked", sa.DateTime),
    )
    op.create_index("ix_api_token_person_id", "api_token", ["person_id"])
    op.create_table(
        "audit_log",
        _column("id", sa.Integer, primary_key=True),
        _column("at", sa.DateTime),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id")),
        sa.Column("project_id", sa.Integer, sa.ForeignKey("project.id")),
        _column("action", sa.String(60)),
        _column("subject", sa.String(200)),
        _column("detail", sa.Text),
        _column("address", sa.String(60)),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
    op.create_index("ix_audit_log_project_id", "audit_log", ["project_id"])
    op.create_table(
        "idea",
        _column("id", sa.Integer, primary_key=True),
        _column("project_id", sa.Integer, sa.ForeignKey("project.id")),
        _column("title", sa.String(300)),
        _column("detail", sa.Text),
        _column("tags", sa.Text),
        _column("author_id", sa.Integer, sa.ForeignKey("person.id")),
        _column("model", sa.String(200)),
        _column("place", sa.String(300)),
        sa.Column("merged_into", sa.Integer, sa.ForeignKey("idea.id")),
        _column("dropped", sa.Boolean),
        _column("version", sa.Integer),
        _column("created", sa.DateTime),
    )
    op.create_index("ix_idea_project_id", "idea", ["project_id"])
    op.create_table(
        "link",
        _column("token_hash", sa.String(64), primary_key=True),
        _column("person_id", sa.Integer, sa.ForeignKey("person.id")),
        _column("purpose", sa.String(20)),
        _column("expires", sa.DateTime),
        sa.Column("used", sa.DateTime),
    )
    op.create_table(
        "login_session",
        _column("token_hash", sa.String(64), primary_key=True),
        _column("person_id", sa.Integer, sa.ForeignKey("person.id")),
        _column("csrf", sa.String(64)),
        _column("created", sa.DateTime),
        _column("seen", sa.DateTime),
        _column("expires", sa.DateTime),
    )
    op.create_index("ix_login_session_person_id", "login_session", ["person_id"])
    op.create_table(
        "membership",
        _column("project_id", sa.Integer, sa.ForeignKey("project.id"), primary_key=True),
        _column("person_id", sa.Integer, sa.ForeignKey("person.id"), primary_key=True),
        _column("role", sa.String(20), primary_key=True),
    )
    op.create_index("ix_membership_person_id", "membership", ["person_id"])
    op.create_table(
        "recording",
        _column("id", sa.Integer, primary_key=True),
        _column("project_id", sa.Integer, sa.ForeignKey("project.id")),
        _column("source", sa.String(300)),
        _column("title", sa.String(300)),
        _column("url", sa.Text),
        _column("path", sa.String(300)),
        _column("sha256", sa.String(64)),
        _column("media_type", sa.String(60)),
        _column("size", sa.Integer),
        _column("duration", sa.Double),
        _column("rate", sa.Integer),
        _column("channels", sa.Integer),
        sa.Column("waveform", sa.String(300)),
        _column("licence", sa.String(200)),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id")),
        _column("at", sa.DateTime),
    )
    op.create_index("ix_recording_sha256", "recording", ["sha256"])
    op.create_index("uq_recording_project_source", "recording", ["project_id", "source"], unique=True)
    op.create_table(
        "release",
        _column("id", sa.Integer, primary_key=True),
        _column("project_id", sa.Integer, sa.ForeignKey("project.id")),
        _column("version", sa.String(40)),
        _column("day", sa.String(10)),
        _column("digest", sa.String(64)),
        _column("items", sa.Text),
        _column("path", sa.String(300)),
        _column("clips", sa.Text),
        _column("facts", sa.Text),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id")),
        _column("at", sa.DateTime),
    )
    op.create_index("uq_release_project_version", "release", ["project_id", "version"], unique=True)
    op.create_table(
        "takedown",
        _column("id", sa.Integer, primary_key=True),
        _column("project_id", sa.Integer, sa.ForeignKey("project.id")),
        _column("what", sa.String(300)),
        _column("why", sa.Text),
        _column("person_id", sa.Integer, sa.ForeignKey("person.id")),
        _column("at", sa.DateTime),
    )
    op.create_index("ix_takedown_project_id", "takedown", ["project_id"])
    op.create_table(
        "taxonomy_version",
        _column("id", sa.Integer, primary_key=True),
        _column("project_id", sa.Integer, sa.ForeignKey("project.id")),
        _column("number", sa.Integer),
        _column("tree", sa.Text),
        _column("why", sa.Text),
        _column("author_id", sa.Integer, sa.ForeignKey("person.id")),
        _column("at", sa.DateTime),
    )
    op.create_index(
        "uq_taxonomy_version_project_number", "taxonomy_version", ["project_id", "number"], unique=True
    )
    op.create_table(
        "clip",
        _column("id", sa.Integer, primary_key=True),
        _column("project_id", sa.Integer, sa.ForeignKey("project.id")),
        _column("key", sa.String(64)),
        _column("recording_id", sa.Integer, sa.ForeignKey("recording.id")),
        _column("path", sa.String(300)),
        _column("sha256", sa.String(64)),
        _column("size", sa.Integer),
        _column("duration", sa.Double),
        _column("rate", sa.Integer),
        _column("channels", sa.Integer),
        sa.Column("loudness", sa.Double),
        sa.Column("peak", sa.Double),
        _column("levels", sa.Text),
        sa.Column("waveform", sa.String(300)),
        _column("fingerprint", sa.LargeBinary),
        _column("alike", sa.Text),
        _column("at", sa.DateTime),
    )
    op.create_index("uq_clip_project_key", "clip", ["project_id", "key"], unique=True)
    op.create_table(
        "idea_vote",
        _column("idea_id", sa.Integer, sa.ForeignKey("idea.id"), primary_key=True),
        _column("person_id", sa.Integer, sa.ForeignKey("person.id"), primary_key=True),
    )
    op.create_table(
        "item",
        _column("id", sa.Integer, primary_key=True),
        _column("project_id", sa.Integer, sa.ForeignKey("project.id")),
        _column("public_id", sa.String(200)),
        _column("state", sa.String(20)),
        _column("version", sa.Integer),
        _column("revision", sa.Integer),
        sa.Column("author_id", sa.Integer, sa.ForeignKey("person.id")),
        sa.Column("lease_person_id", sa.Integer, sa.ForeignKey("person.id")),
        sa.Column("lease_until", sa.DateTime),
        sa.Column("rejected", sa.Integer),
        _column("errors", sa.Integer),
        _column("question", sa.Text),
        _column("modality", sa.String(60)),
        _column("category", sa.String(200)),
        _column("sub_category", sa.String(200)),
        _column("language", sa.String(100)),
        sa.Column("idea_id", sa.Integer, sa.ForeignKey("idea.id")),
        _column("clip_key", sa.String(64)),
        _column("created", sa.DateTime),
        _column("changed", sa.DateTime),
    )
    op.create_index("ix_item_author_id", "item", ["author_id"])
    op.create_index("ix_item_clip_key", "item", ["clip_key"])
    op.create_index("ix_item_idea_id", "item", ["idea_id"])
    op.create_index("ix_item_project_state", "item", ["project_id", "state", "changed", "id"])
    op.create_index("uq_item_project_public", "item", ["project_id", "public_id"], unique=True)
    op.create_table(
        "assignment",
        _column("item_id", sa.Integer, sa.ForeignKey("item.id"), primary_key=True),
        _column("person_id", sa.Integer, sa.ForeignKey("person.id")),
        _column("by_id", sa.Integer, sa.ForeignKey("person.id")),
        _column("at", sa.DateTime),
    )
    op.create_index("ix_assignment_person_id", "assignment", ["person_id"])
    op.create_table(
        "blind_answer",
        _column("id", sa.Integer, primary_key=True),
        _column("item_id", sa.Integer, sa.ForeignKey("item.id")),
        _column("revision", sa.Integer),
        _column("person_id", sa.Integer, sa.ForeignKey("person.id")),
        sa.Column("choice", sa.Integer),
        _column("key", sa.Integer),
        _column("heard", sa.Boolean),
        _column("at", sa.DateTime),
    )
    op.create_index(
        "uq_blind_answer_item_revision_person",
        "blind_answer",
        ["item_id", "revision", "person_id"],
        unique=True,
    )
    op.create_table(
        "draft",
        _column("item_id", sa.Integer, sa.ForeignKey("item.id"), primary_key=True),
        _column("person_id", sa.Integer, sa.ForeignKey("person.id"), primary_key=True),
        _column("version", sa.Integer),
        _column("revision", sa.Integer),
        _column("content", sa.Text),
        _column("at", sa.DateTime),
    )
    op.create_table(
        "event",
        _column("id", sa.Integer, primary_key=True),
        _column("item_id", sa.Integer, sa.ForeignKey("item.id")),
        _column("at", sa.DateTime),
        _column("person_id", sa.Integer, sa.ForeignKey("person.id")),
        _column("action", sa.String(20)),
        _column("state", sa.String(20)),
        _column("version", sa.Integer),
        _column("revision", sa.Integer),
        _column("reason", sa.String(40)),
        _column("field", sa.String(40)),
        _column("comment", sa.Text),
        sa.Column("start", sa.Double),
        sa.Column("end", sa.Double),
    )
    op.create_index("ix_event_item", "event", ["item_id", "id"])
    op.create_table(
        "job",
        _column("id", sa.Integer, primary_key=True),
        _column("project_id", sa.Integer, sa.ForeignKey("project.id")),
        _column("kind", sa.String(40)),
        _column("key", sa.String(200)),
        _column("payload", sa.Text),
        _column("state", sa.String(12)),
        _column("attempts", sa.Integer),
        _column("progress", sa.Double),
        _column("message", sa.Text),
        sa.Column("not_before", sa.DateTime),
        _column("worker", sa.String(100)),
        sa.Column("lease_until", sa.DateTime),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id")),
        sa.Column("item_id", sa.Integer, sa.ForeignKey("item.id")),
        _column("created", sa.DateTime),
        sa.Column("finished", sa.DateTime),
    )
    op.create_index("ix_job_item_id", "job", ["item_id"])
    op.create_index("ix_job_key", "job", ["key"])
    op.create_index("ix_job_project_id", "job", ["project_id"])
    op.create_index("ix_job_state_id", "job", ["state", "id"])
    op.create_table(
        "judgement_draft",
        _column("item_id", sa.Integer, sa.ForeignKey("item.id"), primary_key=True),
        _column("person_id", sa.Integer, sa.ForeignKey("person.id"), primary_key=True),
        _column("reason", sa.String(40)),
        _column("field", sa.String(40)),
        _column("comment", sa.Text),
        _column("start", sa.String(40)),
        _column("end", sa.String(40)),
        _column("at", sa.DateTime),
    )
    op.create_table(
        "key_view",
        _column("item_id", sa.Integer, sa.ForeignKey("item.id"), primary_key=True),
        _column("person_id", sa.Integer, sa.ForeignKey("person.id"), primary_key=True),
        _column("at", sa.DateTime),
    )
    op.create_table(
        "playback",
        _column("clip_id", sa.Integer, sa.ForeignKey("clip.id"), primary_key=True),
        _column("person_id", sa.Integer, sa.ForeignKey("person.id"), primary_key=True),
        _column("started", sa.DateTime),
        sa.Column("finished", sa.DateTime),
    )
    op.create_table(
        "revision",
        _column("id", sa.Integer, primary_key=True),
        _column("item_id", sa.Integer, sa.ForeignKey("item.id")),
        _column("number", sa.Integer),
        _column("content", sa.Text),
        _column("author_id", sa.Integer, sa.ForeignKey("person.id")),
        _column("at", sa.DateTime),
        _column("kind", sa.String(12)),
        _column("why", sa.Text),
    )
    op.create_index("uq_revision_item_number", "revision", ["item_id", "number"], unique=True)
    op.create_table(
        "verdict",
        _column("id", sa.Integer, primary_key=True),
        _column("item_id", sa.Integer, sa.ForeignKey("item.id")),
        _column("revision", sa.Integer),
        _column("person_id", sa.Integer, sa.ForeignKey("person.id")),
        _column("approved", sa.Boolean),
        _column("standing", sa.Boolean),
        _column("at", sa.DateTime),
    )
    op.create_index(
        "uq_verdict_item_revision_person", "verdict", ["item_id", "revision", "person_id"], unique=True
    )
    op.create_table(
        "proposal",
        _column("id", sa.Integer, primary_key=True),
        _column("project_id", sa.Integer, sa.ForeignKey("project.id")),
        sa.Column("item_id", sa.Integer, sa.ForeignKey("item.id")),
        sa.Column("revision", sa.Integer),
        _column("kind", sa.String(40)),
        _column("content", sa.Text),
        _column("model", sa.String(200)),
        _column("prompt", sa.Text),
        _column("prompt_sha256", sa.String(64)),
        _column("state", sa.String(12)),
        sa.Column("decided_by", sa.Integer, sa.ForeignKey("person.id")),
        sa.Column("decided", sa.DateTime),
        sa.Column("taken", sa.Text),
        sa.Column("job_id", sa.Integer, sa.ForeignKey("job.id")),
        _column("at", sa.DateTime),
    )
    op.create_index("ix_proposal_item_id", "proposal", ["item_id"])
    op.create_index("ix_proposal_project_state", "proposal", ["project_id", "state", "id"])
    _forbid_changes()


def _forbid_changes() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute(
            "CREATE FUNCTION mmar_only_added() RETURNS trigger AS $$ BEGIN "
            "RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME; END $$ LANGUAGE plpgsql"
        )
    for table in ("revision", "event", "blind_answer", "audit_log", "taxonomy_version"):
        for verb in ("UPDATE", "DELETE"):
            head = f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            if postgresql:
                op.execute(head + "FOR EACH ROW EXECUTE FUNCTION mmar_only_added()")
            else:
                op.execute(head + f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are only ever added'); END")
