"""Messages that are shown once, after the redirect that answers a form (Post/Redirect/Get).

They are kept in the server's memory for a few minutes and belong to one person, so a new token or link never reaches
the database or a cookie, and reloading a page neither repeats the action nor shows the secret again.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

__all__ = ["Flash", "FlashStore", "with_message"]

Level = Literal["good", "warn", "bad"]

_LIFE = timedelta(minutes=10)
_MAX_KEPT = 2_000


@dataclass(frozen=True)
class Flash:
    """A message after a redirect.

    `code` is for programs and tests. `secret` is a token or link that is shown only here, `link` a page to
    continue at.
    """

    code: str
    text: str
    level: Level = "good"
    details: tuple[str, ...] = ()
    secret: str = ""
    link: str = ""
    link_text: str = ""


@dataclass
class FlashStore:
    """The messages that were not shown yet, by key."""

    _kept: dict[str, tuple[int, datetime, Flash]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, person_id: int, flash: Flash, now: datetime) -> str:
        """Keep a message for a person.

        Returns:
            The key for the address that the person is redirected to.
        """
        key = secrets.token_urlsafe(12)
        with self._lock:
            for old, (_, added, _) in list(self._kept.items()):
                if added + _LIFE < now or len(self._kept) >= _MAX_KEPT:
                    del self._kept[old]
            self._kept[key] = person_id, now, flash
        return key

    def take(self, key: str, person_id: int, now: datetime) -> Flash | None:
        """The message of a key, once, for the person it belongs to."""
        with self._lock:
            owner, added, flash = self._kept.get(key, (None, now, None))
            if owner != person_id or added + _LIFE < now:
                return None
            del self._kept[key]
            return flash


def with_message(path: str, key: str) -> str:
    """A path with the key of its message, before its fragment."""
    address, mark, fragment = path.partition("#")
    return f"{address}{'&' if '?' in address else '?'}message={key}{mark}{fragment}"
