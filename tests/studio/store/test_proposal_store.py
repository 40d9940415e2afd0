"""Proposals: who sees and reviews them, and that accepting one loses no edit."""

from __future__ import annotations

import msgspec
import pytest
from project_team import GOOD, NOW, Team

from expect import raises
from mmar.studio.data import Database
from mmar.studio.data.item_tables import Proposal, Revision
from mmar.studio.store import drafts, inspection, items, proposals, revisions
from mmar.studio.workflow import ItemContent


@pytest.fixture
def team(database: Database) -> Team:
    return Team(database)


def propose(team: Team, item: int, thinking: str = "Clearer.", revision: int | None = None) -> int:
    with team.database.write() as session:
        return proposals.add_proposal(
            session, team.project.id, "thinking", {"thinking": thinking}, model="text/x", prompt="p", now=NOW,
            item=revisions.find_item(session, team.project, item), revision=revision,
        ).id  # fmt: skip


def write(team: Team, item: int, content: ItemContent, base: int) -> None:
    with team.database.write() as session:
        version = revisions.find_item(session, team.project, item).version
        items.save(
            session, team.project, item, team.anna, content, version=version, base=base, why="", now=NOW
        )


def typed(team: Team, item: int, content: ItemContent) -> None:
    with team.database.write() as session:
        row = revisions.find_item(session, team.project, item)
        drafts.save_draft(session, row, team.anna, content, row.version, row.revision, NOW)


def test_a_draft_stays_when_its_author_accepts_a_proposal(team: Team) -> None:
    item = team.write_item()
    typed(team, item, msgspec.structs.replace(GOOD, question="Which instrument comes in at the"))
    number = propose(team, item)
    with team.database.write() as session:
        proposals.review_proposal(session, team.project, number, team.anna, "accepted", NOW)
    with team.database.read() as session:
        row, draft = session.get_one(Revision, 2), drafts.find_draft(session, item, team.anna.person)
        assert (row.content.question, row.content.thinking) == (GOOD.question, "Clearer.")
        assert draft is not None
        assert (draft.revision, draft.version) == (2, 2)
        assert draft.content.question == "Which instrument comes in at the"
        assert draft.content.thinking == "Clearer."


def test_a_draft_of_the_same_field_stays_and_conflicts_with_the_proposal_when_saved(team: Team) -> None:
    item = team.write_item()
    mine = msgspec.structs.replace(GOOD, thinking="My own words.")
    typed(team, item, mine)
    number = propose(team, item)
    with team.database.write() as session:
        proposals.review_proposal(session, team.project, number, team.anna, "accepted", NOW)
        draft = drafts.find_draft(session, item, team.anna.person)
        assert draft is not None
        assert (draft.content, draft.version) == (mine, 1)
        with pytest.raises(items.StaleSave) as stale:
            items.save(session, team.project, item, team.anna, mine, version=1, base=1, why="", now=NOW)
    assert stale.value.conflict.both == ("thinking",)


def test_a_proposal_for_an_item_that_changed_is_stale(team: Team) -> None:
    item = team.write_item()
    number = propose(team, item)
    write(team, item, msgspec.structs.replace(GOOD, thinking="Better than any model."), 1)
    with team.database.write() as session:
        with raises("stale") as refused:
            proposals.review_proposal(session, team.project, number, team.anna, "accepted", NOW, version=1)
        assert refused.value.code == "stale"
        row = revisions.find_item(session, team.project, item)
        assert revisions.content_of(session, row).thinking == "Better than any model."
        made = proposals.review_proposal(
            session, team.project, number, team.anna, "accepted", NOW, version=row.version
        )
        assert (made.state, made.revision, row.revision) == ("accepted", 1, 3)


def test_a_proposal_records_the_revision_of_its_request(team: Team) -> None:
    item = team.write_item()
    write(team, item, msgspec.structs.replace(GOOD, thinking="Newer."), 1)
    number = propose(team, item, revision=1)
    with team.database.read() as session:
        assert session.get_one(Proposal, number).revision == 1


def test_proposals_are_visible_to_reviewers_who_know_the_key(team: Team) -> None:
    item = team.write_item()
    number = propose(team, item)

    def seen(actor: object) -> tuple[int, int]:
        with team.database.read() as session:
            visible = proposals.visible_proposals(session, team.project.id, actor)  # type: ignore[arg-type]
            count = proposals.count_waiting_proposals(session, team.project.id, actor)  # type: ignore[arg-type]
        assert len(visible) == count.visible
        return count.visible, count.hidden

    assert (seen(team.anna), seen(team.ben), seen(team.ina)) == ((1, 0), (0, 0), (0, 0))
    assert seen(team.admin) == (0, 1)
    for actor in (team.ben, team.ina):
        with team.database.write() as session, raises("own"):
            proposals.review_proposal(session, team.project, number, actor, "refused", NOW)
    with team.database.write() as session:
        row = revisions.find_item(session, team.project, item)
        inspection.mark_key_seen(session, row, team.admin.person, NOW)
    assert seen(team.admin) == (1, 0)
    with team.database.write() as session:
        proposals.review_proposal(session, team.project, number, team.admin, "refused", NOW)
        fate = [(one.state, one.decided_by) for one in proposals.proposals_of(session, item)]
        assert fate == [("refused", team.admin.person)]
    assert seen(team.anna) == (0, 0)
