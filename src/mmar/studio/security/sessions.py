"""Login sessions, single-use links, and API tokens. Only hashes of the secrets are stored."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from mmar.studio.data.tables import ApiToken, Link, LoginSession, Person

IDLE = timedelta(hours=12)
"""A session ends after this time without a request."""

LONGEST = timedelta(days=7)
"""A session ends after this in any case."""

LINK_LIFE = timedelta(days=3)
_TOUCH = timedelta(minutes=5)

Purpose = Literal["setup", "invite", "password"]


class NewLogin(msgspec.Struct, frozen=True):
    """A new login session: the browser's cookie, which is stored nowhere else, and the token for forms."""

    cookie: str
    csrf: str


class Visitor(msgspec.Struct, frozen=True):
    """The sender of a request.

    `csrf` is the token of forms, empty for programs; `stale`: the session's last use should be recorded.
    """

    person: Person
    csrf: str
    stale: bool = False


def begin_session(session: Session, person_id: int, now: datetime) -> NewLogin:
    """Begin a login session; expired sessions are deleted."""
    session.execute(delete(LoginSession).where(LoginSession.expires <= now))
    token, csrf = new_token(), new_token()
    session.add(
        LoginSession(
            token_hash=hash_token(token),
            person_id=person_id,
            csrf=csrf,
            created=now,
            seen=now,
            expires=now + IDLE,
        )
    )
    return NewLogin(token, csrf)


def find_visitor(session: Session, cookie: str, now: datetime) -> Visitor | None:
    """The person of a cookie, while the session lasts and the account is active."""
    query = select(LoginSession, Person).join(Person, Person.id == LoginSession.person_id)
    row = session.execute(query.where(LoginSession.token_hash == hash_token(cookie), Person.active)).first()
    if row is None:
        return None
    result, person = row
    if result.expires <= now or result.created + LONGEST <= now:
        return None
    return Visitor(person, result.csrf, now - result.seen > _TOUCH)


def touch_session(session: Session, cookie: str, now: datetime) -> None:
    """Update the time of a session's last use."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.token_hash == hash_token(cookie))
        .values(seen=now, expires=now + IDLE)
    )


def end_session(session: Session, cookie: str) -> None:
    """Log out."""
    session.execute(delete(LoginSession).where(LoginSession.token_hash == hash_token(cookie)))


def end_sessions_of(session: Session, person_id: int) -> None:
    """End all sessions of a person."""
    session.execute(delete(LoginSession).where(LoginSession.person_id == person_id))


def make_link(session: Session, person_id: int, purpose: Purpose, now: datetime) -> str:
    """Create a single-use link, and end others; returns its token, which is stored nowhere else."""
    delete_links(session, person_id)
    token = new_token()
    session.add(
        Link(token_hash=hash_token(token), person_id=person_id, purpose=purpose, expires=now + LINK_LIFE)
    )
    return token


def delete_links(session: Session, person_id: int) -> None:
    """Make all unused links of a person invalid: what they may do changed since the links were made."""
    session.execute(delete(Link).where(Link.person_id == person_id, Link.used.is_(None)))


def find_link(session: Session, token: str, now: datetime) -> Person | None:
    """The person of a link, while the link is valid and the account active."""
    link = session.get(Link, hash_token(token))
    if link is None or link.used is not None or link.expires <= now:
        return None
    person = session.get(Person, link.person_id)
    return person if person is not None and person.active else None


def redeem_link(session: Session, token: str, now: datetime) -> Person | None:
    """Use a link to choose a new password: the person's sessions, API tokens and other links end.

    `None` if the link does not work. Of two concurrent attempts one succeeds.
    """
    person = find_link(session, token, now)
    if person is None:
        return None
    result = session.execute(
        update(Link).where(Link.token_hash == hash_token(token), Link.used.is_(None)).values(used=now)
    )
    if not (isinstance(result, CursorResult) and result.rowcount == 1):
        return None
    delete_links(session, person.id)
    end_sessions_of(session, person.id)
    # Whoever knew the old password may have made tokens with it.
    session.execute(
        update(ApiToken)
        .where(ApiToken.person_id == person.id, ApiToken.revoked.is_(None))
        .values(revoked=now)
    )
    return person


def make_api_token(session: Session, person_id: int, name: str, now: datetime) -> str:
    """Create an API token, which is stored nowhere else."""
    token = f"mmar_{new_token()}"
    session.add(ApiToken(token_hash=hash_token(token), person_id=person_id, name=name, created=now))
    return token


def person_of_token(session: Session, token: str) -> Person | None:
    """The person of an API token."""
    result = session.scalar(
        select(ApiToken).where(ApiToken.token_hash == hash_token(token), ApiToken.revoked.is_(None))
    )
    person = session.get(Person, result.person_id) if result is not None else None
    return person if person is not None and person.active else None


def new_token() -> str:
    """256 random bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """SHA-256 of a token. It needs no salt, since 256 random bits cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()
