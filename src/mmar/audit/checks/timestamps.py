"""Checks of family T: timestamps."""

from __future__ import annotations

from collections.abc import Iterator

from mmar.audit.check import Check, Finding, check
from mmar.audit.subject import Subject
from mmar.audit.wording import quoted
from mmar.errors import InputError
from mmar.items.source_video import addresses
from mmar.items.timestamps import format_timestamp, is_plain, parse_timestamp

__all__ = ["CHECKS"]


@check("T001", "warning", "timestamps not written HH:MM:SS,HH:MM:SS")
def odd(subject: Subject) -> Iterator[Finding]:
    """A timestamp that can be read but is not in the plain form.

    `2:45,3:15`, say, or several parts joined by `;` or a line break; programs that split at the comma fail on
    it or read something else. The plain form is proposed, the parts of one clip joined by `;`.
    """
    for item in subject.items:
        parts = subject.segments.get(item.id)
        if parts and item.timestamp and not is_plain(item.timestamp):
            kind = "several parts" if len(parts) > 1 else "one part"
            right = format_timestamp(parts)
            if right == item.timestamp:
                continue  # several plain parts, plainly joined: T003
            yield Finding(item.id, "timestamp", quoted(item.timestamp), kind, (), item.timestamp, right)


@check("T002", "error", "timestamps that cannot be read")
def unreadable(subject: Subject) -> Iterator[Finding]:
    """A timestamp that is no time range, or that ends before it starts.

    The clip cannot be cut again from its source.
    """
    for item in subject.items:
        if item.timestamp and item.id not in subject.segments:
            try:
                parse_timestamp(item.timestamp)
            except InputError as error:
                yield Finding(item.id, "timestamp", error.problem, "", (), item.timestamp)


@check("T003", "note", "clips joined of several parts")
def several(subject: Subject) -> Iterator[Finding]:
    """A timestamp that names several parts.

    The clip's length is their sum, and it contains an audible cut.
    """
    for item in subject.items:
        parts = subject.segments.get(item.id, ())
        if len(parts) > 1:
            seconds = sum(part.duration for part in parts)
            message = f"{len(parts)} parts, {seconds:g} s: {quoted(item.timestamp or '')}"
            yield Finding(item.id, "timestamp", message, "", (), item.timestamp)


@check("T004", "warning", "timestamps that are missing")
def missing(subject: Subject) -> Iterator[Finding]:
    """No timestamp, in a set of which most items with an address have one. The clip cannot be cut again."""
    with_url = [item for item in subject.items if item.url]
    without = [item for item in with_url if not (item.timestamp or "").strip()]
    if 2 * len(without) <= len(with_url):
        for item in without:
            yield Finding(item.id, "timestamp", "is missing", "", (), item.timestamp)


@check("T005", "warning", "addresses and parts that do not pair")
def unpaired(subject: Subject) -> Iterator[Finding]:
    """Several addresses, and a different number of parts, so that it is unknown which part is of which video."""
    for item in subject.items:
        parts, own = subject.segments.get(item.id), addresses(item.url)
        if parts and len(own) > 1 and len(own) != len(parts):
            message = f"{len(own)} addresses and {len(parts)} parts"
            yield Finding(item.id, "timestamp", message, "", (), item.timestamp)


CHECKS: tuple[Check[Subject], ...] = (odd, unreadable, several, missing, unpaired)
