"""Getting in: the first admin's link, invitations, logging in and out."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from mmar.errors import InputError
from mmar.studio.data.tables import Person
from mmar.studio.security.login_limits import clear_login_attempts, limit_was_logged, login_delay
from mmar.studio.security.passwords import SHORTEST
from mmar.studio.security.sessions import (
    LONGEST,
    Visitor,
    begin_session,
    end_session,
    find_link,
    redeem_link,
)
from mmar.studio.store.people import log_action
from mmar.studio.web.context import COOKIE, ForgedRequest, Studio, current_visitor, read_form, studio_of
from mmar.studio.web.forms import text
from mmar.studio.web.render import render_page

__all__ = ["client_address", "login_wait", "router", "start_session"]

router = APIRouter()
Form = Annotated[FormData, Depends(read_form)]
LoggedIn = Annotated[Visitor, Depends(current_visitor)]


def client_address(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


def login_wait(request: Request, login: str, person_id: int | None) -> str:
    """Note a try to say a login's password; words why it may not be made now, or nothing."""
    studio, address = studio_of(request), client_address(request)
    now = studio.clock()
    with studio.database.write() as session:
        wait = login_delay(session, login, address, now)
        if wait and not limit_was_logged(session, address, now):
            log_action(session, now, person_id, "login limited", login, address=address)
    return f"Too many tries. Wait {-(-wait // timedelta(minutes=1))} min and try again." if wait else ""


def _own_page(request: Request) -> None:
    # Before anybody is logged in there is no token yet; the browser still says where a form comes from.
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForgedRequest
    origin = request.headers.get("origin")
    if origin is not None and origin.split("//")[-1] != request.headers.get("host"):
        raise ForgedRequest


def start_session(studio: Studio, person: Person, target: str) -> Response:
    """Begin a session, and lead to a page of ours."""
    with studio.database.write() as session:
        login = begin_session(session, person.id, studio.clock())
    response = RedirectResponse(target, 303)
    response.set_cookie(
        COOKIE,
        login.cookie,
        max_age=int(LONGEST.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=studio.config.https,
        path="/",
    )
    return response


def _local(target: str) -> str:
    # Anything but a path of ours would lead a person who has just logged in to another site.
    good = target.startswith("/") and not target.startswith(("//", "/\\")) and "\n" not in target
    return target if good and ":" not in target.split("?", maxsplit=1)[0] else "/"


@router.get("/login")
def login_page(request: Request, next: str = "/") -> Response:  # noqa: A002 - the address says it so
    """The form."""
    return render_page(request, "login.html", target=_local(next), problem="")


@router.post("/login")
def login(request: Request, form: Form) -> Response:
    """Log in, unless there were too many tries."""
    _own_page(request)
    studio = studio_of(request)
    name, password = text(form, "login").strip().casefold()[:80], text(form, "password")
    target = _local(text(form, "next", "/"))
    now = studio.clock()
    if problem := login_wait(request, name, None):
        return render_page(request, "login.html", status=429, target=target, problem=problem)
    with studio.database.read() as session:
        person = session.scalar(select(Person).where(Person.login == name))
    fits = studio.passwords.fits(person.password if person else None, password)
    if person is None or not fits or not person.active:
        with studio.database.write() as session:
            log_action(session, now, None, "login failed", name, address=client_address(request))
        problem = "Login and password do not belong together."
        return render_page(request, "login.html", status=401, target=target, problem=problem, login=name)
    with studio.database.write() as session:
        clear_login_attempts(session, name, client_address(request))
        log_action(session, now, person.id, "login", name, address=client_address(request))
    return start_session(studio, person, target)


@router.post("/logout")
def logout(request: Request, visitor: LoggedIn) -> Response:
    """End this session."""
    studio = studio_of(request)
    with studio.database.write() as session:
        end_session(session, request.cookies.get(COOKIE, ""))
        log_action(session, studio.clock(), visitor.person.id, "logout", visitor.person.login)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE, path="/")
    return response


@router.get("/welcome/{token}")
def welcome_page(request: Request, token: str) -> Response:
    """Where a link that works once leads: choose a password. Looking does not use it up."""
    studio = studio_of(request)
    with studio.database.read() as session:
        person = find_link(session, token, studio.clock())
    if person is None:
        return render_page(
            request,
            "error.html",
            status=410,
            code=410,
            title="This link is over",
            message="It was used already or is too old. Ask an admin for a new one.",
        )
    return render_page(
        request, "welcome.html", newcomer=person, token=token, shortest=SHORTEST, problem="", person=None
    )


@router.post("/welcome/{token}")
def welcome(request: Request, token: str, form: Form) -> Response:
    """Choose a password and log in. Every other session and the API tokens of this person end."""
    _own_page(request)
    studio = studio_of(request)
    now = studio.clock()
    with studio.database.read() as session:
        person = find_link(session, token, now)
    if person is None:
        return welcome_page(request, token)
    password = text(form, "password")
    try:
        if password != text(form, "again"):
            raise InputError("the two passwords differ", field="password")
        kept = studio.passwords.hash(password, login=person.login)
    except InputError as error:
        return render_page(
            request,
            "welcome.html",
            status=422,
            newcomer=person,
            token=token,
            shortest=SHORTEST,
            problem=f"{error.problem[0].upper()}{error.problem[1:]}.",
        )
    with studio.database.write() as session:
        owner = redeem_link(session, token, now)
        if owner is not None:
            owner.password = kept
            name = text(form, "name").strip()
            owner.name = name[:200] or owner.name
            log_action(session, now, owner.id, "password set", owner.login, address=client_address(request))
    if owner is None:
        return welcome_page(request, token)
    return start_session(studio, owner, "/")
