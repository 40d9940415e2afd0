"""Actions on many items: assigning, moving, and requesting their audio.

Items are changed in many short transactions, so that other people's saves do not wait long. Each item is subject to
the same rules as alone; one that a rule forbids is left unchanged and counted under the rule's message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy.orm import Session

from mmar.errors import InputError, UsageError
from mmar.studio.data import Database
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Person, Project
from mmar.studio.store.items import assign, move_item
from mmar.studio.store.people import actor_in, log_action
from mmar.studio.store.projects import Row, row_in
from mmar.studio.store.recordings import request_audio
from mmar.studio.workflow import Action, Actor, Command, NotAllowed, Role

MOVES = (Action.SUBMIT, Action.FORWARD, Action.RECALL, Action.RESTORE, Action.WITHDRAW)
"""Actions that are possible for many items at once. Approving and rejecting are not."""

_BATCH = 25


class BulkResult(msgspec.Struct, frozen=True):
    """Numbers of items that were changed (`done`), left unchanged by reason, and assigned by person id."""

    done: int
    left: Mapping[str, int]
    people: Mapping[int, int] = msgspec.field(default_factory=dict)


def assign_items(
    database: Database,
    project: Project,
    items: Sequence[int],
    actor: Actor,
    role: Role,
    people: Sequence[int],
    clock: Callable[[], datetime],
) -> BulkResult:
    """Assign items to people as evenly as the rules allow. Without people, any inspector can take them again.

    Raises:
        UsageError: nobody to write them (`person-missing`), or somebody is not there (`unknown-person`).
    """
    actor.require(Role.LEAD, "assign items")
    if role is Role.ANNOTATOR and not people:
        raise UsageError("choose who writes them", code="person-missing")
    among = list(dict.fromkeys(people))
    assigned: Counter[int] = Counter()

    def assign_one(session: Session, row: Project, item: Item, now: datetime) -> None:
        error: NotAllowed | None = None
        # The person with the fewest items gets it; if a rule forbids that, the next one.
        candidates: list[int | None] = [*sorted(among, key=lambda one: (assigned[one], among.index(one)))]
        for person in candidates or [None]:
            try:
                assign(session, row, item, actor, role, person, now, logged=False)
            except NotAllowed as caught:
                error = error or caught
                continue
            if person is not None:
                assigned[person] += 1
            return
        assert error is not None
        raise error

    with database.read() as session:
        names = [_named(session, project, person, role) for person in among]
    result = for_each(database, project, Item, items, assign_one, clock)
    text = f"{result.done} items: {', '.join(names) or 'anybody'}"
    with database.write() as session:
        detail = f"{text} to {'inspect' if role is Role.INSPECTOR else 'write'}"
        log_action(
            session, clock(), actor.person, "assigned", project.slug, detail=detail, project_id=project.id
        )
    return msgspec.structs.replace(result, people=dict(assigned))


def move_items(
    database: Database,
    project: Project,
    items: Sequence[int],
    actor: Actor,
    action: Action,
    clock: Callable[[], datetime],
    *,
    why: str = "",
) -> BulkResult:
    """Submit, forward, recall, restore or withdraw items; `why` is for `withdraw`."""
    if action not in MOVES:
        raise UsageError(
            f"{action} is not possible for many items; choose {', '.join(MOVES)}", code="unknown-action"
        )
    if action is Action.WITHDRAW and not why.strip():
        raise NotAllowed("reason", "give a reason")

    def move(session: Session, row: Project, item: Item, now: datetime) -> None:
        move_item(session, row, item.id, actor, Command(action, why=why), now)

    return for_each(database, project, Item, items, move, clock)


def request_audio_for_items(
    database: Database, project: Project, items: Sequence[int], person: int, clock: Callable[[], datetime]
) -> BulkResult:
    """Queue what items without a clip need to get one."""

    def ask(session: Session, row: Project, item: Item, now: datetime) -> None:
        match request_audio(session, row, item, now, person_id=person, fetch=True):
            case "ready":
                raise NotAllowed("audio", "they have a clip already")
            case "missing":
                raise NotAllowed("audio", "they have no URL to fetch from")

    return for_each(database, project, Item, items, ask, clock)


def for_each(
    database: Database,
    project: Project,
    kind: type[Row],
    ids: Sequence[int],
    do: Callable[[Session, Project, Row, datetime], None],
    clock: Callable[[], datetime],
) -> BulkResult:
    """Do something to rows of a project, in short transactions; what a rule forbids is counted by its message."""
    done, left = 0, Counter[str]()
    for first in range(0, len(ids), _BATCH):
        with database.write() as session:
            owner = session.get_one(Project, project.id)
            for row_id in ids[first : first + _BATCH]:
                row = row_in(session, owner, kind, row_id, lock=True)
                try:
                    do(session, owner, row, clock())
                except (NotAllowed, InputError) as error:
                    left[error.problem if isinstance(error, InputError) else str(error)] += 1
                else:
                    done += 1
    return BulkResult(done, dict(left.most_common()))


def _named(session: Session, project: Project, person: int, role: Role) -> str:
    result = session.get(Person, person)
    if result is None or not result.active:
        raise UsageError("there is no such person in this project", code="unknown-person")
    if not actor_in(session, project.id, result).has(role):
        raise NotAllowed("role", f"{result.name} does not have the role {role.value}")
    return result.name
