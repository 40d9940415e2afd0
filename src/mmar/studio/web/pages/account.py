"""One's own account: the password, and tokens for programs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from mmar.errors import InputError
from mmar.studio.data.tables import Person
from mmar.studio.security.login_limits import clear_login_attempts
from mmar.studio.security.passwords import SHORTEST
from mmar.studio.security.sessions import Visitor, end_sessions_of, make_api_token
from mmar.studio.store.people import log_action, revoke_token, tokens_of
from mmar.studio.web.context import ForgedRequest, current_visitor, read_form, studio_of
from mmar.studio.web.forms import text
from mmar.studio.web.pages.login import client_address, login_wait, start_session
from mmar.studio.web.render import render_page

__all__ = ["router"]

router = APIRouter(prefix="/me")
Form = Annotated[FormData, Depends(read_form)]
LoggedIn = Annotated[Visitor, Depends(current_visitor)]


def _page(request: Request, visitor: Visitor, status: int = 200, **more: Any) -> Response:
    with studio_of(request).database.read() as session:
        tokens = tokens_of(session, visitor.person.id)
    shown: dict[str, Any] = {
        "fresh": "",
        "problem": "",
        "changed": request.query_params.get("changed") == "1",
    } | more
    return render_page(
        request,
        "account.html",
        status=status,
        person=visitor.person,
        csrf=visitor.csrf,
        tokens=tokens,
        shortest=SHORTEST,
        **shown,
    )


@router.get("")
def account(request: Request, visitor: LoggedIn) -> Response:
    """The account."""
    return _page(request, visitor)


@router.post("/password")
def change_password(request: Request, visitor: LoggedIn, form: Form) -> Response:
    """Choose another password. Whoever else is logged in under this name is logged out, tokens stay.

    The old one is asked for, and guessed at no faster than at the login: a browser left open is not enough.
    """
    if not visitor.csrf:
        raise ForgedRequest  # a token is not its person
    studio = studio_of(request)
    login, now = visitor.person.login, studio.clock()
    if problem := login_wait(request, login, visitor.person.id):
        return _page(request, visitor, 429, problem=problem)
    try:
        if not studio.passwords.fits(visitor.person.password, text(form, "old")):
            raise InputError("this is not your present password", field="old")
        if text(form, "password") != text(form, "again"):
            raise InputError("the two passwords differ", field="password")
        kept = studio.passwords.hash(text(form, "password"), login=login)
    except InputError as error:
        hint = f"; {error.hint}" if error.hint else ""
        return _page(request, visitor, 422, problem=f"{error.problem[0].upper()}{error.problem[1:]}{hint}.")
    with studio.database.write() as session:
        person = session.get_one(Person, visitor.person.id)
        person.password = kept
        clear_login_attempts(session, login, client_address(request))
        end_sessions_of(session, person.id)
        log_action(session, now, person.id, "password set", login, address=client_address(request))
    return start_session(studio, visitor.person, "/me?changed=1")


@router.post("/tokens")
def add_token(request: Request, visitor: LoggedIn, form: Form) -> Response:
    """Make a token; it is shown this once."""
    studio = studio_of(request)
    name = text(form, "name").strip()[:100] or "program"
    with studio.database.write() as session:
        fresh = make_api_token(session, visitor.person.id, name, studio.clock())
        log_action(session, studio.clock(), visitor.person.id, "token made", name)
    return _page(request, visitor, fresh=fresh)


@router.post("/tokens/{token_id}/revoke")
def drop_token(request: Request, visitor: LoggedIn, token_id: int) -> Response:
    """A token stops working."""
    studio = studio_of(request)
    with studio.database.write() as session:
        revoke_token(session, visitor.person.id, token_id, studio.clock())
    return RedirectResponse("/me", 303)
