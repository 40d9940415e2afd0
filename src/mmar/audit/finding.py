"""What an audit finds, and what it measures on the way.

A finding is about one field of one item (or of the whole benchmark) and names what stands there now. Where
one correction is certain it is proposed beside it; nothing is ever changed.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

__all__ = ["SEVERITIES", "Finding", "Measure", "Severity"]

Severity = Literal["error", "warning", "note"]
"""`error`: an item cannot be used, or a number made from it is wrong. `warning`: a fault that a reader should
know of. `note`: a property to keep in mind, no fault."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


class Finding(msgspec.Struct, frozen=True):
    """One fault.

    Attributes:
        item: the item's id; of a published table, the row; `None` where it is about the whole.
        field: the publisher's name of the field, or the column.
        message: what was found, one phrase that can be read by itself.
        kind: which of several kinds, where a check tells some apart.
        others: ids of further items that take part in it.
        current: what stands there now, as JSON would hold it.
        proposed: what should stand there; unset where no single correction is certain.
    """

    item: str | None
    field: str | None
    message: str
    kind: str = ""
    others: tuple[str, ...] = ()
    current: Any = None
    proposed: Any | UnsetType = UNSET


class Measure(msgspec.Struct, frozen=True):
    """A number about the whole benchmark, given whether or not it is a fault.

    Attributes:
        text: what was measured, one line.
        values: the numbers, by name.
    """

    text: str
    values: dict[str, Any]
