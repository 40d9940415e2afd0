"""Bringing somebody into a project, back in after a lost password, out and in again."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.errors import UsageError
from mmar.studio.data.tables import Membership, Person
from mmar.studio.security.sessions import end_sessions_of, make_link
from mmar.studio.store import people
from mmar.studio.web.studio import Place, attached
from mmar.studio.workflow import NotThere, Refused, Role

__all__ = ["invite_person", "only_admin", "password_link", "switch_person"]


def only_admin(here: Place) -> None:
    """Let nobody but the project's admins go on.

    Raises:
        Refused: not an admin of the project.
    """
    if not here.actor.has(Role.ADMIN):
        raise Refused("role", "only an admin of the project may do that")


def invite_person(here: Place, login: str, name: str, roles: frozenset[Role]) -> str:
    """Add somebody, known to the site or not.

    Returns:
        The token of a new person's link; empty for somebody who is known already.

    Raises:
        Refused: not an admin of the project.
        UsageError: no role.
        InputError: the login cannot be one.
    """
    only_admin(here)
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


def password_link(here: Place, person_id: int) -> tuple[str, str]:
    """A new link for somebody who lost their password or their invitation; their sessions end.

    Returns:
        Their login, and the token of the link.

    Raises:
        Refused: not an admin, or not one who may decide about this person's account.
        UsageError: nobody of this number belongs to the project.
    """
    now = here.studio.clock()
    with here.studio.database.write() as session:
        person = account_of(session, here, person_id)
        if not person.active:
            raise Refused("state", f"{person.name} is deactivated; reactivate them first")
        token = make_link(session, person.id, "password", now)
        end_sessions_of(session, person.id)
        people.trace(session, now, here.person.id, "link made", person.login, project_id=here.project.id)
        return person.login, token


def account_of(session: Session, here: Place, person_id: int) -> Person:
    """A member about whose account, which counts in every project, this admin may decide.

    Raises:
        Refused: not an admin; or the person runs the site or belongs to other projects, and the admin does
            not run the site.
        UsageError: nobody of this number belongs to the project.
    """
    only_admin(here)
    person = session.get(Person, person_id)
    member = {row.id for row, _ in people.members(session, here.project.id)}
    if person is None or person.id not in member:
        raise NotThere("there is no such person in this project")
    if person.site_admin and not here.person.site_admin:
        raise Refused("role", f"{person.name} runs the site; only an admin of the site may do that")
    elsewhere = select(Membership.project_id).where(
        Membership.person_id == person.id, Membership.project_id != here.project.id
    )
    if not here.person.site_admin and session.scalar(elsewhere.limit(1)) is not None:
        # Else the admin of one project could become somebody in another.
        raise Refused("role", f"{person.name} belongs to other projects too; ask an admin of the site")
    return person


def switch_person(here: Place, person_id: int, *, active: bool) -> Person:
    """Shut a member out of the site, or let them in again.

    Raises:
        Refused: not an admin, or not one who may decide about this person's account.
        UsageError: nobody of this number belongs to the project, or they are its last admin.
    """
    now = here.studio.clock()
    with here.studio.database.write() as session:
        person = account_of(session, here, person_id)
        was = person.active
        freed = people.set_active(session, person, here.person, now, active=active)
        if person.active != was:
            done = "reactivated" if active else "deactivated"
            said = f"{freed} items given back" if freed else ""
            people.trace(
                session, now, here.person.id, done, person.login, detail=said, project_id=here.project.id
            )
    return person
