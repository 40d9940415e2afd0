"""What the workflow says when something may not be done."""

from __future__ import annotations

from typing import Literal

from mmar.errors import UsageError

__all__ = ["NotThere", "Refused", "RefusedKind"]

RefusedKind = Literal[
    "state", "role", "own", "writer", "lease", "listen", "incomplete", "audio", "unchanged", "reason", "stale"
]


class Refused(UsageError):  # noqa: N818 - says what happened, like the models' RequestFailed
    """An action that may not be done now or not by this person.

    Args:
        kind: which rule stood in the way.
        message: the rule and what to do, for the person.
    """

    def __init__(self, kind: RefusedKind, message: str) -> None:
        super().__init__(message)
        self.kind: RefusedKind = kind


class NotThere(UsageError):  # noqa: N818 - as above
    """What was named does not exist, or not for whoever names it; which of the two is not said."""
