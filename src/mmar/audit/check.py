"""Checks, their findings and their measures.

A check is a function with the decorator `check`; its docstring is its documentation. Its code is a letter for the family
and three digits, and is never reused. A finding is about one field of one item, or about the whole benchmark, and has the
current value and, where one correction is certain, the proposed one; nothing is changed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, Literal, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from mmar.errors import UsageError
from mmar.items import Item

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


def of_item(
    item: Item,
    field: str,
    message: str,
    kind: str = "",
    others: tuple[str, ...] = (),
    *,
    proposed: Any | UnsetType = UNSET,
) -> Finding:
    """A finding about a field of an item, with the field's value as the current one."""
    value = getattr(item, field)
    current = list(value) if isinstance(value, tuple) else value
    return Finding(item.id, field, message, kind, others, current, proposed)


class Measure(msgspec.Struct, frozen=True):
    """Numbers about the whole benchmark, whether or not they are a fault: one line of text, and values by name."""

    text: str
    values: dict[str, Any]


Need = Literal["records", "audio", "unheard", "network", "systems"]
"""What a check needs: the records alone, the clips, a run without audio, the network, or runs of several systems."""

S = TypeVar("S")
Results = Iterator[Finding | Measure]


class Check(msgspec.Struct, Generic[S], frozen=True):
    """One check.

    Attributes:
        code: a letter and three digits; stable.
        title: what it finds, in the plural, to follow a count.
        explanation: paragraphs: what it finds, why it matters, what to do.
    """

    code: str
    severity: Severity
    title: str
    needs: Need
    explanation: str
    find: Callable[[S], Results]

    @property
    def family(self) -> str:
        """The letter."""
        return self.code[0]


def check(
    code: str, severity: Severity, title: str, needs: Need = "records"
) -> Callable[[Callable[[S], Results]], Check[S]]:
    """A decorator that makes a function a check; its docstring becomes the explanation. Arguments as `Check`."""

    def decorate(find: Callable[[S], Results]) -> Check[S]:
        return Check(code, severity, title, needs, inspect.cleandoc(find.__doc__ or ""), find)

    return decorate


def choose(
    checks: Sequence[Check[S]], select: Iterable[str] = (), ignore: Iterable[str] = ()
) -> tuple[Check[S], ...]:
    """The checks with selected codes, or beginnings of codes (`C` for a family), all if empty; without the ignored.

    Raises:
        UsageError: an unknown code.
    """
    selected, ignored = tuple(select), tuple(ignore)
    for text in (*selected, *ignored):
        if not text or not any(each.code.startswith(text) for each in checks):
            raise UsageError(
                f'unknown check "{text}"',
                code="unknown-check",
                hint='see "mmar audit --list"; a letter alone means all checks of its family',
            )
    return tuple(
        each for each in checks if each.code.startswith(selected or "") and not each.code.startswith(ignored)
    )
