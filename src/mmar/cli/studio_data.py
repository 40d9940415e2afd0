"""Opening a studio from the command line, and in whose name something is done there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mmar.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from mmar.studio.config import StudioConfig
    from mmar.studio.data.tables import Project
    from mmar.studio.web.context import Studio
    from mmar.studio.workflow import Actor

__all__ = ["acting", "opened_studio"]


def opened_studio(config: StudioConfig) -> Studio:
    """The studio of a data folder; it is closed when the command ends."""
    from mmar.studio.start import open_studio

    opened = open_studio(config)
    click.get_current_context().call_on_close(opened.database.close)
    return opened


def acting(session: Session, slug: str, login: str | None) -> tuple[Project, Actor]:
    """A project, and in whose name something is done in it.

    Args:
        session: an open transaction.
        slug: the project's short name.
        login: whose name; the project's first admin when not given.

    Raises:
        UsageError: there is no such project, or nobody.
    """
    from sqlalchemy import select

    from mmar.studio.data.tables import Membership, Person
    from mmar.studio.store.people import actor_in
    from mmar.studio.store.projects import find_project

    project = find_project(session, slug)
    if project is None:
        raise UsageError(f"there is no project “{slug}”")
    query = select(Person)
    if login is None:
        query = query.join(Membership, Membership.person_id == Person.id).where(
            Membership.project_id == project.id, Membership.role == "admin"
        )
    else:
        query = query.where(Person.login == login)
    person = session.scalar(query.order_by(Person.id).limit(1))
    if person is None:
        raise UsageError(
            f"there is nobody with the login “{login}”"
            if login
            else "there is nobody in whose name this could be done; say --by LOGIN"
        )
    return project, actor_in(session, project.id, person)
