"""Bringing somebody into a project, back in after a lost password, out and in again."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.errors import UsageError
from mmar.studio.data.tables import Membership, Person
from mmar.studio.security.sessions import end_sessions_of, make_link
from mmar.studio.store import people
from mmar.studio.web.context import ProjectContext, attached
from mmar.studio.workflow import NotAllowed, NotFound, Role

__all__ = ["invite_person", "new_password_link", "require_admin", "set_person_active"]


def require_admin(ctx: ProjectContext) -> None:
    """Let nobody but the project's admins go on.

    Raises:
        NotAllowed: not an admin of the project.
    """
    if not ctx.actor.has(Role.ADMIN):
        raise NotAllowed("role", "only an admin of the project may do that")


def invite_person(ctx: ProjectContext, login: str, name: str, roles: frozenset[Role]) -> str:
    """Add somebody, known to the site or not.

    Returns:
        The token of a new person's link; empty for somebody who is known already.

    Raises:
        NotAllowed: not an admin of the project.
        UsageError: no role.
        InputError: the login cannot be one.
    """
    require_admin(ctx)
    if not roles:
        raise UsageError("choose at least one role")
    now, token = ctx.studio.clock(), ""
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        person = session.scalar(select(Person).where(Person.login == login.strip().casefold()))
        if person is None:
            person = people.add_person(session, login, name, now)
            token = make_link(session, person.id, "invite", now)
        people.set_roles(session, project, person, roles, ctx.actor)
        said = ", ".join(sorted(roles))
        people.log_action(
            session, now, ctx.person.id, "roles", person.login, detail=said, project_id=project.id
        )
    return token


def new_password_link(ctx: ProjectContext, person_id: int) -> tuple[str, str]:
    """A new link for somebody who lost their password or their invitation; their sessions end.

    Returns:
        Their login, and the token of the link.

    Raises:
        NotAllowed: not an admin, or not one who may decide about this person's account.
        UsageError: nobody of this number belongs to the project.
    """
    now = ctx.studio.clock()
    with ctx.studio.database.write() as session:
        person = account_of(session, ctx, person_id)
        if not person.active:
            raise NotAllowed("state", f"{person.name} is deactivated; reactivate them first")
        token = make_link(session, person.id, "password", now)
        end_sessions_of(session, person.id)
        people.log_action(session, now, ctx.person.id, "link made", person.login, project_id=ctx.project.id)
        return person.login, token


def account_of(session: Session, ctx: ProjectContext, person_id: int) -> Person:
    """A member about whose account, which counts in every project, this admin may decide.

    Raises:
        NotAllowed: not an admin; or the person runs the site or belongs to other projects, and the admin does
            not run the site.
        UsageError: nobody of this number belongs to the project.
    """
    require_admin(ctx)
    person = session.get(Person, person_id)
    member = {row.id for row, _ in people.members(session, ctx.project.id)}
    if person is None or person.id not in member:
        raise NotFound("there is no such person in this project")
    if person.site_admin and not ctx.person.site_admin:
        raise NotAllowed("role", f"{person.name} runs the site; only an admin of the site may do that")
    elsewhere = select(Membership.project_id).where(
        Membership.person_id == person.id, Membership.project_id != ctx.project.id
    )
    if not ctx.person.site_admin and session.scalar(elsewhere.limit(1)) is not None:
        # Else the admin of one project could become somebody in another.
        raise NotAllowed("role", f"{person.name} belongs to other projects too; ask an admin of the site")
    return person


def set_person_active(ctx: ProjectContext, person_id: int, *, active: bool) -> Person:
    """Shut a member out of the site, or let them in again.

    Raises:
        NotAllowed: not an admin, or not one who may decide about this person's account.
        UsageError: nobody of this number belongs to the project, or they are its last admin.
    """
    now = ctx.studio.clock()
    with ctx.studio.database.write() as session:
        person = account_of(session, ctx, person_id)
        was = person.active
        freed = people.set_person_active(session, person, ctx.person, now, active=active)
        if person.active != was:
            done = "reactivated" if active else "deactivated"
            said = f"{freed} items given back" if freed else ""
            people.log_action(
                session, now, ctx.person.id, done, person.login, detail=said, project_id=ctx.project.id
            )
    return person
