"""Actions on many items: even splits, rules, and counts of skipped items."""

from __future__ import annotations

import msgspec
import pytest
from project_team import GOOD, NOW, SPOT, Team
from sqlalchemy import select

from expect import raises
from mmar.studio.data import Database
from mmar.studio.data.tables import AuditLogEntry, Job, Person
from mmar.studio.jobs.model_requests import request_proposals
from mmar.studio.store import bulk, item_lists, items, people, proposals, revisions
from mmar.studio.workflow import Action, Actor, Role


@pytest.fixture
def team(database: Database) -> Team:
    return Team(database)


def clock():  # type: ignore[no-untyped-def]
    return NOW


def both_roles(team: Team, actor: Actor) -> Actor:
    with team.database.write() as session:
        person, project = session.get_one(Person, actor.person), session.merge(team.project)
        people.set_roles(session, project, person, frozenset({Role.ANNOTATOR, Role.INSPECTOR}), team.admin)
        return people.actor_in(session, project.id, person)


def numbers(team: Team, **chosen: object) -> list[int]:
    with team.database.read() as session:
        return item_lists.item_numbers(session, team.project.id, item_lists.ItemFilter(**chosen))  # type: ignore[arg-type]


def test_items_are_split_evenly_and_never_assigned_to_their_writers(team: Team) -> None:
    anna = both_roles(team, team.anna)
    hers = [team.send_to_inspection() for _ in range(10)]
    people_ = [anna.person, team.ina.person, team.ivo.person]
    done = bulk.assign_items(team.database, team.project, hers, team.admin, Role.INSPECTOR, people_, clock)
    assert (done.done, dict(done.left)) == (10, {})
    assert dict(done.people) == {team.ina.person: 5, team.ivo.person: 5}
    assert len(numbers(team, inspector=team.ina.person)) == 5
    assert numbers(team, inspector=item_lists.NOBODY) == []
    assert team.take(team.ina) in numbers(team, inspector=team.ina.person)
    with team.database.read() as session:
        log = session.execute(
            select(AuditLogEntry.subject, AuditLogEntry.detail).where(AuditLogEntry.action == "assigned")
        ).all()
    assert log == [("demo", "10 items: Anna, Ina, Ivo to inspect")]
    # The one in Ina's hands stays hers; nobody named frees the others.
    freed = bulk.assign_items(team.database, team.project, hers, team.admin, Role.INSPECTOR, [], clock)
    assert freed.done == 10
    assert len(numbers(team, inspector=item_lists.NOBODY)) == 10
    alone = bulk.assign_items(
        team.database, team.project, hers, team.admin, Role.INSPECTOR, [anna.person], clock
    )
    assert alone.done == 0
    assert {why: n for why, n in alone.left.items() if "contributed to this item" in why} == dict(alone.left)


def test_writers_are_assigned_and_wrong_people_are_refused_first(team: Team) -> None:
    with team.database.write() as session:
        rows = [items.new_item(session, team.project, team.admin, NOW) for _ in range(7)]
        for row in rows:
            row.author_id = None
        empty = [row.id for row in rows]
    for wrong, code in ((team.ina.person, "role"), (99, "unknown-person")):
        with raises(code):
            bulk.assign_items(
                team.database,
                team.project,
                empty,
                team.admin,
                Role.ANNOTATOR,
                [team.ben.person, wrong],
                clock,
            )
    assert len(numbers(team, author=item_lists.NOBODY)) == 7
    with raises("role"):
        bulk.assign_items(
            team.database, team.project, empty, team.anna, Role.ANNOTATOR, [team.ben.person], clock
        )
    shared = [team.anna.person, team.ben.person]
    done = bulk.assign_items(team.database, team.project, empty, team.admin, Role.ANNOTATOR, shared, clock)
    assert sorted(done.people.values()) == [3, 4]
    with team.database.read() as session:
        assert len(item_lists.my_items(session, team.project.id, team.anna.person)) == 4


def test_many_items_are_moved_and_the_others_are_counted_by_rule(team: Team) -> None:
    whole = [team.write_item() for _ in range(3)]
    half = team.write_item(msgspec.structs.replace(GOOD, answer=None))
    moved = bulk.move_items(team.database, team.project, [*whole, half], team.admin, Action.SUBMIT, clock)
    assert (moved.done, list(moved.left.values())) == (3, [1])
    assert "incomplete" in next(iter(moved.left))
    assert numbers(team, state="preparation") == whole
    with raises("unknown-action"):
        bulk.move_items(team.database, team.project, whole, team.admin, Action.APPROVE, clock)
    with raises("reason"):
        bulk.move_items(team.database, team.project, whole, team.admin, Action.WITHDRAW, clock)
    others = bulk.move_items(team.database, team.project, whole, team.ben, Action.FORWARD, clock)
    assert (others.done, list(others.left.values())) == (0, [3])


def test_requests_with_an_answer_are_not_repeated(team: Team) -> None:
    some = [team.write_item() for _ in range(3)]

    def ask(*, again: bool = False) -> tuple[int, int]:
        kinds = ["thinking", "rubric"]
        return request_proposals(
            team.database, team.project, some, kinds, team.admin, clock, include_answered=again
        )

    assert ask() == (6, 0)
    with team.database.write() as session:
        for job in session.scalars(select(Job)):
            job.state = "done"
        proposals.add_proposal(
            session, team.project.id, "thinking", {"thinking": "x"}, model="m", prompt="p", now=NOW,
            item=revisions.find_item(session, team.project, some[0]),
        )  # fmt: skip
    assert ask() == (5, 1)
    assert ask(again=True) == (6, 0)
    with raises("unknown-kind"):
        request_proposals(team.database, team.project, some, ["poem"], team.admin, clock)


def test_a_correction_without_author_is_in_the_writers_queue(
    team: Team,
) -> None:
    item = team.send_to_inspection()
    team.take(team.ina)
    team.answer_blind(item, team.ina, 2)
    team.act(item, team.ina, Action.REJECT, rejection=SPOT)
    with team.database.write() as session:
        revisions.find_item(session, team.project, item).author_id = None  # as an import leaves it
        assert item_lists.waiting(session, team.project, team.ben, NOW) == {"drafts": 1}
    assert team.take(team.ben, "drafts") == item
    late = NOW.replace(hour=20)
    fixed = msgspec.structs.replace(GOOD, answer=2)
    with team.database.write() as session:
        version = revisions.find_item(session, team.project, item).version
        saved = items.save(
            session, team.project, item, team.ben, fixed, version=version, base=1, why="", now=late
        )
        assert saved.author_id == team.ben.person
    team.act(item, team.ben, Action.RESUBMIT)


def test_with_two_inspectors_an_item_is_finished_before_the_next_begins(team: Team) -> None:
    with team.database.write() as session:
        project = session.merge(team.project)
        project.settings = msgspec.structs.replace(project.settings, inspections=2)
        team.project = project
    first, second = team.send_to_inspection(), team.send_to_inspection()
    third = team.send_to_inspection()
    for item in (first, second):
        assert team.take(team.ina, now=NOW) == item
        team.answer_blind(item, team.ina, 1)
        team.act(item, team.ina, Action.APPROVE)
    assert team.take(team.ivo) in (first, second)
    assert team.take(team.ina) == third
