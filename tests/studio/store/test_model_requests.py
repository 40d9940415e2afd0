"""Who may ask the model about which item, and how often."""

from __future__ import annotations

from datetime import timedelta

import pytest
from project_team import GOOD, NOW, Team
from sqlalchemy import func, select

from expect import raises
from mmar.studio.data import Database
from mmar.studio.data.tables import Job
from mmar.studio.jobs import model_requests
from mmar.studio.jobs.model_requests import request_board_proposal, request_proposal, request_proposals
from mmar.studio.workflow import Actor


@pytest.fixture
def team(database: Database) -> Team:
    return Team(database)


def test_annotators_ask_about_their_own_items_and_leads_about_all(team: Team) -> None:
    item = team.write_item(GOOD)
    for actor in (team.anna, team.admin):
        with team.database.write() as session:
            request_proposal(session, team.project, item, "thinking", actor, NOW)
    for actor, code in ((team.ben, "own"), (team.ina, "role"), (Actor(99, frozenset()), "role")):
        with team.database.write() as session, raises(code):
            request_proposal(session, team.project, item, "thinking", actor, NOW)
    with team.database.write() as session, raises("unknown-kind"):
        request_proposal(session, team.project, item, "poem", team.anna, NOW)


def test_model_requests_for_many_items_cover_only_ones_own(team: Team) -> None:
    mine = [team.write_item(GOOD) for _ in range(3)]

    def clock() -> object:
        return NOW

    assert request_proposals(team.database, team.project, mine, ["thinking", "guess"], team.ben, clock) == (
        0,
        0,
    )  # type: ignore[arg-type]
    assert request_proposals(team.database, team.project, mine, ["thinking", "guess"], team.anna, clock) == (
        6,
        0,
    )  # type: ignore[arg-type]
    with raises("role"):
        request_proposals(team.database, team.project, mine, ["thinking"], team.ina, clock)  # type: ignore[arg-type]


def test_requests_of_an_hour_are_limited_but_for_leads(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_requests, "REQUESTS_PER_HOUR", 2)
    items = [team.write_item(GOOD) for _ in range(4)]
    with team.database.write() as session:
        for item in items[:2]:
            request_proposal(session, team.project, item, "guess", team.anna, NOW)
        with raises("too-many-requests"):
            request_proposal(session, team.project, items[2], "guess", team.anna, NOW + timedelta(minutes=59))
        with raises("too-many-requests"):
            request_board_proposal(session, team.project, "ideas", team.anna, NOW)
        request_proposal(session, team.project, items[2], "guess", team.anna, NOW + timedelta(minutes=61))
        for item in items:
            request_proposal(session, team.project, item, "rubric", team.admin, NOW)
        assert session.scalar(select(func.count()).select_from(Job)) == 7
