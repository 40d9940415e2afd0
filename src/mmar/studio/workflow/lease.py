"""A lease: one person has an item in hand until a moment; then it is anyone's again."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

__all__ = ["LEASE_TIME", "Lease"]

LEASE_TIME = timedelta(minutes=30)
"""How long a person may keep an item without doing anything; each sign of life renews it."""


class Lease(msgspec.Struct, frozen=True):
    """Who has an item in hand, and until when.

    Attributes:
        person: their number.
        until: the moment at which it ends, UTC; at that very moment it is over.
    """

    person: int
    until: datetime

    def live(self, now: datetime) -> bool:
        """Whether it still holds."""
        return now < self.until

    def held_by(self, person: int, now: datetime) -> bool:
        """Whether it holds, and for this person."""
        return self.person == person and self.live(now)

    @classmethod
    def of(cls, person: int, now: datetime) -> Lease:
        """A new lease from now on."""
        return cls(person, now + LEASE_TIME)
