"""How often somebody may try to log in: so many times in a while, by name and by address.

Tries are counted in the database: a restart forgets none, and several servers count together.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from mmar.studio.data.tables import AuditLogEntry, LoginAttempt

__all__ = ["BY_ADDRESS", "BY_LOGIN", "WHILE", "clear_login_attempts", "limit_was_logged", "login_delay"]

WHILE = timedelta(minutes=15)
"""Tries count for so long."""

_LINE_EVERY = timedelta(minutes=1)

BY_LOGIN = 10
"""Tries with one login."""

BY_ADDRESS = 100
"""Tries from one network address, whatever the login."""


def login_delay(session: Session, login: str, address: str, now: datetime) -> timedelta:
    """Note a try to log in, before the password is looked at.

    Args:
        session: a writing transaction.
        login: as it was typed, in small letters; whether there is such a person does not matter.
        address: where the try comes from.
        now: the moment.

    Returns:
        Nothing if it is allowed; else, and then it is not noted, how long it takes until one will be.
    """
    session.execute(delete(LoginAttempt).where(LoginAttempt.at <= now - WHILE))
    keys = {_login_key(login): BY_LOGIN, f"address {address}"[:100]: BY_ADDRESS}
    waits = [_wait(session, key, most, now) for key, most in keys.items()]
    if longest := max(waits):
        return longest
    session.add_all(LoginAttempt(key=key, at=now) for key in keys)
    return timedelta()


def clear_login_attempts(session: Session, login: str) -> None:
    """Forget the tries of one who succeeded; those of their address stay."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.key == _login_key(login)))


def limit_was_logged(session: Session, address: str, now: datetime) -> bool:
    """Whether the audit log says already that this address has to wait: a line a minute, or a stranger fills the disk."""
    lines = select(AuditLogEntry.id).where(
        AuditLogEntry.at > now - _LINE_EVERY,
        AuditLogEntry.action == "login limited",
        AuditLogEntry.address == address[:60],
    )
    return session.scalar(lines.limit(1)) is not None


def _login_key(login: str) -> str:
    return f"login {login}"[:100]


def _wait(session: Session, key: str, most: int, now: datetime) -> timedelta:
    if session.get_bind().dialect.name == "postgresql":
        # Else many who try at the same moment would each count before the others have noted theirs.
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(key))))
    nth = (
        select(LoginAttempt.at)
        .where(LoginAttempt.key == key)
        .order_by(LoginAttempt.at.desc())
        .offset(most - 1)
        .limit(1)
    )
    oldest = session.scalar(nth)
    return max(oldest + WHILE - now, timedelta()) if oldest is not None else timedelta()
