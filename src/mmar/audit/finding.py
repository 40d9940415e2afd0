"""Findings and measures of an audit.

A finding is about one field of one item, or about the whole benchmark, and has the current value. Where there is one
certain correction, it is proposed; nothing is changed.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

__all__ = ["SEVERITIES", "Finding", "Measure", "Severity"]

Severity = Literal["error", "warning", "note"]
"""`error`: an item cannot be used, or a number made from it is wrong. `warning`: a fault that a reader should
know of. `note`: a property to know of, not a fault."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


class Finding(msgspec.Struct, frozen=True):
    """One fault.

    Attributes:
        item: the item's id; for a published table, the row; `None` if it is about the whole.
        field: the publisher's name of the field, or the column.
        message: what was found, one phrase.
        kind: which of several kinds, for checks that have some.
        others: ids of further items concerned.
        current: the current value, as JSON.
        proposed: the corrected value; unset if no single correction is certain.
    """

    item: str | None
    field: str | None
    message: str
    kind: str = ""
    others: tuple[str, ...] = ()
    current: Any = None
    proposed: Any | UnsetType = UNSET


class Measure(msgspec.Struct, frozen=True):
    """A number about the whole benchmark, whether or not it is a fault.

    Attributes:
        text: what was measured, one line.
        values: the numbers, by name.
    """

    text: str
    values: dict[str, Any]
