"""What may happen to an item, and by whom. Pure: values in, values out, no database and no clock.

`states.TRANSITIONS` is the whole table; `case.perform` is the only way through it.
"""

from __future__ import annotations

from mmar.studio.workflow.case import Actor, Case, Command, Lease, perform, permitted
from mmar.studio.workflow.content import Cue, ItemContent
from mmar.studio.workflow.diff import Conflict, FieldChange, changes, three_way
from mmar.studio.workflow.problems import Problem, problems
from mmar.studio.workflow.states import (
    REASONS,
    TRANSITIONS,
    Action,
    Guard,
    NotAllowed,
    NotFound,
    Rejection,
    Role,
    State,
    Transition,
)

__all__ = [
    "REASONS",
    "TRANSITIONS",
    "Action",
    "Actor",
    "Case",
    "Command",
    "Conflict",
    "Cue",
    "FieldChange",
    "Guard",
    "ItemContent",
    "Lease",
    "NotAllowed",
    "NotFound",
    "Problem",
    "Rejection",
    "Role",
    "State",
    "Transition",
    "changes",
    "perform",
    "permitted",
    "problems",
    "three_way",
]
