"""Members of a project: inviting people, their roles, links for a new password, deactivating accounts."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mmar.studio.data.tables import Person
from mmar.studio.security.sessions import end_sessions_of, make_link
from mmar.studio.store import people
from mmar.studio.web.context import ProjectContext, attached
from mmar.studio.workflow import NotAllowed, NotFound, Role

__all__ = ["change_roles", "invite_person", "new_password_link", "set_person_active"]


def invite_person(
    ctx: ProjectContext, login: str, name: str, roles: frozenset[Role], *, existing: bool = False
) -> str:
    """Add a person to the project (`store.people.add_member`).

    Returns:
        The token of a new account's link; empty for an existing account.
    """
    now = ctx.clock()
    with ctx.write() as (session, project):
        person, new = people.add_member(
            session, project, login, name, roles, ctx.actor, now, existing=existing
        )
        ctx.log(session, "roles", person.login, ", ".join(sorted(roles)))
        return make_link(session, person.id, "invite", now) if new else ""


def change_roles(ctx: ProjectContext, person_id: int, roles: frozenset[Role]) -> tuple[Person, list[str]]:
    """Set a person's roles in the project; without any role they leave it."""
    ctx.actor.require(Role.ADMIN)
    names = sorted(role.value for role in roles)
    with ctx.write() as (session, project):
        person = session.get(Person, person_id)
        if person is None:
            raise NotFound("there is no such person")
        people.set_roles(session, project, person, roles, ctx.actor)
        ctx.log(session, "roles", person.login, ", ".join(names) or "left")
    return person, names


def new_password_link(ctx: ProjectContext, person_id: int) -> tuple[str, str]:
    """Create a link for somebody who lost their password or invitation; their sessions end.

    Returns:
        Their login, and the token of the link.
    """
    now = ctx.clock()
    with ctx.studio.database.write() as session:
        person = _account_of(session, ctx, person_id)
        if not person.active:
            raise NotAllowed("state", f"{person.name} is deactivated; reactivate the account first")
        token = make_link(session, person.id, "password", now)
        end_sessions_of(session, person.id)
        ctx.log(session, "link made", person.login)
        return person.login, token


def _account_of(session: Session, ctx: ProjectContext, person_id: int) -> Person:
    """A member whose account this admin may manage."""
    ctx.actor.require(Role.ADMIN)
    return people.account_for(session, attached(session, ctx.project), person_id, ctx.person)


def set_person_active(ctx: ProjectContext, person_id: int, *, active: bool) -> Person:
    """Deactivate a member's account on the whole site, or reactivate it."""
    now = ctx.clock()
    with ctx.studio.database.write() as session:
        person = _account_of(session, ctx, person_id)
        before = person.active
        freed = people.set_person_active(session, person, ctx.person, now, active=active)
        if person.active != before:
            ctx.log(
                session,
                "reactivated" if active else "deactivated",
                person.login,
                f"{freed} items released" if freed else "",
            )
    return person
