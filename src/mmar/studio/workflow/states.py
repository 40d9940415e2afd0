"""The states of an item, the roles of people, every allowed transition as one table, and reasons for a rejection.

                    ┌── recall ◄──┐
    draft ─ submit ─► preparation ─ forward ─► inspection ─ approve ─► approved
      ▲                   │  ▲                     │                      │
      │               recall │ resubmit          reject                reopen
      └───────────────────┘  └──── correction ◄────┴──────────────────────┘

The author or a lead may withdraw an item from any state; a lead may take it down, e.g. at a rights holder's
request. An item is approved when as many inspectors as the project requires have approved the same revision.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from mmar.errors import UsageError
from mmar.studio.workflow.content import FIELD_NAMES


class State(StrEnum):
    """The state of an item."""

    DRAFT = "draft"
    PREPARATION = "preparation"
    INSPECTION = "inspection"
    CORRECTION = "correction"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"
    TAKEN_DOWN = "taken_down"


class Role(StrEnum):
    """A role of a person in one project."""

    ANNOTATOR = "annotator"
    INSPECTOR = "inspector"
    LEAD = "lead"
    ADMIN = "admin"


IMPLIED: dict[Role, frozenset[Role]] = {
    Role.ANNOTATOR: frozenset({Role.ANNOTATOR}),
    Role.INSPECTOR: frozenset({Role.INSPECTOR}),
    Role.LEAD: frozenset({Role.LEAD, Role.ANNOTATOR, Role.INSPECTOR}),
    Role.ADMIN: frozenset(Role),
}
"""The roles that a role includes. A lead may inspect, but never an item that they wrote on."""


class Action(StrEnum):
    """An action of a person on an item."""

    SAVE = "save"
    SUBMIT = "submit"
    RECALL = "recall"
    FORWARD = "forward"
    APPROVE = "approve"
    REJECT = "reject"
    RESUBMIT = "resubmit"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"
    RESTORE = "restore"
    TAKE_DOWN = "take_down"


PARTICIPLES: dict[Action, str] = {
    Action.SAVE: "saved",
    Action.SUBMIT: "submitted",
    Action.RECALL: "returned to draft",
    Action.FORWARD: "sent to inspection",
    Action.APPROVE: "approved",
    Action.REJECT: "sent back for correction",
    Action.RESUBMIT: "resubmitted",
    Action.REOPEN: "reopened",
    Action.WITHDRAW: "withdrawn",
    Action.RESTORE: "restored",
    Action.TAKE_DOWN: "taken down",
}
"""What an item is after an action, as the end of a sentence."""


def imported_state(*, inspect: bool, audio: bool) -> State:
    """The first state of an imported item; `audio`: it has a clip, or the project does not require one."""
    if not inspect:
        return State.DRAFT
    return State.INSPECTION if audio else State.PREPARATION


class Guard(StrEnum):
    """A further condition, in addition to state and role."""

    AUTHOR_OR_LEAD = "own"  # the author, or a lead; for an item without author, whoever claimed it last
    NOT_WRITER = "not_writer"  # wrote no revision of it
    HOLDS_LEASE = "holds_lease"  # has reserved it, and the time is not over
    NOT_LEASED = "not_leased"  # nobody else has reserved it
    ANSWERED_BLIND = "listened"  # answered this revision blind, or saw the key of an earlier one
    COMPLETE = "complete"  # no problem of severity error
    HAS_AUDIO = "audio"  # the clip exists, if the project requires audio
    CHANGED_SINCE_REJECTION = "changed"  # saved since it was rejected
    HAS_REJECTION = "reason"  # a typed reason on a named field, with a comment
    HAS_REASON = "why"  # a reason in a sentence


class Transition(msgspec.Struct, frozen=True):
    """A transition: action, states before and after (`None`: the same), who may do it, and further conditions."""

    action: Action
    sources: frozenset[State]
    target: State | None
    roles: frozenset[Role]
    guards: frozenset[Guard] = frozenset()


EDITABLE = frozenset({State.DRAFT, State.PREPARATION, State.CORRECTION})
"""States in which an item's content may change."""

_LIVE = frozenset(State) - {State.WITHDRAWN, State.TAKEN_DOWN}
_WRITERS = frozenset({Role.ANNOTATOR, Role.LEAD})


def _from(
    source: State | frozenset[State],
    action: Action,
    target: State | None,
    roles: frozenset[Role],
    *guards: Guard,
) -> Transition:
    sources = frozenset({source}) if isinstance(source, State) else source
    return Transition(action, sources, target, roles, frozenset(guards))


_INSPECTOR, _LEAD = frozenset({Role.INSPECTOR}), frozenset({Role.LEAD})
_INSPECTED = (Guard.NOT_WRITER, Guard.HOLDS_LEASE, Guard.ANSWERED_BLIND)
_SUBMITTED = (Guard.AUTHOR_OR_LEAD, Guard.COMPLETE)
_RETURNABLE = frozenset({State.PREPARATION, State.INSPECTION})

TRANSITIONS: tuple[Transition, ...] = (
    _from(EDITABLE, Action.SAVE, None, _WRITERS, Guard.AUTHOR_OR_LEAD),
    _from(State.DRAFT, Action.SUBMIT, State.PREPARATION, _WRITERS, *_SUBMITTED),
    _from(_RETURNABLE, Action.RECALL, State.DRAFT, _WRITERS, Guard.AUTHOR_OR_LEAD, Guard.NOT_LEASED),
    _from(State.PREPARATION, Action.FORWARD, State.INSPECTION, _WRITERS, *_SUBMITTED, Guard.HAS_AUDIO),
    _from(State.INSPECTION, Action.APPROVE, State.APPROVED, _INSPECTOR, *_INSPECTED, Guard.HAS_AUDIO),
    _from(State.INSPECTION, Action.REJECT, State.CORRECTION, _INSPECTOR, *_INSPECTED, Guard.HAS_REJECTION),
    _from(
        State.CORRECTION,
        Action.RESUBMIT,
        State.INSPECTION,
        _WRITERS,
        *_SUBMITTED,
        Guard.CHANGED_SINCE_REJECTION,
        Guard.HAS_AUDIO,
    ),
    _from(State.APPROVED, Action.REOPEN, State.CORRECTION, _LEAD, Guard.HAS_REJECTION),
    _from(
        _LIVE,
        Action.WITHDRAW,
        State.WITHDRAWN,
        _WRITERS,
        Guard.AUTHOR_OR_LEAD,
        Guard.NOT_LEASED,
        Guard.HAS_REASON,
    ),
    _from(State.WITHDRAWN, Action.RESTORE, State.DRAFT, _LEAD),
    _from(_LIVE | {State.WITHDRAWN}, Action.TAKE_DOWN, State.TAKEN_DOWN, _LEAD, Guard.HAS_REASON),
)
"""All transitions. Anything else is not allowed."""


def find(action: Action) -> Transition:
    """The row of an action; each action has exactly one."""
    return next(row for row in TRANSITIONS if row.action is action)


Rule = Literal[
    "state", "role", "own", "writer", "lease", "listen", "incomplete", "audio", "unchanged", "reason", "stale"
]
"""Codes of `NotAllowed`."""


class NotAllowed(UsageError):  # noqa: N818 - an answer to a person, not a fault
    """An action that is not allowed now, or not for this person; the code is the rule that does not hold."""

    def __init__(self, code: Rule, message: str) -> None:
        super().__init__(message, code=code)


class NotFound(UsageError):  # noqa: N818 - as above
    """Something does not exist, or is not visible to this person; the message is the same."""

    default_code = "not-found"


REASONS: dict[str, str] = {
    "wrong_key": "The key is wrong",
    "two_answers": "More than one choice is right",
    "no_answer": "No choice is right",
    "unclear": "The question is unclear",
    "guessable": "It can be guessed without the audio",
    "weak_distractor": "A wrong choice is not plausible",
    "inaudible": "The answer cannot be heard",
    "bad_cut": "The clip is cut wrongly",
    "bad_audio": "The recording is faulty",
    "wrong_thinking": "The reasoning is wrong or incomplete",
    "wrong_label": "Category, modality or language is wrong",
    "rights": "The recording cannot be used (rights)",
    "other": "Something else",
}
"""Labels of the reasons."""


class Rejection(msgspec.Struct, frozen=True):
    """Why an item is sent back: a reason of `REASONS`, a field, a comment, and a part of the clip in seconds."""

    reason: str
    field: str
    comment: str
    start: float | None = None
    end: float | None = None

    def fault(self) -> str | None:
        """What is missing in this rejection, or `None`."""
        if self.reason not in REASONS:
            return f'"{self.reason}" is not one of the reasons {", ".join(REASONS)}'
        if self.field not in FIELD_NAMES:
            return f'"{self.field}" is not one of the fields {", ".join(FIELD_NAMES)}'
        if not self.comment.strip():
            return "describe in the comment what should change"
        if (self.start is None) != (self.end is None) or (
            self.start is not None and self.end is not None and not 0 <= self.start < self.end
        ):
            return "the disputed region needs a start before its end, in seconds from 0"
        return None
