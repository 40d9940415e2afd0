"""People: who there is, what they are in a project, and what is written down of their doings."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from mmar.errors import InputError, UsageError
from mmar.studio.data.tables import ApiToken, Membership, Person, Project, Trace
from mmar.studio.workflow import Actor, Role

__all__ = ["actor_in", "add_person", "members", "names_of", "revoke_token", "set_roles", "tokens_of", "trace"]

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,79}\Z")


def trace(
    session: Session,
    now: datetime,
    person_id: int | None,
    action: str,
    subject: str,
    *,
    detail: str = "",
    address: str = "",
    project_id: int | None = None,
) -> None:
    """Write a line of the audit log. Never a password, never a token."""
    session.add(
        Trace(
            at=now,
            person_id=person_id,
            project_id=project_id,
            action=action,
            subject=subject[:200],
            detail=detail[:2000],
            address=address[:60],
        )
    )


def add_person(session: Session, login: str, name: str, now: datetime, *, site_admin: bool = False) -> Person:
    """Add somebody, without a password; a link lets them choose one.

    Raises:
        InputError: the login is taken or cannot be one.
    """
    login = login.strip().casefold()
    if _LOGIN.match(login) is None:
        raise InputError(
            f"“{login}” cannot be a login", field="login", hint="use letters, digits and . _ - @ +, up to 80"
        )
    if session.scalar(select(Person.id).where(Person.login == login)) is not None:
        raise InputError(f"“{login}” is taken", field="login", hint="take another")
    person = Person(
        login=login,
        name=name.strip() or login,
        password=None,
        site_admin=site_admin,
        active=True,
        created=now,
    )
    session.add(person)
    session.flush()
    return person


def actor_in(session: Session, project_id: int, person: Person) -> Actor:
    """What a person is in a project. Whoever runs the site is an admin of every project."""
    roles = {
        Role(role)
        for role in session.scalars(
            select(Membership.role).where(
                Membership.project_id == project_id, Membership.person_id == person.id
            )
        )
    }
    return Actor(person.id, frozenset(roles | ({Role.ADMIN} if person.site_admin else set())))


def set_roles(session: Session, project: Project, person: Person, roles: frozenset[Role], by: Actor) -> None:
    """Say what somebody is in a project; no roles means that they leave it.

    Raises:
        UsageError: the last admin of a project would lose it.
    """
    if not by.has(Role.ADMIN):
        raise UsageError("only an admin of the project may change roles")
    old = select(Membership).where(Membership.project_id == project.id, Membership.role == Role.ADMIN.value)
    admins = {row.person_id for row in session.scalars(old)}
    if admins == {person.id} and Role.ADMIN not in roles:
        raise UsageError(f"{person.name} is the project's only admin; make another one first")
    session.execute(
        delete(Membership).where(Membership.project_id == project.id, Membership.person_id == person.id)
    )
    session.add_all(
        Membership(project_id=project.id, person_id=person.id, role=role.value) for role in sorted(roles)
    )


def members(session: Session, project_id: int) -> list[tuple[Person, frozenset[Role]]]:
    """Everyone in a project with their roles, by name."""
    found: dict[int, tuple[Person, set[Role]]] = {}
    rows = session.execute(
        select(Person, Membership.role)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.project_id == project_id)
        .order_by(Person.name)
    )
    for person, role in rows:
        found.setdefault(person.id, (person, set()))[1].add(Role(role))
    return [(person, frozenset(roles)) for person, roles in found.values()]


def names_of(session: Session) -> dict[int, str]:
    """Names by number, for showing."""
    return dict(session.execute(select(Person.id, Person.name)).all())


def tokens_of(session: Session, person_id: int) -> list[ApiToken]:
    """A person's tokens that work, oldest first."""
    query = select(ApiToken).where(ApiToken.person_id == person_id, ApiToken.revoked.is_(None))
    return list(session.scalars(query.order_by(ApiToken.id)))


def revoke_token(session: Session, person_id: int, token_id: int, now: datetime) -> bool:
    """Make a token of one's own stop working; whether there was such a one."""
    token = session.get(ApiToken, token_id)
    if token is None or token.person_id != person_id or token.revoked is not None:
        return False
    token.revoked = now
    trace(session, now, person_id, "token revoked", token.name)
    return True
