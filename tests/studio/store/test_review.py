"""Accepting many proposals at once."""

from __future__ import annotations

import msgspec
import pytest
from project_team import GOOD, NOW, Team
from sqlalchemy import select
from test_proposal_store import propose, typed, write

from mmar.studio.data import Database
from mmar.studio.data.item_tables import Proposal
from mmar.studio.data.tables import AuditLogEntry
from mmar.studio.store import drafts, proposals, revisions
from mmar.studio.store.proposals import accept_proposals
from mmar.studio.workflow import Actor, ItemContent


@pytest.fixture
def team(database: Database) -> Team:
    return Team(database)


def take(team: Team, actor: Actor, kind: str = "", **only: int) -> tuple[int, list[str]]:
    with team.database.read() as session:
        result = proposals.acceptable_proposals(session, team.project.id, actor, kind=kind, **only)
    result = accept_proposals(team.database, team.project, result, actor, lambda: NOW)
    return result.done, sorted(result.left)


def content(team: Team, item: int) -> ItemContent:
    with team.database.read() as session:
        return revisions.content_of(session, revisions.find_item(session, team.project, item))


def wrong_choices(team: Team, item: int) -> int:
    with team.database.write() as session:
        return proposals.add_proposal(
            session, team.project.id, "distractors", {"distractors": ["A drum", "A harp", "A horn"]},
            model="text/x", prompt="p", now=NOW, item=revisions.find_item(session, team.project, item),
        ).id  # fmt: skip


def test_many_proposals_are_accepted_with_a_revision_each(team: Team) -> None:
    some = [team.write_item() for _ in range(6)]
    for item in some:
        propose(team, item)
        wrong_choices(team, item)
    assert take(team, team.ben) == (0, [])  # another annotator is offered none of them
    assert take(team, team.anna, "distractors", item_id=some[0]) == (1, [])
    # A lead who may still be asked to answer them by ear takes over nothing that they may not look at.
    assert take(team, team.admin) == (0, [])
    assert take(team, team.anna) == (11, [])
    for item in some:
        now = content(team, item)
        assert (now.thinking, now.key) == ("Clearer.", GOOD.key)
        assert set(now.choices) == {"A drum", "A harp", "A horn", GOOD.key}
    with team.database.read() as session:
        rows = revisions.revisions_of(session, some[0])
        assert [row.author_id for row in rows] == [team.anna.person] * 3
        decided = session.execute(select(Proposal.state, Proposal.decided_by).distinct()).all()
        assert decided == [("accepted", team.anna.person)]
        text = session.scalars(select(AuditLogEntry.detail).where(AuditLogEntry.action == "accepted")).all()
        assert text == ["1 proposals", "11 proposals"]
    assert take(team, team.anna) == (0, [])


def test_a_proposal_stays_open_if_the_field_changed_since_the_request(team: Team) -> None:
    same, reworded, other = (team.write_item() for _ in range(3))
    for item in (same, reworded, other):
        propose(team, item)
    write(team, same, msgspec.structs.replace(GOOD, thinking="My own words."), 1)
    write(team, reworded, msgspec.structs.replace(GOOD, question="Another question altogether?"), 1)
    write(team, other, msgspec.structs.replace(GOOD, language="zh"), 1)
    done, left = take(team, team.anna)
    assert done == 1
    assert [words.partition(" since")[0] for words in left] == [
        "the question or the key changed",
        "the same field changed",
    ]
    assert content(team, same).thinking == "My own words."
    assert content(team, reworded).thinking == GOOD.thinking
    assert (content(team, other).thinking, content(team, other).language) == ("Clearer.", "zh")
    with team.database.read() as session:
        assert sorted(proposals.acceptable_proposals(session, team.project.id, team.anna)) == [1, 2]


def test_a_proposal_stays_open_while_the_author_edits_the_field(team: Team) -> None:
    item, other = team.write_item(), team.write_item()
    typed(team, item, msgspec.structs.replace(GOOD, thinking="Half a sent"))
    typed(team, other, msgspec.structs.replace(GOOD, language="zh"))
    propose(team, item)
    propose(team, other)
    assert take(team, team.anna) == (1, ["the author is editing the same field; review them one by one"])
    with team.database.read() as session:
        stored = drafts.find_draft(session, item, team.anna.person)
        assert stored is not None
        assert stored.content.thinking == "Half a sent"


def test_later_proposals_are_not_accepted_and_states_are_checked(team: Team) -> None:
    item = team.write_item()
    first, second = propose(team, item), wrong_choices(team, item)
    assert take(team, team.anna, upto=first) == (1, [])
    sent = team.send_to_inspection()
    propose(team, sent)
    done, left = take(team, team.anna)
    assert (done, len(left)) == (1, 1)  # what is being inspected is not changed under an inspector
    with team.database.read() as session:
        assert session.get_one(Proposal, second).state == "accepted"
