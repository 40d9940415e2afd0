"""Checks of family I: ids and the files that they belong to."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath

from mmar.audit.check import Check, Finding, check
from mmar.audit.subject import Subject
from mmar.audit.wording import quoted
from mmar.files.safe_paths import UnsafePathError, check_relative

__all__ = ["CHECKS"]

_TIMES = re.compile(r"_(\d{1,2}(?:-\d{2}){1,2})_(\d{1,2}(?:-\d{2}){1,2})$")


@check("I001", "warning", "ids that are not their clip's name")
def other_name(subject: Subject) -> Iterator[Finding]:
    """An id that differs from the name of the clip's file without its ending.

    Programs that derive the one from the other, as many do, miss these clips. Use `audio_path`, always.
    Reported only for sets in which the two are the same otherwise.
    """
    odd = [item for item in subject.items if PurePosixPath(item.audio_path).stem != item.id]
    if 2 * len(odd) > len(subject.items):
        return  # a set whose ids follow another scheme
    for item in odd:
        stem = PurePosixPath(item.audio_path).stem
        yield Finding(item.id, "id", f"the clip is {quoted(stem)}", _way(item.id, stem), (), item.id)


def _way(item_id: str, stem: str) -> str:
    """In what the two differ."""
    if not stem.startswith(item_id.partition("_")[0]):
        return "another recording"
    if _seconds(item_id) is None or _seconds(stem) is None:
        return "no times in the name"
    return "times written otherwise" if _seconds(item_id) == _seconds(stem) else "other times"


def _seconds(name: str) -> tuple[int, int] | None:
    """The start and the end that a name ends in."""
    found = _TIMES.search(name)
    if found is None:
        return None
    start, end = (
        sum(int(part) * 60**power for power, part in enumerate(reversed(clock.split("-"))))
        for clock in found.groups()
    )
    return start, end


@check("I002", "warning", "ids that name other times than the timestamp")
def other_times(subject: Subject) -> Iterator[Finding]:
    """An id in the form `VIDEO_START_END` whose times are not those of the item's `timestamp`, first part.

    Nothing may be read from such an id; the timestamp and the clip count.
    """
    for item in subject.items:
        times, parts = _seconds(item.id), subject.segments.get(item.id)
        if times is not None and parts and times != (parts[0].start, parts[0].end):
            message = f"the timestamp is {quoted(item.timestamp or '')}"
            yield Finding(item.id, "id", message, "", (), item.id)


@check("I003", "error", "ids that some systems take for one")
def alike(subject: Subject) -> Iterator[Finding]:
    """Ids that differ only in case, in Unicode's way of writing an accent, or in white space at an end.

    A file system or a spreadsheet makes one of two. One finding for each further id.
    """
    first: dict[str, str] = {}
    for item in subject.items:
        form = unicodedata.normalize("NFC", item.id.strip()).casefold()
        if form in first:
            message = f"differs from {quoted(first[form])} only in case or spelling"
            yield Finding(item.id, "id", message, "", (first[form],), item.id)
        first.setdefault(form, item.id)


@check("I004", "error", "clip paths that lead out of the folder")
def outside(subject: Subject) -> Iterator[Finding]:
    """An `audio_path` that is absolute, climbs with `..`, or that some system reads differently.

    Such a record can make a program read any file of the machine. Commands of this program refuse it.
    """
    for item in subject.items:
        try:
            check_relative(item.audio_path)
        except UnsafePathError as error:
            message = f"{quoted(item.audio_path)} {error}"
            yield Finding(item.id, "audio_path", message, "", (), item.audio_path)


@check("I005", "note", "clips that several items ask about")
def shared_clips(subject: Subject) -> Iterator[Finding]:
    """One audio file for several questions. Their answers are right or wrong together; cluster by source."""
    items: dict[str, list[str]] = defaultdict(list)
    for item in subject.items:
        items[item.audio_path].append(item.id)
    for path, ids in items.items():
        if len(ids) > 1:
            yield Finding(ids[0], "audio_path", f"{len(ids)} items: {path}", "", tuple(ids[1:]), path)


CHECKS: tuple[Check[Subject], ...] = (other_name, other_times, alike, outside, shared_clips)
