"""A project's taxonomy, version by version."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.studio.data.tables import TaxonomyVersion

__all__ = ["newest_taxonomy", "taxonomy_versions"]


def newest_taxonomy(session: Session, project_id: int) -> TaxonomyVersion:
    """The tree in force."""
    return session.scalars(
        select(TaxonomyVersion)
        .where(TaxonomyVersion.project_id == project_id)
        .order_by(TaxonomyVersion.number.desc())
        .limit(1)
    ).one()


def taxonomy_versions(session: Session, project_id: int) -> list[TaxonomyVersion]:
    """All trees, newest first."""
    return list(
        session.scalars(
            select(TaxonomyVersion)
            .where(TaxonomyVersion.project_id == project_id)
            .order_by(TaxonomyVersion.number.desc())
        )
    )
