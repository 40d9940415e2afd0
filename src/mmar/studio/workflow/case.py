"""One item as the workflow sees it, and the functions that change its state: `perform`, `claim`, `answer_blind`, `assign_author` and `assign_inspector`.

A `Case` holds everything that a rule needs. The functions return the case afterwards, or raise `NotAllowed` with the
rule that does not hold. The store loads a case, changes it and writes the result in one transaction, so all rules are in
this package.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from mmar.studio.workflow.states import (
    EDITABLE,
    IMPLIED,
    PARTICIPLES,
    TRANSITIONS,
    Action,
    Guard,
    NotAllowed,
    Rejection,
    Role,
    Rule,
    State,
    find,
)

LEASE_TIME = timedelta(minutes=30)
"""How long an item stays reserved without activity; each activity renews it."""


class Lease(msgspec.Struct, frozen=True):
    """The reservation of an item by a person, exclusive of the moment `until`."""

    person: int
    until: datetime

    def is_live(self, now: datetime) -> bool:
        """Whether it still holds."""
        return now < self.until

    def is_held_by(self, person: int, now: datetime) -> bool:
        """Whether it holds, and for this person."""
        return self.person == person and self.is_live(now)

    @classmethod
    def of(cls, person: int, now: datetime) -> Lease:
        """A new lease from now on."""
        return cls(person, now + LEASE_TIME)


class Actor(msgspec.Struct, frozen=True):
    """A person with their roles in the project."""

    person: int
    roles: frozenset[Role]

    def has(self, *wanted: Role) -> bool:
        """Whether one of the roles is held or implied."""
        held = frozenset[Role]().union(*(IMPLIED[role] for role in self.roles))
        return not held.isdisjoint(wanted)

    def require(self, role: Role, to: str = "do that") -> None:
        """Raise `NotAllowed` if the person does not have a role; `to` names the action."""
        if not self.has(role):
            raise NotAllowed("role", f"the role {role.value} is needed to {to}")

    def require_membership(self) -> None:
        """Raise `NotAllowed` if the person has no role in the project."""
        if not self.roles:
            raise NotAllowed("role", "only members of the project may do that")


class Case(msgspec.Struct, frozen=True):
    """The state of one item for the workflow; people by their ids.

    Attributes:
        version: counts every save and transition.
        revision: number of the newest revision, 0 before the first save.
        writers: everyone who saved a revision.
        inspector: the assigned inspector.
        answered_by: who answered the newest revision blind.
        key_seen_by: who saw the key of any revision.
        approvals: who approved the newest revision.
        approvals_needed: number of approvals that it needs.
        rejected: the revision that was last rejected.
        errors: number of errors in the newest revision.
        audio: whether it has a clip, or the project does not require one.
        clip: whether it has a clip.
        played_by: who has played its clip to the end.
    """

    state: State = State.DRAFT
    version: int = 0
    revision: int = 0
    author: int | None = None
    writers: frozenset[int] = frozenset()
    lease: Lease | None = None
    inspector: int | None = None
    answered_by: frozenset[int] = frozenset()
    key_seen_by: frozenset[int] = frozenset()
    approvals: frozenset[int] = frozenset()
    approvals_needed: int = 1
    rejected: int | None = None
    errors: int = 0
    audio: bool = True
    clip: bool = False
    played_by: frozenset[int] = frozenset()


class Command(msgspec.Struct, frozen=True):
    """A person's request to change an item.

    `version` is the one that they saw (`None` accepts any), `errors` the number of errors in what is saved.
    """

    action: Action
    version: int | None = None
    rejection: Rejection | None = None
    why: str = ""
    errors: int = 0


def perform(case: Case, actor: Actor, command: Command, now: datetime) -> Case:
    """The case after a command.

    Raises:
        NotAllowed: `stale` if the case has changed since; otherwise the first rule that does not hold.
    """
    row = find(command.action)
    if not actor.has(*row.roles):
        raise NotAllowed(
            "role", f"the role {' or '.join(sorted(row.roles))} is needed to {_label(command.action)}"
        )
    if command.version is not None and command.version != case.version:
        raise NotAllowed(
            "stale", "someone else changed this item since you opened it; reload the page to see the change"
        )
    if case.state not in row.sources:
        raise NotAllowed(
            "state", f'an item with the status "{_label(case.state)}" cannot be {PARTICIPLES[command.action]}'
        )
    for guard in sorted(row.guards):
        holds, kind, message = _GUARDS[guard]
        if not holds(_Context(case, actor, command, now)):
            fault = command.rejection.fault() if guard is Guard.HAS_REJECTION and command.rejection else None
            raise NotAllowed(kind, fault or message)
    return _after(case, actor, command, row.target, now)


def permitted(case: Case, actor: Actor, now: datetime) -> frozenset[Action]:
    """The actions that a person could do now, ignoring what is still incomplete."""
    probe = Rejection("other", "question", "…")
    result = set()
    for row in TRANSITIONS:
        try:
            perform(case, actor, Command(row.action, rejection=probe, why="…"), now)
        except NotAllowed as error:
            if error.code not in {"incomplete", "unchanged", "audio"}:
                continue
        result.add(row.action)
    return frozenset(result)


def claim(case: Case, actor: Actor, now: datetime) -> Case:
    """Lease an item to a person, or renew their lease.

    Drafts and corrections without author are for annotators; items in inspection for inspectors who did not write
    them and have not approved this revision yet.

    Raises:
        NotAllowed: it is not for this person, or reserved by another.
    """
    _check_free(case, actor.person, now)
    if case.state is State.INSPECTION:
        _check_inspector(case, actor)
        _check_audio(case)
        if actor.person in case.approvals:
            raise NotAllowed("state", "you have approved this revision already; another inspector is needed")
        if case.inspector not in (None, actor.person):
            raise NotAllowed("lease", "a lead assigned another inspector to this item")
    elif case.state in (State.DRAFT, State.CORRECTION) and case.author is None:
        actor.require(Role.ANNOTATOR, "write items")
    else:
        raise NotAllowed("state", f'an item with the status "{_label(case.state)}" is not in a queue')
    return msgspec.structs.replace(case, lease=Lease.of(actor.person, now))


def answer_blind(case: Case, actor: Actor, now: datetime) -> Case:
    """Record that an inspector answered blind.

    Raises:
        NotAllowed: not an inspector of it, no lease, or the answer would not be blind.
    """
    _check_inspector(case, actor)
    if (
        case.state is not State.INSPECTION
        or case.lease is None
        or not case.lease.is_held_by(actor.person, now)
    ):
        raise NotAllowed("lease", _GUARDS[Guard.HOLDS_LEASE][2])
    _check_audio(case)
    if actor.person in case.answered_by:
        raise NotAllowed("listen", "you have answered this revision already")
    if actor.person in case.key_seen_by:
        raise NotAllowed("listen", "you have seen the key, so an answer would not be blind")
    if case.clip and actor.person not in case.played_by:
        raise NotAllowed("listen", "play the clip to its end once before you answer")
    return msgspec.structs.replace(
        case, answered_by=case.answered_by | {actor.person}, key_seen_by=case.key_seen_by | {actor.person}
    )


def _check_audio(case: Case) -> None:
    if not case.audio:
        raise NotAllowed("audio", _GUARDS[Guard.HAS_AUDIO][2])


def _check_inspector(case: Case, actor: Actor) -> None:
    actor.require(Role.INSPECTOR, "inspect")
    if actor.person in case.writers or actor.person == case.author:
        raise NotAllowed("writer", _GUARDS[Guard.NOT_WRITER][2])


def _after(case: Case, actor: Actor, command: Command, target: State | None, now: datetime) -> Case:
    moved = msgspec.structs.replace(case, version=case.version + 1, state=target or case.state)
    if command.action is Action.SAVE:
        # If a lead saves first, the person who has it reserved becomes its author.
        first = case.lease.person if case.lease is not None and case.lease.is_live(now) else actor.person
        return msgspec.structs.replace(
            moved,
            revision=case.revision + 1,
            author=first if case.author is None else case.author,
            writers=case.writers | {actor.person},
            errors=command.errors,
            answered_by=frozenset(),
            approvals=frozenset(),
            lease=None,
        )
    if command.action is Action.APPROVE:
        return msgspec.structs.replace(
            moved,
            approvals=(approvals := case.approvals | {actor.person}),
            lease=None,
            inspector=None if case.inspector == actor.person else case.inspector,
            state=State.APPROVED if len(approvals) >= case.approvals_needed else State.INSPECTION,
        )
    if command.action in (Action.REJECT, Action.REOPEN):
        return msgspec.structs.replace(moved, rejected=case.revision, approvals=frozenset(), lease=None)
    if command.action is Action.RESUBMIT:
        return msgspec.structs.replace(moved, lease=None)
    return msgspec.structs.replace(moved, lease=None, approvals=frozenset())


class _Context(msgspec.Struct, frozen=True):
    """What a guard may use."""

    case: Case
    actor: Actor
    command: Command
    now: datetime


def is_own(case: Case, actor: Actor) -> bool:
    """Whether an item is this person's: its author, a lead, or for an item without author its last holder.

    A holder whose lease has expired keeps the item until somebody else claims it.
    """
    if actor.person == case.author or actor.has(Role.LEAD):
        return True
    return case.author is None and case.lease is not None and case.lease.person == actor.person


def _is_free(case: Case, person: int, now: datetime) -> bool:
    return case.lease is None or not case.lease.is_live(now) or case.lease.person == person


_Check = Callable[[_Context], bool]
_GUARDS: dict[Guard, tuple[_Check, Rule, str]] = {
    Guard.AUTHOR_OR_LEAD: (
        lambda ctx: is_own(ctx.case, ctx.actor),
        "own",
        "only the author of this item or a lead can do that",
    ),
    Guard.NOT_WRITER: (
        lambda ctx: ctx.actor.person not in ctx.case.writers and ctx.actor.person != ctx.case.author,
        "writer",
        "you contributed to this item, so another inspector must review it",
    ),
    Guard.HOLDS_LEASE: (
        lambda ctx: ctx.case.lease is not None and ctx.case.lease.is_held_by(ctx.actor.person, ctx.now),
        "lease",
        "the item is no longer reserved for you; take it from the queue again",
    ),
    Guard.NOT_LEASED: (
        lambda ctx: _is_free(ctx.case, ctx.actor.person, ctx.now),
        "lease",
        "this item is reserved by an inspector; try again later",
    ),
    Guard.ANSWERED_BLIND: (
        lambda ctx: ctx.actor.person in ctx.case.answered_by | ctx.case.key_seen_by,
        "listen",
        "give a blind answer first; then you see the key",
    ),
    Guard.COMPLETE: (
        lambda ctx: ctx.case.revision > 0 and ctx.case.errors == 0,
        "incomplete",
        "the item is incomplete; see Issues on its edit page",
    ),
    Guard.HAS_AUDIO: (
        lambda ctx: ctx.case.audio,
        "audio",
        "its clip is not ready; see the jobs in Preparation",
    ),
    Guard.CHANGED_SINCE_REJECTION: (
        lambda ctx: ctx.case.rejected is None or ctx.case.revision > ctx.case.rejected,
        "unchanged",
        "nothing changed since the item was sent back; save a correction first",
    ),
    Guard.HAS_REJECTION: (
        lambda ctx: ctx.command.rejection is not None and ctx.command.rejection.fault() is None,
        "reason",
        "choose a reason and a field, and describe in a comment what should change",
    ),
    Guard.HAS_REASON: (lambda ctx: bool(ctx.command.why.strip()), "reason", "give a reason"),
}


def _label(value: State | Action) -> str:
    return value.value.replace("_", " ")


_NAMED = EDITABLE | {State.INSPECTION}


def assign_author(case: Case, actor: Actor, writer: Actor, now: datetime) -> Case:
    """The case with another author, who must be an annotator. Earlier authors stay among the writers.

    Raises:
        NotAllowed: not a lead, not an annotator, or not in this state.
    """
    actor.require(Role.LEAD, "assign items")
    writer.require(Role.ANNOTATOR, "write items")
    if case.state not in EDITABLE:
        raise NotAllowed("state", f'an item with the status "{_label(case.state)}" cannot be edited')
    _check_free(case, writer.person, now)
    inspector = None if case.inspector == writer.person else case.inspector
    return msgspec.structs.replace(case, author=writer.person, inspector=inspector, lease=None)


def assign_inspector(case: Case, actor: Actor, inspector: Actor | None, now: datetime) -> Case:
    """The case with an assigned inspector, or with none, so that any inspector can take it.

    Raises:
        NotAllowed: not a lead, not an inspector, a writer of the item, or not in this state.
    """
    actor.require(Role.LEAD, "assign items")
    if inspector is None:
        return msgspec.structs.replace(case, inspector=None)
    inspector.require(Role.INSPECTOR, "inspect")
    if case.state not in _NAMED:
        raise NotAllowed("state", f'an item with the status "{_label(case.state)}" cannot be inspected')
    if inspector.person == case.author or inspector.person in case.writers:
        raise NotAllowed("writer", "they contributed to this item, so another inspector must review it")
    if inspector.person in case.approvals:
        raise NotAllowed("state", "they have approved this revision already; another inspector is needed")
    if case.state is State.INSPECTION:
        _check_free(case, inspector.person, now)
    return msgspec.structs.replace(case, inspector=inspector.person)


def _check_free(case: Case, person: int, now: datetime) -> None:
    if case.lease is not None and not _is_free(case, person, now):
        until = f"{case.lease.until:%H:%M} UTC"
        raise NotAllowed("lease", f"this item is reserved by another person until {until}")
