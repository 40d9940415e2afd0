"""Random tokens, of which only the hash is kept: who reads the database cannot use it to log in."""

from __future__ import annotations

import hashlib
import secrets

__all__ = ["hash_token", "new_token"]


def new_token() -> str:
    """256 random bits, safe in an address."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What is kept of it. No salt and no slowness: 256 random bits cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()
