"""Password hashing with argon2id, rules for new passwords, and rate limits for logins.

Ten wrong passwords from one address block that login from that address only, so a stranger cannot lock anybody
out. Guesses at one login from many addresses are limited too, but not for addresses from which that person has
logged in before. Attempts are counted in the database: a restart forgets none, and several servers share them.
"""

from __future__ import annotations

import ipaddress
import threading
from datetime import datetime, timedelta
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from mmar.errors import InputError
from mmar.studio.data.tables import AuditLogEntry, LoginAttempt

SHORTEST = 12
"""Characters that a password needs; NIST SP 800-63B requires length, not kinds of characters."""

_LONGEST = 200


class Passwords:
    """Hashes and verifies passwords.

    Each hash takes 64 MiB for a moment, so only two run concurrently: many logins must not take the server's memory.
    """

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._slots = threading.BoundedSemaphore(2)

    @cached_property
    def _nobody(self) -> str:
        """Verified when there is no such person, so that the time does not reveal which logins exist."""
        return self._hasher.hash("nobody has this password")

    def prepare(self) -> None:
        """Compute the hash of `_nobody` before the first login needs it."""
        _ = self._nobody

    def hash(self, password: str, *, login: str) -> str:
        """The hash to store; an `InputError` if the password is too short, too long, or the login itself."""
        if not SHORTEST <= len(password) <= _LONGEST:
            raise InputError(
                f"the password must have {SHORTEST} to {_LONGEST} characters",
                field="password",
                hint="several words in a row are easy to remember",
                code="password-length",
            )
        if login.casefold() in password.casefold() or len(set(password)) < 5:
            raise InputError(
                "this password is too easy to guess",
                field="password",
                hint="choose another",
                code="weak-password",
            )
        with self._slots:
            return self._hasher.hash(password)

    def verify(self, hashed: str | None, password: str) -> bool:
        """Whether a password belongs to a hash; as slow when there is no hash."""
        if len(password) > _LONGEST:
            return False
        with self._slots:
            try:
                self._hasher.verify(hashed or self._nobody, password)
            except (VerificationError, InvalidHashError):
                return False
        return hashed is not None


WINDOW = timedelta(minutes=15)
"""How long an attempt counts."""

BY_LOGIN_AND_ADDRESS = 10
"""Attempts with one login from one address."""

BY_ADDRESS = 100
"""Attempts from one address, with any login."""

BY_LOGIN = 100
"""Attempts with one login from all addresses that are new to it."""

_KNOWN_FOR = timedelta(days=30)
_LOG_EVERY = timedelta(minutes=1)


def login_delay(session: Session, login: str, address: str, now: datetime) -> timedelta:
    """Count an attempt to log in, before the password is checked; `login` is in lower case and may not exist.

    Returns:
        Zero if the attempt is allowed. Otherwise the time until one will be; the attempt is not counted then.
    """
    session.execute(delete(LoginAttempt).where(LoginAttempt.created <= now - WINDOW))
    limits = {_pair_key(login, address): BY_LOGIN_AND_ADDRESS, f"address {_network(address)}": BY_ADDRESS}
    if not _logged_in_before(session, login, address, now):
        limits[_login_key(login)] = BY_LOGIN
    delays = [_delay(session, key, limit, now) for key, limit in limits.items()]
    if longest := max(delays):
        return longest
    session.add_all(LoginAttempt(key=key, created=now) for key in limits)
    return timedelta()


def clear_login_attempts(session: Session, login: str, address: str) -> None:
    """Forget the attempts with a login from an address after a success. Those of the address alone stay."""
    keys = [_pair_key(login, address), _login_key(login)]
    session.execute(delete(LoginAttempt).where(LoginAttempt.key.in_(keys)))


def limit_was_logged(session: Session, address: str, now: datetime) -> bool:
    """Whether the audit log has an entry about this address in the last minute."""
    lines = select(AuditLogEntry.id).where(
        AuditLogEntry.created > now - _LOG_EVERY,
        AuditLogEntry.action == "login limited",
        AuditLogEntry.address == address[:60],
    )
    return session.scalar(lines.limit(1)) is not None


def _network(address: str) -> str:
    """The address, or for IPv6 its /64 network, which one customer has to themselves."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:60]
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network(f"{parsed}/64", strict=False).network_address)
    return str(parsed)


def _pair_key(login: str, address: str) -> str:
    return f"login {login[:80]} from {_network(address)}"


def _login_key(login: str) -> str:
    return f"login {login[:80]}"


def _logged_in_before(session: Session, login: str, address: str, now: datetime) -> bool:
    seen = select(AuditLogEntry.id).where(
        AuditLogEntry.created > now - _KNOWN_FOR,
        AuditLogEntry.action == "login",
        AuditLogEntry.subject == login,
        AuditLogEntry.address == address[:60],
    )
    return session.scalar(seen.limit(1)) is not None


def _delay(session: Session, key: str, limit: int, now: datetime) -> timedelta:
    if session.get_bind().dialect.name == "postgresql":
        # Otherwise concurrent attempts would each count before the others are stored.
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(key))))
    nth = (
        select(LoginAttempt.created)
        .where(LoginAttempt.key == key)
        .order_by(LoginAttempt.created.desc())
        .offset(limit - 1)
        .limit(1)
    )
    oldest = session.scalar(nth)
    return max(oldest + WINDOW - now, timedelta()) if oldest is not None else timedelta()
