"""Leads assign writers and inspectors; queues respect that, and nobody inspects their own work."""

from __future__ import annotations

import msgspec
import pytest
from project_team import GOOD, NOW, SPOT, Team
from sqlalchemy import select

from expect import raises
from mmar.studio.data import Database
from mmar.studio.data.tables import ApiToken, AuditLogEntry, Link, LoginSession, Person
from mmar.studio.security.sessions import begin_session, make_api_token, make_link
from mmar.studio.store import inspection, item_lists, items, people, revisions
from mmar.studio.workflow import Action, Actor, Role
from mmar.studio.workflow.case import LEASE_TIME


@pytest.fixture
def team(database: Database) -> Team:
    return Team(database)


def name(team: Team, item: int, role: Role, person: int | None, by: Actor | None = None) -> None:
    with team.database.write() as session:
        row = revisions.find_item(session, team.project, item, lock=True)
        items.assign(session, team.project, row, by or team.admin, role, person, NOW)


def could(team: Team, item: int) -> dict[str, set[str]]:
    with team.database.read() as session:
        row = revisions.find_item(session, team.project, item)
        case = revisions.load_case(session, team.project, row)
        result = items.candidates(session, team.project, case, NOW)
    return {role: {person.login for person in rows} for role, rows in result.items()}


def test_an_assigned_item_is_offered_to_its_inspector_only(team: Team) -> None:
    first, second = team.send_to_inspection(), team.send_to_inspection()
    name(team, second, Role.INSPECTOR, team.ivo.person)
    assert team.take(team.ina) == first
    assert team.take(team.ivo) == second  # before what anybody may take
    later = NOW + LEASE_TIME
    assert team.take(team.ina, now=later) == first
    with team.database.write() as session, raises("lease"):
        row = revisions.find_item(session, team.project, second)
        inspection.claim_item(session, team.project, row, team.ina, later)
    with team.database.read() as session:
        assert item_lists.waiting(session, team.project, team.ina, later)["inspection"] == 1
    team.answer_blind(second, team.ivo, 1)
    team.act(second, team.ivo, Action.REJECT, rejection=SPOT)
    with team.database.write() as session:
        fixed = msgspec.structs.replace(GOOD, thinking="It comes last, bowed and low.")
        version = revisions.find_item(session, team.project, second).version
        items.save(session, team.project, second, team.anna, fixed, version=version, base=1, why="", now=NOW)
    team.act(second, team.anna, Action.RESUBMIT)
    assert team.take(team.ivo) == second  # what one sent back comes back to one
    team.act(second, team.ivo, Action.APPROVE)
    with team.database.read() as session:
        row = revisions.find_item(session, team.project, second)
        assert revisions.load_case(session, team.project, row).inspector is None
        text = session.execute(
            select(AuditLogEntry.action, AuditLogEntry.detail).where(AuditLogEntry.action == "assigned")
        ).all()
        assert text == [("assigned", "Ivo is to inspect it")]
        assert item_lists.events_of(session, second)[-1].action != "assign"
        assert "assign" in {event.action for event in item_lists.events_of(session, second)}


def test_an_author_or_writer_cannot_be_assigned_to_inspect(team: Team) -> None:
    item = team.send_to_inspection()
    with raises("writer"):
        name(team, item, Role.INSPECTOR, _both(team, item).person)
    assert could(team, item)["inspectors"] == {"admin", "ina", "ivo"}
    with raises("role"):
        name(team, item, Role.INSPECTOR, team.ben.person)
    with raises("role"):
        name(team, item, Role.INSPECTOR, team.ina.person, by=team.ina)
    with raises("state"):
        name(team, item, Role.ANNOTATOR, team.ben.person)
    assert team.take(team.ina) == item
    with raises("lease"):
        name(team, item, Role.INSPECTOR, team.ivo.person)


def _both(team: Team, item: int) -> Actor:
    """The author, who may now inspect as well."""
    with team.database.write() as session:
        person = session.get_one(Person, team.anna.person)
        project = session.merge(team.project)
        people.set_roles(session, project, person, frozenset({Role.ANNOTATOR, Role.INSPECTOR}), team.admin)
        return people.actor_in(session, project.id, person)


def test_an_assigned_writer_becomes_the_author_and_former_writers_cannot_inspect(team: Team) -> None:
    item = team.write_item()
    name(team, item, Role.ANNOTATOR, team.ben.person)
    with team.database.read() as session:
        assert [one.id for one in item_lists.my_items(session, team.project.id, team.ben.person)] == [item]
        assert list(item_lists.my_items(session, team.project.id, team.anna.person)) == []
    team.act(item, team.ben, Action.SUBMIT)
    with raises("own"):
        team.act(item, team.anna, Action.FORWARD)
    team.act(item, team.ben, Action.FORWARD)
    anna = _both(team, item)
    assert team.take(anna) is None
    with raises("writer"):
        name(team, item, Role.INSPECTOR, anna.person)
    with raises("person-missing"):
        name(team, team.write_item(), Role.ANNOTATOR, None)
    with raises("unknown-person"):
        name(team, item, Role.INSPECTOR, 99)


def test_an_assigned_writer_loses_the_inspection_and_an_assignment_can_be_removed(team: Team) -> None:
    item = team.write_item()
    name(team, item, Role.INSPECTOR, team.ivo.person)
    name(team, item, Role.INSPECTOR, team.admin.person)
    name(team, item, Role.ANNOTATOR, team.admin.person)
    team.act(item, team.admin, Action.SUBMIT)
    team.act(item, team.admin, Action.FORWARD)
    name(team, item, Role.INSPECTOR, team.ivo.person)
    assert team.take(team.ina) is None
    name(team, item, Role.INSPECTOR, None)
    assert team.take(team.ina) == item


def test_a_deactivated_person_loses_access(team: Team) -> None:
    held, named = team.send_to_inspection(), team.send_to_inspection()
    name(team, named, Role.INSPECTOR, team.ina.person)
    assert team.take(team.ina) == named
    with team.database.write() as session:
        ina, admin = (session.get_one(Person, one.person) for one in (team.ina, team.admin))
        begin_session(session, ina.id, NOW)
        make_api_token(session, ina.id, "t", NOW)
        make_link(session, ina.id, "password", NOW)
        assert people.set_person_active(session, ina, admin, NOW, active=False) == 1
        assert people.set_person_active(session, ina, admin, NOW, active=False) == 0
        for table in (LoginSession, Link):
            assert session.scalars(select(table).where(table.person_id == ina.id)).all() == []
        assert session.scalars(select(ApiToken.revoked)).all() == [NOW]
        assert people.names_of(session)[ina.id] == "Ina"
        assert ina.id in {person.id for person, _ in people.members(session, team.project.id)}
    assert {team.take(team.ivo), team.take(team.admin)} == {held, named}
    with raises("unknown-person"):
        name(team, held, Role.INSPECTOR, team.ina.person)
    with team.database.write() as session:
        ina, admin = (session.get_one(Person, one.person) for one in (team.ina, team.admin))
        people.set_person_active(session, ina, admin, NOW, active=True)
        assert ina.active


def test_the_last_admin_of_a_project_or_site_cannot_be_removed(team: Team) -> None:
    with team.database.write() as session:
        admin, anna, ben = (session.get_one(Person, one.person) for one in (team.admin, team.anna, team.ben))
        project = session.merge(team.project)
        with raises("state"):
            people.set_person_active(session, admin, admin, NOW, active=False)
        with raises("state"):
            people.set_person_active(session, admin, anna, NOW, active=False)
        for person in (anna, ben):
            people.set_roles(session, project, person, frozenset({Role.ADMIN}), team.admin)
        people.set_roles(session, project, admin, frozenset(), team.admin)
        people.set_person_active(session, anna, admin, NOW, active=False)
        with raises("state"):
            people.set_person_active(session, ben, admin, NOW, active=False)
        # An admin who is shut out does not count when the other one would leave.
        with raises("state"):
            people.set_roles(session, project, ben, frozenset(), team.admin)


def test_a_former_inspectors_reservations_are_released(team: Team) -> None:
    item = team.send_to_inspection()
    name(team, item, Role.INSPECTOR, team.ina.person)
    with team.database.write() as session:
        project, ina = session.merge(team.project), session.get_one(Person, team.ina.person)
        people.set_roles(session, project, ina, frozenset(), team.admin)
    assert team.take(team.ivo) == item
