"""Logging in and out, links that set a password, and a person's account: password and API tokens."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from sqlalchemy import select
from starlette.responses import JSONResponse, RedirectResponse, Response

from mmar.errors import InputError
from mmar.studio.data.tables import Person
from mmar.studio.security.passwords import SHORTEST, clear_login_attempts, limit_was_logged, login_delay
from mmar.studio.security.sessions import (
    LONGEST,
    NewLogin,
    Visitor,
    begin_session,
    end_session,
    end_sessions_of,
    find_link,
    make_api_token,
    redeem_link,
)
from mmar.studio.store.people import log_action, revoke_token, tokens_of
from mmar.studio.web.context import (
    COOKIE,
    Flash,
    ForgedRequestError,
    LoggedIn,
    SentForm,
    Studio,
    redirect_with,
    studio_of,
)
from mmar.studio.web.error_handlers import error_message, error_response, wants_json
from mmar.studio.web.forms import name_text, text
from mmar.studio.web.render import count, render_page

router = APIRouter()


def client_address(request: Request) -> str:
    """The network address that a request comes from."""
    return request.client.host if request.client else ""


def login_wait(request: Request, login: str, person_id: int | None) -> str:
    """Record an attempt at a password; returns why it must wait, or nothing."""
    studio, address = studio_of(request), client_address(request)
    now = studio.clock()
    with studio.database.write() as session:
        wait = login_delay(session, login, address, now)
        if wait and not limit_was_logged(session, address, now):
            log_action(session, now, person_id, "login limited", login, address=address)
    minutes = -(-wait // timedelta(minutes=1))
    return f"Too many attempts. Try again in {count(minutes, 'minute')}." if wait else ""


def _require_own_page(request: Request) -> None:
    # Before anybody is logged in there is no token yet, but the browser tells where a form comes from.
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForgedRequestError
    origin = request.headers.get("origin")
    if origin is not None and origin.split("//")[-1] != request.headers.get("host"):
        raise ForgedRequestError


def start_session(studio: Studio, person: Person) -> NewLogin:
    """Begin a session of a person."""
    with studio.database.write() as session:
        return begin_session(session, person.id, studio.clock())


def with_session(studio: Studio, login: NewLogin, response: Response) -> Response:
    """A response that gives the browser the cookie of a session."""
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


def _local_path(target: str) -> str:
    # Anything but a path of this site would lead a person who has just logged in elsewhere.
    is_path = target.startswith("/") and not target.startswith(("//", "/\\")) and "\n" not in target
    return target if is_path and ":" not in target.split("?", maxsplit=1)[0] else "/"


@router.get("/login")
def login_page(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name of the parameter
    """The login form."""
    return render_page(request, "login.html", target=_local_path(next), problem="", code="")


@router.post("/login")
def login(request: Request, form: SentForm) -> Response:
    """Log in. Scripts that ask for JSON get the new session's token instead of a redirect."""
    _require_own_page(request)
    studio = studio_of(request)
    name, password = text(form, "login").strip().casefold()[:80], text(form, "password")
    if problem := login_wait(request, name, None):
        return _not_logged_in(request, form, 429, "too-many-attempts", problem)
    with studio.database.read() as session:
        person = session.scalar(select(Person).where(Person.login == name))
    valid = studio.passwords.verify(person.password if person else None, password)
    if person is None or not valid or not person.active:
        with studio.database.write() as session:
            log_action(session, studio.clock(), None, "login failed", name, address=client_address(request))
        return _not_logged_in(request, form, 401, "wrong-password", "Wrong login or password.")
    with studio.database.write() as session:
        clear_login_attempts(session, name, client_address(request))
        log_action(session, studio.clock(), person.id, "login", name, address=client_address(request))
    started = start_session(studio, person)
    if wants_json(request):
        response: Response = JSONResponse({"csrf": started.csrf, "login": person.login})
    else:
        response = RedirectResponse(_local_path(text(form, "next", "/")), 303)
    return with_session(studio, started, response)


def _not_logged_in(request: Request, form: SentForm, status: int, code: str, problem: str) -> Response:
    if wants_json(request):
        return error_response(request, status, code, problem)
    response = render_page(
        request,
        "login.html",
        status=status,
        target=_local_path(text(form, "next", "/")),
        problem=problem,
        code=code,
        login=text(form, "login").strip().casefold()[:80],
    )
    response.headers["x-error-code"] = code
    return response


@router.get("/session")
def current_session(visitor: LoggedIn) -> Response:
    """Who is logged in, and the token for forms: for scripts of a page that was loaded in an earlier session."""
    return JSONResponse({"login": visitor.person.login, "csrf": visitor.csrf})


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
    """The form that a link leads to: set a password. Opening it does not use the link up."""
    studio = studio_of(request)
    with studio.database.read() as session:
        person = find_link(session, token, studio.clock())
    if person is None:
        message = "This link has expired or was used. Ask an admin for a new one."
        return error_response(request, 410, "link-expired", message)
    return _welcome_form(request, person)


def _welcome_form(request: Request, person: Person, error: InputError | None = None) -> Response:
    return render_page(
        request,
        "welcome.html",
        status=422 if error else 200,
        newcomer=person,
        password_min=SHORTEST,
        problem=error_message(error) if error else "",
        code=error.code if error else "",
    )


@router.post("/welcome/{token}")
def welcome(request: Request, token: str, form: SentForm) -> Response:
    """Set a password and log in; all other sessions and the API tokens of this person end."""
    _require_own_page(request)
    studio = studio_of(request)
    now = studio.clock()
    with studio.database.read() as session:
        person = find_link(session, token, now)
    if person is None:
        return welcome_page(request, token)
    try:
        hashed = _hash_new_password(studio, form, person.login)
        name = name_text(form, "name")
    except InputError as error:
        return _welcome_form(request, person, error)
    with studio.database.write() as session:
        owner = redeem_link(session, token, now)
        if owner is not None:
            owner.password = hashed
            owner.name = name or owner.name
            log_action(session, now, owner.id, "password set", owner.login, address=client_address(request))
    if owner is None:
        return welcome_page(request, token)
    return with_session(studio, start_session(studio, owner), RedirectResponse("/", 303))


def _hash_new_password(studio: Studio, form: SentForm, login: str) -> str:
    """The hash of the password that a form sets; an `InputError` if its two fields differ, or it is not good enough."""
    password = text(form, "password")
    if password != text(form, "again"):
        raise InputError("the two passwords differ", field="password", code="passwords-differ")
    return studio.passwords.hash(password, login=login)


_TOKEN_NAME_MAX = 100


@router.get("/me")
def account_page(request: Request, visitor: LoggedIn) -> Response:
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


@router.post("/me/password")
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
        if not studio.passwords.verify(visitor.person.password, text(form, "old")):
            raise InputError("the current password is wrong", field="old", code="wrong-password")
        hashed = _hash_new_password(studio, form, login)
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


@router.post("/me/tokens")
def create_token(request: Request, visitor: LoggedIn, form: SentForm) -> Response:
    """Create an API token; the next page shows it once."""
    studio = studio_of(request)
    name = text(form, "name", limit=_TOKEN_NAME_MAX).strip() or "program"
    with studio.database.write() as session:
        token = make_api_token(session, visitor.person.id, name, studio.clock())
        log_action(session, studio.clock(), visitor.person.id, "token made", name)
    note = f'The token "{name}" was created. Copy it now; it is not shown again.'
    return _redirect(request, visitor, Flash("token-created", note, secret=token))


@router.post("/me/tokens/{token_id}/revoke")
def delete_token(request: Request, visitor: LoggedIn, token_id: int) -> Response:
    """Revoke an API token."""
    studio = studio_of(request)
    with studio.database.write() as session:
        revoked = revoke_token(session, visitor.person.id, token_id, studio.clock())
    if not revoked:
        return _redirect(request, visitor, Flash("not-found", "There is no such token.", "bad"))
    return _redirect(request, visitor, Flash("token-revoked", "The token was revoked."))
