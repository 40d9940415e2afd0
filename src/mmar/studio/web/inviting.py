"""Bringing somebody into a project."""

from __future__ import annotations

from sqlalchemy import select

from mmar.errors import UsageError
from mmar.studio.data.tables import Person
from mmar.studio.security.sessions import make_link
from mmar.studio.store import people
from mmar.studio.web.studio import Place, attached
from mmar.studio.workflow import Refused, Role

__all__ = ["invite_person"]


def invite_person(here: Place, login: str, name: str, roles: frozenset[Role]) -> str:
    """Add somebody, known to the site or not.

    Returns:
        The token of a new person's link; empty for somebody who is known already.

    Raises:
        Refused: not an admin of the project.
        UsageError: no role.
        InputError: the login cannot be one.
    """
    if not here.actor.has(Role.ADMIN):
        raise Refused("role", "only an admin of the project may do that")
    if not roles:
        raise UsageError("choose at least one role")
    now, token = here.studio.clock(), ""
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        person = session.scalar(select(Person).where(Person.login == login.strip().casefold()))
        if person is None:
            person = people.add_person(session, login, name, now)
            token = make_link(session, person.id, "invite", now)
        people.set_roles(session, project, person, roles, here.actor)
        said = ", ".join(sorted(roles))
        people.trace(session, now, here.person.id, "roles", person.login, detail=said, project_id=project.id)
    return token
