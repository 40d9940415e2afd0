"""People, their roles in projects, and the audit log."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import and_, delete, select, update
from sqlalchemy.orm import Session

from mmar.errors import InputError, UsageError
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import ApiToken, AuditLogEntry, Membership, Person, Project
from mmar.studio.security.sessions import delete_links, end_sessions_of
from mmar.studio.workflow import Actor, NotAllowed, NotFound, Role
from mmar.studio.workflow.content import LONGEST_NAME, check_length

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,79}\Z")


def log_action(
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
    """Add an entry to the audit log. Never pass a password or token."""
    session.add(
        AuditLogEntry(
            created=now,
            person_id=person_id,
            project_id=project_id,
            action=action,
            subject=subject[:200],
            detail=detail[:2000],
            address=address[:60],
        )
    )


def add_person(
    session: Session,
    login: str,
    name: str,
    now: datetime,
    *,
    site_admin: bool = False,
    project: Project | None = None,
) -> Person:
    """Add an account without a password; a link lets its owner set one.

    The login is stored in lower case; it is also the name if that is empty. `project` is the one whose admin
    invites them.

    Raises:
        InputError: the login exists or is not valid, or the name is too long.
    """
    login, name = login.strip().casefold(), " ".join(name.split())
    if _LOGIN.match(login) is None:
        raise InputError(
            f'"{login[:80]}" is not a valid login',
            field="login",
            code="invalid-login",
            hint="use 1 to 80 letters, digits and . _ - @ +",
        )
    check_length(name, "name", LONGEST_NAME)
    if session.scalar(select(Person.id).where(Person.login == login)) is not None:
        raise InputError(
            f'the login "{login}" is taken', field="login", code="login-exists", hint="choose another"
        )
    person = Person(
        login=login,
        name=name or login,
        site_admin=site_admin,
        project_id=project.id if project is not None else None,
        created=now,
    )
    session.add(person)
    session.flush()
    return person


def add_member(
    session: Session,
    project: Project,
    login: str,
    name: str,
    roles: frozenset[Role],
    by: Actor,
    now: datetime,
    *,
    existing: bool = False,
) -> tuple[Person, bool]:
    """Add a person to a project, with a new account or an existing one, which `existing` confirms.

    Returns:
        The person, and whether the account is new.

    Raises:
        UsageError: no role (`role-missing`).
        InputError: the account exists and `existing` is false (`login-exists`), or is in the project already (`already-member`).
    """
    by.require(Role.ADMIN, "add people")
    if not roles:
        raise UsageError("choose at least one role", code="role-missing")
    login = login.strip().casefold()
    person = session.scalar(select(Person).where(Person.login == login))
    if person is None:
        person = add_person(session, login, name, now, project=project)
        set_roles(session, project, person, roles, by)
        return person, True
    if _roles_in(session, project.id, person.id):
        raise InputError(
            f'{person.name} ("{login}") is in this project already',
            field="login",
            code="already-member",
            hint="change their roles in the list of people",
        )
    if not existing:
        raise InputError(
            f'"{login}" is the account of {person.name}',
            field="login",
            code="login-exists",
            hint="confirm that you mean this person, or choose another login",
        )
    set_roles(session, project, person, roles, by)
    return person, False


def account_for(session: Session, project: Project, person_id: int, by: Person) -> Person:
    """A member whose account an admin of this project may manage.

    Accounts are valid on the whole site. Only the project that invited somebody manages their account, and only
    while they are in no other project; otherwise an admin of one project could log in as somebody in another.
    Admins of the site manage all accounts.

    Raises:
        NotAllowed: the account is managed elsewhere.
        NotFound: there is no such person in the project.
    """
    person = session.get(Person, person_id)
    projects = set(session.scalars(select(Membership.project_id).where(Membership.person_id == person_id)))
    if person is None or project.id not in projects:
        raise NotFound("there is no such person in this project")
    if by.site_admin:
        return person
    if person.site_admin:
        raise NotAllowed("role", f"{person.name} runs the site; ask an admin of the site")
    if projects != {project.id}:
        raise NotAllowed("role", f"{person.name} is in other projects too; ask an admin of the site")
    if person.project_id != project.id:
        raise NotAllowed("role", f"{person.name} was not invited by this project; ask an admin of the site")
    return person


def actor_in(session: Session, project_id: int, person: Person) -> Actor:
    """A person with their roles in a project. An admin of the site is an admin of every project."""
    return _actor(person, _roles_in(session, project_id, person.id))


def _actor(person: Person, roles: set[Role]) -> Actor:
    return Actor(person.id, frozenset(roles | ({Role.ADMIN} if person.site_admin else set())))


def _roles_in(session: Session, project_id: int, person_id: int) -> set[Role]:
    query = select(Membership.role)
    query = query.where(Membership.project_id == project_id, Membership.person_id == person_id)
    return set(map(Role, session.scalars(query)))


def project_and_actor(session: Session, slug: str, person: Person) -> tuple[Project, Actor] | None:
    """A project by its short name and a person's roles in it, in one query; `None` if there is no such project."""
    rows = session.execute(
        select(Project, Membership.role)
        .outerjoin(Membership, and_(Membership.project_id == Project.id, Membership.person_id == person.id))
        .where(Project.slug == slug)
    ).all()
    if not rows:
        return None
    return rows[0][0], _actor(person, {Role(role) for _, role in rows if role is not None})


def set_roles(session: Session, project: Project, person: Person, roles: frozenset[Role], by: Actor) -> None:
    """Set a person's roles in a project, which keeps at least one admin; without any they leave it."""
    by.require(Role.ADMIN, "change roles")
    if _admins_of(session, project.id) == {person.id} and Role.ADMIN not in roles:
        raise NotAllowed("state", f"{person.name} is the project's only admin; make another one first")
    if _roles_in(session, project.id, person.id) != roles:
        # An old link must not give access to the new roles.
        delete_links(session, person.id)
    session.execute(
        delete(Membership).where(Membership.project_id == project.id, Membership.person_id == person.id)
    )
    session.add_all(
        Membership(project_id=project.id, person_id=person.id, role=role.value) for role in sorted(roles)
    )
    if not Actor(person.id, roles).has(Role.INSPECTOR):
        # Otherwise nobody could inspect what only this person may.
        release_work_of(session, person.id, project.id)


def release_work_of(session: Session, person_id: int, project_id: int | None = None) -> int:
    """Release what a person has reserved (returns how many) or is assigned to inspect, in one project or in all."""
    held = select(Item.id).where(Item.lease_person_id == person_id)
    assigned = update(Item).where(Item.inspector_id == person_id)
    if project_id is not None:
        held = held.where(Item.project_id == project_id)
        assigned = assigned.where(Item.project_id == project_id)
    numbers = session.scalars(held).all()
    freed = {"lease_person_id": None, "lease_until": None}
    session.execute(update(Item).where(Item.id.in_(numbers)).values(freed))
    session.execute(assigned.values(inspector_id=None))
    return len(numbers)


def set_person_active(session: Session, person: Person, by: Person, now: datetime, *, active: bool) -> int:
    """Deactivate an account on the whole site, or reactivate it. Name and work stay.

    Deactivation ends all sessions, links and tokens, and releases assigned and reserved items; returns the number of
    the latter.

    Raises:
        NotAllowed: it is one's own account, or a project or the site would be without an admin.
    """
    if person.active == active:
        return 0
    freed = 0
    if not active:
        if person.id == by.id:
            raise NotAllowed("state", "you cannot deactivate your own account; another admin can")
        _keep_an_admin(session, person)
        freed = release_work_of(session, person.id)
        end_sessions_of(session, person.id)
        delete_links(session, person.id)
        for token in tokens_of(session, person.id):
            token.revoked = now
    person.active = active
    session.flush()
    return freed


def _keep_an_admin(session: Session, person: Person) -> None:
    others = select(Person.id).where(Person.site_admin, Person.active, Person.id != person.id)
    if person.site_admin and session.scalar(others.limit(1)) is None:
        raise NotAllowed("state", f"{person.name} is the site's only admin; make another one first")
    administered = select(Project).join(Membership, Membership.project_id == Project.id)
    administered = administered.where(Membership.person_id == person.id, Membership.role == Role.ADMIN.value)
    for project in session.scalars(administered).all():
        if _admins_of(session, project.id) <= {person.id}:
            raise NotAllowed(
                "state", f'{person.name} is the only admin of "{project.title}"; make another one first'
            )


def _admins_of(session: Session, project_id: int) -> set[int]:
    """The ids of a project's admins whose accounts are active."""
    query = select(Person.id).join(Membership, Membership.person_id == Person.id)
    query = query.where(
        Membership.project_id == project_id, Membership.role == Role.ADMIN.value, Person.active
    )
    return set(session.scalars(query))


def members(session: Session, project_id: int) -> list[tuple[Person, frozenset[Role]]]:
    """The members of a project with their roles, by name."""
    result: dict[int, tuple[Person, set[Role]]] = {}
    rows = session.execute(
        select(Person, Membership.role)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.project_id == project_id)
        .order_by(Person.name)
    )
    for person, role in rows:
        result.setdefault(person.id, (person, set()))[1].add(Role(role))
    return [(person, frozenset(roles)) for person, roles in result.values()]


def names_of(session: Session) -> dict[int, str]:
    """Names by person id."""
    return dict(session.execute(select(Person.id, Person.name)).all())


def tokens_of(session: Session, person_id: int) -> list[ApiToken]:
    """A person's active API tokens, oldest first."""
    query = select(ApiToken).where(ApiToken.person_id == person_id, ApiToken.revoked.is_(None))
    return list(session.scalars(query.order_by(ApiToken.id)))


def revoke_token(session: Session, person_id: int, token_id: int, now: datetime) -> bool:
    """Revoke one of a person's tokens; returns whether there was such a token."""
    token = session.get(ApiToken, token_id)
    if token is None or token.person_id != person_id or token.revoked is not None:
        return False
    token.revoked = now
    log_action(session, now, person_id, "token revoked", token.name)
    return True
