"""Password hashing with argon2id, a bounded number of concurrent hashes, and rules for new passwords."""

from __future__ import annotations

import threading
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mmar.errors import InputError

__all__ = ["SHORTEST", "Passwords"]

SHORTEST = 12
"""Characters that a password needs; NIST SP 800-63B asks for length, not for kinds of characters."""

_LONGEST = 200


class Passwords:
    """Hashes and verifies passwords.

    Each hash takes 64 MiB for a moment, so only `at_once` run concurrently: many logins must not take the server's
    memory.
    """

    def __init__(self, at_once: int = 2) -> None:
        self._hasher = PasswordHasher()
        self._slots = threading.BoundedSemaphore(at_once)

    @cached_property
    def _nobody(self) -> str:
        """Verified when there is no such person, so that the time does not reveal which logins exist."""
        return self._hasher.hash("nobody has this password")

    def prepare(self) -> None:
        """Compute the hash of `_nobody` before the first login needs it."""
        _ = self._nobody

    def hash(self, password: str, *, login: str) -> str:
        """The hash to keep.

        Raises:
            InputError: too short, too long, or the login itself.
        """
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

    def fits(self, kept: str | None, password: str) -> bool:
        """Whether a password belongs to a hash; as slow when there is no hash."""
        if len(password) > _LONGEST:
            return False
        with self._slots:
            try:
                self._hasher.verify(kept or self._nobody, password)
            except (VerificationError, InvalidHashError):
                return False
        return kept is not None
