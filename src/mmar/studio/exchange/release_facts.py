"""What a team says of a release: the facts that no file can tell."""

from __future__ import annotations

import re
import uuid
from collections.abc import Set
from datetime import date

import msgspec

from mmar.errors import UsageError
from mmar.items.item import FIELDS

__all__ = ["PRIVATE_FIELDS", "ReleaseFacts", "TakenDown", "check_facts", "new_canary"]

PRIVATE_FIELDS = ("thinking", "cue", "rubric")
"""What MMAR kept back when it was first published: with them a question can be answered unheard."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# Without these a record is no item, or the question cannot be scored.
_NEVER_WITHHELD = frozenset(
    {"id", "audio_path", "audio_id", "question", "choices", "answer", "modality", "task", "category"}
)


class TakenDown(msgspec.Struct, frozen=True):
    """Something that must be in no release any more.

    Attributes:
        what: an item's id, a video's id or key (`mmar.items.source_video.Video.key`), an address in any spelling, or
            the SHA-256 of a sound file.
        reason: why, for the public; may be empty.
    """

    what: str
    reason: str = ""


class ReleaseFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a team says of a release. Longer texts are Markdown.

    Attributes:
        name: of the benchmark, fit for a file name; `mmar` itself is taken.
        version: of this release.
        date: of this release, `2026-11-30`; given and not read from a clock, so that a release can be
            repeated.
        title: the benchmark's name for people.
        description: what it asks, and what for.
        how_made: how items were collected, written, prepared and inspected.
        people: who made it, with their parts in it, as they wish to be named.
        licence_name: short name of the licence of questions and sounds, such as `CC-BY-NC-4.0`.
        licence_text: the whole text.
        canary: a text that stands nowhere else, for finding the benchmark in training data; see `new_canary`.
            Empty for none.
        canary_in_records: whether each record carries it too, in a field `canary`.
        withheld: fields that stay private.
        taken_down: what must not be in it, whatever the items say.
        agreement: how far inspectors agree with each other.
        human_accuracy: how many questions people answer rightly by ear.
        audit_report: what the audit found.
        bias_report: what is known of biases.
        contact: where to write, for a takedown above all.
        citation: how to cite it.
        clip_format: what the clips were converted to.
        written_by: the program that wrote it first; empty for this one.
    """

    name: str
    version: str
    date: str
    title: str
    description: str
    how_made: str
    people: tuple[str, ...]
    licence_name: str
    licence_text: str
    canary: str
    canary_in_records: bool = True
    withheld: tuple[str, ...] = PRIVATE_FIELDS
    taken_down: tuple[TakenDown, ...] = ()
    agreement: str | None = None
    human_accuracy: str | None = None
    audit_report: str | None = None
    bias_report: str | None = None
    contact: str = ""
    citation: str = ""
    clip_format: str = ""
    written_by: str = ""


def new_canary(name: str) -> str:
    """A canary text for a benchmark, to be made once and kept through all its releases.

    Args:
        name: the benchmark's name.

    Example:
        >>> new_canary("tones")[:57]
        'THE BENCHMARK tones SHOULD NEVER APPEAR IN TRAINING DATA.'
    """
    return f"THE BENCHMARK {name} SHOULD NEVER APPEAR IN TRAINING DATA. canary {uuid.uuid4()}"


def check_facts(about: ReleaseFacts, fields: Set[str]) -> None:
    """Refuse facts that a release cannot be made with.

    Args:
        about: the facts.
        fields: the names of all fields that some item has.

    Raises:
        UsageError: saying which, and what is expected.
    """
    if not _NAME.fullmatch(about.name) or not _NAME.fullmatch(about.version):
        raise UsageError(
            f'"{about.name}" and "{about.version}" must be fit for file names: letters, digits, ".", "_" and "-"',
            code="invalid-name",
        )
    try:
        date.fromisoformat(about.date)
    except ValueError:
        raise UsageError(
            f'the release\'s date "{about.date}" is none; write it as 2026-11-30', code="invalid-date"
        ) from None
    for what, text in (
        ("title", about.title),
        ("description", about.description),
        ("account of how it was made", about.how_made),
        ("list of people", "".join(about.people)),
        ("licence's name", about.licence_name),
        ("licence's text", about.licence_text),
    ):
        if not text.strip():
            raise UsageError(
                f"the {what} is empty; a benchmark cannot be published without it", code="facts-missing"
            )
    if "\n" in about.canary or "\r" in about.canary:
        raise UsageError("the canary must stand on one line", code="invalid-canary")
    for field in about.withheld:
        if field in _NEVER_WITHHELD:
            raise UsageError(
                f'the field "{field}" cannot be withheld: without it a question cannot be scored',
                code="field-not-withholdable",
            )
        if field not in FIELDS and field not in fields:
            known = ", ".join(sorted(fields - _NEVER_WITHHELD))
            raise UsageError(
                f'there is no field "{field}" to withhold; there are {known}', code="unknown-field"
            )
