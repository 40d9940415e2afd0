"""Who belongs to a project, as what; invitations; the project's settings; the audit log."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from starlette.responses import RedirectResponse, Response

from mmar.studio.data.tables import Person, Trace
from mmar.studio.store import people
from mmar.studio.store.projects import changed_settings, save_settings
from mmar.studio.web.forms import number, text, texts
from mmar.studio.web.inviting import invite_person, only_admin, password_link, switch_person
from mmar.studio.web.render import page
from mmar.studio.web.studio import Place, attached, place
from mmar.studio.workflow import NotThere, Role

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}")
Here = Annotated[Place, Depends(place)]


_LINES = 60
"""Lines of the audit log on a page."""


def _show(
    request: Request, here: Place, link: str = "", newcomer: str = "", before: int | None = None
) -> Response:
    log = select(Trace).where(Trace.project_id == here.project.id)
    if before is not None:
        log = log.where(Trace.id < before)
    with here.studio.database.read() as session:
        values: dict[str, Any] = {
            "members": people.members(session, here.project.id),
            "names": people.names_of(session),
            "traces": session.scalars(log.order_by(Trace.id.desc()).limit(_LINES + 1)).all()
            if here.actor.has(Role.ADMIN)
            else [],
        }
    return page(
        request, "people.html", here, link=link, newcomer=newcomer, before=before, lines=_LINES, **values
    )


@router.get("/people")
def members(request: Request, here: Here, before: int | None = None) -> Response:
    """Everyone, what they are, and for an admin the audit log, older than a line of it where asked."""
    return _show(request, here, before=before)


@router.post("/people")
def invite(request: Request, here: Here) -> Response:
    """Add somebody; a new person gets a link that works once."""
    login = text(here.form, "login").strip().casefold()
    roles = frozenset(Role(role) for role in texts(here.form, "role") if role in set(Role))
    token = invite_person(here, login, text(here.form, "name"), roles)
    link = str(request.url_for("welcome_page", token=token)) if token else ""
    return (
        _show(request, here, link, login) if link else RedirectResponse(f"/p/{here.project.slug}/people", 303)
    )


@router.post("/people/{person_id}")
def change_roles(here: Here, person_id: int) -> Response:
    """Say what somebody is; nothing ticked means that they leave."""
    only_admin(here)
    roles = frozenset(Role(role) for role in texts(here.form, "role") if role in set(Role))
    with here.studio.database.write() as session:
        project, person = attached(session, here.project), session.get(Person, person_id)
        if person is None:
            raise NotThere("there is no such person")
        people.set_roles(session, project, person, roles, here.actor)
        people.trace(
            session,
            here.studio.clock(),
            here.person.id,
            "roles",
            person.login,
            detail=", ".join(sorted(roles)) or "left",
            project_id=project.id,
        )
    return RedirectResponse(f"/p/{here.project.slug}/people", 303)


@router.post("/people/{person_id}/link")
def new_link(request: Request, here: Here, person_id: int) -> Response:
    """A new link for somebody who lost their password or their invitation."""
    login, token = password_link(here, person_id)
    return _show(request, here, str(request.url_for("welcome_page", token=token)), login)


@router.post("/people/{person_id}/active")
def switch(here: Here, person_id: int) -> Response:
    """Shut somebody out, or let them in again."""
    switch_person(here, person_id, active=text(here.form, "active") == "yes")
    return RedirectResponse(f"/p/{here.project.slug}/people", 303)


@router.post("/settings")
def settings(here: Here) -> Response:
    """What a lead may set."""
    form = here.form
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        save_settings(
            project,
            here.actor,
            changed_settings(
                project,
                inspections=number(form, "inspections") or 1,
                needs_audio="needs_audio" in form,
                languages=tuple(code for code in text(form, "languages").replace(",", " ").split() if code),
            ),
        )
        people.trace(
            session, here.studio.clock(), here.person.id, "settings", project.slug, project_id=project.id
        )
    return RedirectResponse(f"/p/{here.project.slug}/people", 303)
