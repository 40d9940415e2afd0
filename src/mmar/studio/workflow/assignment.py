"""Naming who is to write an item, or who is to inspect it. As strict as the queues: a writer never inspects.

An item has one author, so naming another writer makes them its author; who wrote before stays one of its
writers. A named inspector has the item to themselves until they approve it or a lead names somebody else;
what they send back comes to them again.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from mmar.studio.workflow.case import Actor, Case
from mmar.studio.workflow.states import EDITABLE, NotAllowed, Role, State

__all__ = ["assign_author", "assign_inspector"]

_NAMED = EDITABLE | {State.INSPECTION}


def assign_author(case: Case, actor: Actor, writer: Actor, now: datetime) -> Case:
    """The case with another author.

    Args:
        case: an item that may be written.
        actor: a lead.
        writer: who is to write it.
        now: the moment, UTC.

    Raises:
        NotAllowed: not a lead, not an annotator, not now, or somebody else has it in hand.
    """
    _lead(actor)
    if not writer.has(Role.ANNOTATOR):
        raise NotAllowed("role", "to write items needs the role annotator")
    if case.state not in EDITABLE:
        raise NotAllowed("state", f"an item in {case.state.value.replace('_', ' ')} is not being written")
    _free(case, writer.person, now)
    kept = None if case.inspector == writer.person else case.inspector
    return msgspec.structs.replace(case, author=writer.person, inspector=kept, lease=None)


def assign_inspector(case: Case, actor: Actor, inspector: Actor | None, now: datetime) -> Case:
    """The case with a named inspector, or with none, so that any may take it.

    Args:
        case: an item that is not approved yet.
        actor: a lead.
        inspector: who is to inspect it.
        now: the moment, UTC.

    Raises:
        NotAllowed: not a lead, not an inspector, one who wrote on it or has approved it, not now, or somebody
            else has it in hand.
    """
    _lead(actor)
    if inspector is None:
        return msgspec.structs.replace(case, inspector=None)
    if not inspector.has(Role.INSPECTOR):
        raise NotAllowed("role", "to inspect needs the role inspector")
    if case.state not in _NAMED:
        raise NotAllowed(
            "state", f"an item in {case.state.value.replace('_', ' ')} is not going to be inspected"
        )
    if inspector.person == case.author or inspector.person in case.writers:
        raise NotAllowed("writer", "they contributed to this item, so another inspector must review it")
    if inspector.person in case.approvals:
        raise NotAllowed("state", "they have approved this revision already; another inspector is needed")
    if case.state is State.INSPECTION:
        _free(case, inspector.person, now)
    return msgspec.structs.replace(case, inspector=inspector.person)


def _lead(actor: Actor) -> None:
    if not actor.has(Role.LEAD):
        raise NotAllowed("role", "only a lead may say who does what")


def _free(case: Case, person: int, now: datetime) -> None:
    if case.lease is not None and case.lease.live(now) and case.lease.person != person:
        raise NotAllowed("lease", "this item is reserved by somebody else; try again later")
