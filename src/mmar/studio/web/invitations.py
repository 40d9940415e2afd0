"""Bringing somebody into a project, back in after a lost password, out and in again."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mmar.studio.data.tables import Person
from mmar.studio.security.sessions import end_sessions_of, make_link
from mmar.studio.store import people
from mmar.studio.web.context import ProjectContext, attached
from mmar.studio.workflow import NotAllowed, Role

__all__ = ["invite_person", "new_password_link", "require_admin", "set_person_active"]


def require_admin(ctx: ProjectContext) -> None:
    """Let nobody but the project's admins go on.

    Raises:
        NotAllowed: not an admin of the project.
    """
    if not ctx.actor.has(Role.ADMIN):
        raise NotAllowed("role", "only an admin of the project may do that")


def invite_person(
    ctx: ProjectContext, login: str, name: str, roles: frozenset[Role], *, existing: bool = False
) -> str:
    """Add somebody to the project.

    Args:
        ctx: who asks, and where.
        login: of a new account, or of one that exists.
        name: of a new account.
        roles: at least one.
        existing: confirms that an account that exists is meant.

    Returns:
        The token of a new person's link; empty for somebody who has an account.

    Raises:
        MmarError: as `store.people.add_member`.
    """
    now = ctx.studio.clock()
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        person, new = people.add_member(
            session, project, login, name, roles, ctx.actor, now, existing=existing
        )
        people.log_action(
            session,
            now,
            ctx.person.id,
            "roles",
            person.login,
            detail=", ".join(sorted(roles)),
            project_id=project.id,
        )
        return make_link(session, person.id, "invite", now) if new else ""


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
    """A member whose account this admin may manage; see `store.people.account_for`."""
    require_admin(ctx)
    return people.account_for(session, attached(session, ctx.project), person_id, ctx.person)


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
