"""The account of the person who is logged in: password and API tokens."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from mmar.errors import InputError
from mmar.studio.data.tables import Person
from mmar.studio.security.login_limits import clear_login_attempts
from mmar.studio.security.passwords import SHORTEST
from mmar.studio.security.sessions import Visitor, end_sessions_of, make_api_token
from mmar.studio.store.people import log_action, revoke_token, tokens_of
from mmar.studio.web.context import ForgedRequestError, LoggedIn, SentForm, redirect_with, studio_of
from mmar.studio.web.error_handlers import error_message
from mmar.studio.web.flash import Flash
from mmar.studio.web.forms import text
from mmar.studio.web.pages.login import client_address, login_wait, start_session, with_session
from mmar.studio.web.render import render_page

__all__ = ["router"]

router = APIRouter(prefix="/me")
_TOKEN_NAME_MAX = 100


@router.get("")
def account(request: Request, visitor: LoggedIn) -> Response:
    """The account."""
    with studio_of(request).database.read() as session:
        tokens = tokens_of(session, visitor.person.id)
    return render_page(
        request,
        "account.html",
        person=visitor.person,
        csrf=visitor.csrf,
        tokens=tokens,
        password_min=SHORTEST,
    )


def _redirect(request: Request, visitor: Visitor, flash: Flash) -> Response:
    return redirect_with(studio_of(request), visitor.person.id, "/me", flash)


@router.post("/password")
def change_password(request: Request, visitor: LoggedIn, form: SentForm) -> Response:
    """Set another password. All other sessions of the person end; API tokens stay.

    The current password is asked for, and its attempts are limited as those of the login: a browser left open is not
    enough to take an account over.
    """
    if not visitor.csrf:
        raise ForgedRequestError  # a program's token must not change its owner's password
    studio = studio_of(request)
    login, now = visitor.person.login, studio.clock()
    if problem := login_wait(request, login, visitor.person.id):
        return _redirect(request, visitor, Flash("too-many-attempts", problem, "bad"))
    try:
        if not studio.passwords.fits(visitor.person.password, text(form, "old")):
            raise InputError("the current password is wrong", field="old", code="wrong-password")
        if text(form, "password") != text(form, "again"):
            raise InputError("the two passwords differ", field="password", code="passwords-differ")
        hashed = studio.passwords.hash(text(form, "password"), login=login)
    except InputError as error:
        return _redirect(request, visitor, Flash(error.code, error_message(error), "bad"))
    with studio.database.write() as session:
        person = session.get_one(Person, visitor.person.id)
        person.password = hashed
        clear_login_attempts(session, login, client_address(request))
        end_sessions_of(session, person.id)
        log_action(session, now, person.id, "password set", login, address=client_address(request))
    done = Flash("password-changed", "Password changed. Your other sessions were logged out.")
    return with_session(studio, start_session(studio, visitor.person), _redirect(request, visitor, done))


@router.post("/tokens")
def add_token(request: Request, visitor: LoggedIn, form: SentForm) -> Response:
    """Create an API token; the next page shows it once."""
    studio = studio_of(request)
    name = text(form, "name", limit=_TOKEN_NAME_MAX).strip() or "program"
    with studio.database.write() as session:
        token = make_api_token(session, visitor.person.id, name, studio.clock())
        log_action(session, studio.clock(), visitor.person.id, "token made", name)
    note = f'The token "{name}" was created. Copy it now; it is not shown again.'
    return _redirect(request, visitor, Flash("token-created", note, secret=token))


@router.post("/tokens/{token_id}/revoke")
def delete_token(request: Request, visitor: LoggedIn, token_id: int) -> Response:
    """Revoke an API token."""
    studio = studio_of(request)
    with studio.database.write() as session:
        revoked = revoke_token(session, visitor.person.id, token_id, studio.clock())
    if not revoked:
        return _redirect(request, visitor, Flash("not-found", "There is no such token.", "bad"))
    return _redirect(request, visitor, Flash("token-revoked", "The token was revoked."))
