"""Members of a project and their roles, invitations, the project's settings, and the audit log."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy import select
from starlette.responses import Response

from mmar.errors import InputError
from mmar.studio.data.tables import AuditLogEntry
from mmar.studio.store import people
from mmar.studio.store.projects import change_settings
from mmar.studio.web.context import Context, ProjectContext
from mmar.studio.web.error_handlers import error_message
from mmar.studio.web.flash import Flash
from mmar.studio.web.forms import name_text, number, text, texts
from mmar.studio.web.invitations import change_roles, invite_person, new_password_link, set_person_active
from mmar.studio.web.render import render_page
from mmar.studio.workflow import Role

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}")

_LINES = 60
"""Entries of the audit log on a page."""


@router.get("/people")
def show(request: Request, ctx: Context, before: int | None = None, existing: str = "") -> Response:
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


@router.post("/people")
def invite(request: Request, ctx: Context) -> Response:
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


@router.post("/people/{person_id}")
def set_roles(ctx: Context, person_id: int) -> Response:
    """Change a member's roles; without any role they leave the project."""
    person, roles = change_roles(ctx, person_id, _roles(ctx))
    if roles:
        note = Flash("roles-saved", f"{person.name}: {', '.join(roles)}.")
    else:
        note = Flash("member-removed", f"{person.name} was removed from the project.")
    return ctx.redirect("/people", note)


@router.post("/people/{person_id}/link")
def reset_link(request: Request, ctx: Context, person_id: int) -> Response:
    """Create a link with which a member sets a new password."""
    login, token = new_password_link(ctx, person_id)
    link = str(request.url_for("welcome_page", token=token))
    note = (
        f"Send this link to {login} to set a password; it works once, for three days, and is shown only now:"
    )
    return ctx.redirect("/people", Flash("link-created", note, secret=link))


@router.post("/people/{person_id}/active")
def set_active(ctx: Context, person_id: int) -> Response:
    """Deactivate a member's account, or reactivate it."""
    active = text(ctx.form, "active") == "yes"
    person = set_person_active(ctx, person_id, active=active)
    verb = "reactivated" if active else "deactivated"
    return ctx.redirect("/people", Flash(verb, f"{person.name} was {verb}."))


@router.post("/settings")
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
