"""For all studio commands: options, opening the studio, the acting user, states of items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from mmar.cli import shared
from mmar.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from mmar.studio.config import StudioConfig
    from mmar.studio.data.tables import Project
    from mmar.studio.web.context import Studio
    from mmar.studio.workflow import Actor

by_option = click.option(
    "--by", metavar="LOGIN", help="User who does it. [default: the project's first admin]"
)


service_options = shared.together(
    click.option("--text-model", default="", metavar="text/NAME", help="Text model for proposals."),
    shared.base_url(help="Server of the text model."),
    shared.repeatable(
        "--media-host", "media_hosts", metavar="HOST", help="Host from which recordings may be fetched."
    ),
)
"""The options of commands that run background jobs, named as in `StudioConfig`."""


def print_left(left: Mapping[str, int]) -> None:
    """Print how many items or proposals were skipped, by reason, to standard error."""
    for reason, number in left.items():
        click.echo(f"  {number} skipped: {reason}", err=True)


def opened_studio(config: StudioConfig) -> Studio:
    """Open the studio of a data folder; it is closed at the end of the command."""
    from mmar.studio.web.app import open_studio

    opened = open_studio(config)
    click.get_current_context().call_on_close(opened.database.close)
    return opened


def acting(session: Session, slug: str, login: str | None) -> tuple[Project, Actor]:
    """A project and the user who acts in it.

    Args:
        session: an open transaction.
        slug: the project's short name.
        login: of the user; by default the project's first admin.

    Raises:
        UsageError: there is no such project or user.
    """
    from sqlalchemy import select

    from mmar.studio.data.tables import Membership, Person
    from mmar.studio.store.people import actor_in
    from mmar.studio.store.projects import find_project

    project = find_project(session, slug)
    if project is None:
        raise UsageError(f'there is no project "{slug}"', code="unknown-project")
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
            f'there is no user "{login}"' if login else "the project has no admin",
            code="unknown-user",
            hint=None if login else "name a user with --by LOGIN",
        )
    return project, actor_in(session, project.id, person)


def parse_state(state: str) -> str:
    """Check the name of a state of items; empty for all states.

    Raises:
        UsageError: there is no such state.
    """
    from mmar.studio.workflow import State

    if state and state not in set(State):
        raise UsageError(
            f'there is no state "{state}"', code="unknown-state", hint=f"states: {', '.join(State)}"
        )
    return state
