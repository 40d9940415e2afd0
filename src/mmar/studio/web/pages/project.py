"""The list of projects, the overview of one, its members and settings, and its audit log."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from mmar.errors import InputError
from mmar.studio.data.tables import AuditLogEntry, Person, Project
from mmar.studio.security.sessions import end_sessions_of, make_link
from mmar.studio.store import item_lists, people, projects
from mmar.studio.store.jobs import job_counts
from mmar.studio.store.people import log_action
from mmar.studio.store.projects import change_settings
from mmar.studio.store.proposals import count_waiting_proposals
from mmar.studio.web.context import Context, Flash, LoggedIn, ProjectContext, SentForm, Studio, studio_of
from mmar.studio.web.error_handlers import error_message
from mmar.studio.web.forms import name_text, number, text, texts
from mmar.studio.web.render import render_page
from mmar.studio.workflow import NotAllowed, NotFound, Role

router = APIRouter()

_LINES = 60
"""Entries of the audit log on a page."""


@router.get("/")
def projects_page(request: Request, visitor: LoggedIn) -> Response:
    """The person's projects; who has only one is redirected to it."""
    with studio_of(request).database.read() as session:
        mine = projects.projects_of(session, visitor.person)
        counts = {project.id: projects.state_counts(session, project.id) for project in mine}
    if len(mine) == 1 and not visitor.person.site_admin:
        return RedirectResponse(f"/p/{mine[0].slug}", 303)
    return render_page(
        request, "projects.html", person=visitor.person, csrf=visitor.csrf, projects=mine, counts=counts
    )


@router.post("/projects")
def create_project(request: Request, visitor: LoggedIn, form: SentForm) -> Response:
    """Create a project; for admins of the site."""
    slug, title, about = text(form, "slug"), name_text(form, "title"), text(form, "about")
    project = new_project(studio_of(request), visitor.person, slug.strip(), title, about)
    return RedirectResponse(f"/p/{project.slug}", 303)


def new_project(studio: Studio, person: Person, slug: str, title: str, about: str) -> Project:
    """Create a project, for admins of the site, and log it."""
    if not person.site_admin:
        raise NotAllowed("role", "only an admin of the site can create a project")
    now = studio.clock()
    with studio.database.write() as session:
        project = projects.add_project(session, slug, title, person, now, about.strip())
        log_action(session, now, person.id, "project made", project.slug, project_id=project.id)
        return project


@router.get("/p/{slug}")
def overview_page(request: Request, ctx: Context) -> Response:
    """The person's tasks, and how many items are in each state."""
    project_id = ctx.project.id
    with ctx.read() as session:
        values: dict[str, Any] = {
            "mine": item_lists.my_items(session, project_id, ctx.person.id),
            "waiting": item_lists.waiting(session, ctx.project, ctx.actor, ctx.clock()),
            "counts": projects.state_counts(session, project_id),
            "jobs": job_counts(session, project_id),
            "proposals": count_waiting_proposals(session, project_id, ctx.actor).visible,
            "human": ctx.studio.performance(session, project_id),
        }
    return render_page(request, "home.html", ctx, **values)


@router.get("/p/{slug}/people")
def people_page(request: Request, ctx: Context, before: int | None = None, existing: str = "") -> Response:
    """All members, and for admins the audit log, with ids below `before`.

    `existing` is the login of an existing account that is added once the form confirms it.
    """
    log = select(AuditLogEntry).where(AuditLogEntry.project_id == ctx.project.id)
    if before is not None:
        log = log.where(AuditLogEntry.id < before)
    with ctx.read() as session:
        entries = session.scalars(log.order_by(AuditLogEntry.id.desc()).limit(_LINES + 1)).all()
        return render_page(
            request,
            "people.html",
            ctx,
            members=people.members(session, ctx.project.id),
            names=people.names_of(session),
            log=entries if ctx.actor.has(Role.ADMIN) else [],
            before=before,
            lines=_LINES,
            existing=existing[:80],
            existing_roles=request.query_params.getlist("role"),
        )


def _roles(ctx: ProjectContext) -> frozenset[Role]:
    return frozenset(Role(role) for role in texts(ctx.form, "role") if role in set(Role))


@router.post("/p/{slug}/people")
def add_member(request: Request, ctx: Context) -> Response:
    """Add a person. A new account gets a link that works once; an existing account must be confirmed."""
    login = text(ctx.form, "login").strip().casefold()
    roles = _roles(ctx)
    try:
        token = invite_person(ctx, login, name_text(ctx.form, "name"), roles, existing="existing" in ctx.form)
    except InputError as error:
        query = [("role", role.value) for role in sorted(roles)]
        if error.code == "login-exists":
            query.append(("existing", login))
        return ctx.redirect(f"/people?{urlencode(query)}", Flash(error.code, error_message(error), "bad"))
    if not token:
        return ctx.redirect("/people", Flash("member-added", f"{login} was added to the project."))
    link = str(request.url_for("welcome_page", token=token))
    note = f"{login} was added. Send this link to set a password; it works once, for three days, and is shown only now:"
    return ctx.redirect("/people", Flash("person-invited", note, secret=link))


@router.post("/p/{slug}/people/{person_id}")
def set_roles(ctx: Context, person_id: int) -> Response:
    """Change a member's roles; without any role they leave the project."""
    person, roles = change_roles(ctx, person_id, _roles(ctx))
    if roles:
        note = Flash("roles-saved", f"{person.name}: {', '.join(roles)}.")
    else:
        note = Flash("member-removed", f"{person.name} was removed from the project.")
    return ctx.redirect("/people", note)


@router.post("/p/{slug}/people/{person_id}/link")
def create_password_link(request: Request, ctx: Context, person_id: int) -> Response:
    """Create a link with which a member sets a new password."""
    login, token = new_password_link(ctx, person_id)
    link = str(request.url_for("welcome_page", token=token))
    note = (
        f"Send this link to {login} to set a password; it works once, for three days, and is shown only now:"
    )
    return ctx.redirect("/people", Flash("link-created", note, secret=link))


@router.post("/p/{slug}/people/{person_id}/active")
def set_active(ctx: Context, person_id: int) -> Response:
    """Deactivate a member's account, or reactivate it."""
    active = text(ctx.form, "active") == "yes"
    person = set_person_active(ctx, person_id, active=active)
    verb = "reactivated" if active else "deactivated"
    return ctx.redirect("/people", Flash(verb, f"{person.name} was {verb}."))


@router.post("/p/{slug}/settings")
def save_project_settings(ctx: Context) -> Response:
    """Save the settings that a lead can change here."""
    form = ctx.form
    with ctx.write() as (session, project):
        change_settings(
            project,
            ctx.actor,
            inspections=number(form, "inspections") or 1,
            needs_audio="needs_audio" in form,
            languages=tuple(text(form, "languages").replace(",", " ").split()),
        )
        ctx.log(session, "settings", project.slug)
    return ctx.redirect("/people", Flash("settings-saved", "Settings saved."))


def invite_person(
    ctx: ProjectContext, login: str, name: str, roles: frozenset[Role], *, existing: bool = False
) -> str:
    """Add a person to the project; returns the token of a new account's link, or nothing for an existing account."""
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
    """Create a link for somebody who lost their password or invitation, and end their sessions; returns login and token."""
    now = ctx.clock()
    with ctx.write() as (session, _):
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
    return people.account_for(session, ctx.project, person_id, ctx.person)


def set_person_active(ctx: ProjectContext, person_id: int, *, active: bool) -> Person:
    """Deactivate a member's account on the whole site, or reactivate it."""
    now = ctx.clock()
    with ctx.write() as (session, _):
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
