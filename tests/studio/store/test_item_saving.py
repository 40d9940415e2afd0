"""Items in the database: the workflow's rules hold, two people never lose each other's work."""

from __future__ import annotations

import threading
from datetime import timedelta

import msgspec
import pytest
from project_team import GOOD, NOW, SPOT, Team
from sqlalchemy import select

from expect import raises
from mmar.studio.data import Database
from mmar.studio.data.item_tables import Revision
from mmar.studio.data.tables import Idea, Project, TaxonomyVersion
from mmar.studio.store import (
    drafts,
    ideas,
    inspection,
    item_lists,
    items,
    people,
    projects,
    proposals,
    revisions,
)
from mmar.studio.store.taxonomy import save_taxonomy
from mmar.studio.workflow import Action, ItemContent, NotAllowed, Role
from mmar.studio.workflow.case import LEASE_TIME
from mmar.studio.workflow.statistics import human_performance
from mmar.studio.workflow.taxonomy import MMAR_TEMPLATE, Layer, Move, Taxonomy


@pytest.fixture
def team(database: Database) -> Team:
    return Team(database)


def test_from_draft_over_rejection_and_correction_to_approval(team: Team) -> None:
    item = team.send_to_inspection()
    assert team.take(team.ina) == item
    team.answer_blind(item, team.ina, 2)
    team.act(item, team.ina, Action.REJECT, rejection=SPOT)
    with team.database.read() as session:
        assert [mine.id for mine in item_lists.my_items(session, team.project.id, team.anna.person)] == [item]
        why = item_lists.last_rejection(session, item)
        assert why is not None
        assert (why.reason, why.field, why.comment, why.start) == (
            "wrong_key",
            "answer",
            "it is a viola",
            1.0,
        )
    fixed = msgspec.structs.replace(GOOD, choices=("Violin", "Viola", "Flute", "Harp"))
    with team.database.write() as session:
        result = revisions.find_item(session, team.project, item)
        items.save(
            session,
            team.project,
            item,
            team.anna,
            fixed,
            version=result.version,
            base=1,
            why="viola",
            now=NOW,
        )
    team.act(item, team.anna, Action.RESUBMIT)
    assert team.take(team.ina) == item
    assert team.act(item, team.ina, Action.APPROVE).state == "approved"
    with team.database.read() as session:
        actions = [event.action for event in item_lists.events_of(session, item)][::-1]
        assert actions == ["save", "submit", "forward", "reject", "save", "resubmit", "approve"]
        assert [revision.number for revision in revisions.revisions_of(session, item)] == [2, 1]
        score = human_performance(inspection.blind_ratings(session, team.project.id))
        assert score.answers == 0  # the item has no clip that anybody could have heard


def test_a_stale_save_loses_no_text(team: Team) -> None:
    item = team.write_item()
    with team.database.write() as session:
        lead_version = msgspec.structs.replace(GOOD, thinking="Bowed, low, last.")
        items.save(session, team.project, item, team.admin, lead_version, version=1, base=1, why="", now=NOW)
    mine = msgspec.structs.replace(GOOD, question="Who comes last?")
    with pytest.raises(items.StaleSave) as caught, team.database.write() as session:
        items.save(session, team.project, item, team.anna, mine, version=1, base=1, why="", now=NOW)
    stale = caught.value
    assert [change.field for change in stale.conflict.theirs] == ["thinking"]
    assert [change.field for change in stale.conflict.yours] == ["question"]
    assert stale.conflict.merged.thinking == "Bowed, low, last."
    with team.database.write() as session:
        items.save(
            session,
            team.project,
            item,
            team.anna,
            stale.conflict.merged,
            version=stale.version,
            base=2,
            why="",
            now=NOW,
        )
    with team.database.read() as session:
        newest = revisions.content_at(session, item, 3)
        assert (newest.question, newest.thinking) == ("Who comes last?", "Bowed, low, last.")


def test_concurrent_inspectors_get_different_items(team: Team) -> None:
    wanted = {team.send_to_inspection() for _ in range(8)}
    inspectors = [team._add(f"inspector{n}", Role.INSPECTOR) for n in range(12)]
    options: list[int | None] = []
    threads = [threading.Thread(target=lambda who=who: options.append(team.take(who))) for who in inspectors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(item for item in options if item is not None) == sorted(wanted)
    assert options.count(None) == 4


def test_a_lease_that_ran_out_gives_the_item_to_the_next(team: Team) -> None:
    item = team.send_to_inspection()
    assert team.take(team.ina) == item
    assert team.take(team.ivo) is None
    assert team.take(team.ina) == item  # one's own item comes back first
    assert team.take(team.ivo, now=NOW + LEASE_TIME) == item


def test_the_key_is_hidden_from_people_who_may_be_asked(team: Team) -> None:
    item = team.send_to_inspection()
    with team.database.write() as session:
        row = revisions.find_item(session, team.project, item)
        assert inspection.key_is_hidden(session, row, team.ina)
        assert not inspection.key_is_hidden(session, row, team.anna)
        inspection.mark_key_seen(session, row, team.ivo.person, NOW)
        assert not inspection.key_is_hidden(session, row, team.ivo)
    assert team.take(team.ivo) == item
    with raises("listen"):
        team.answer_blind(item, team.ivo, 1)


def test_a_new_taxonomy_moves_items_and_reviews_stay_valid(team: Team) -> None:
    item = team.send_to_inspection()
    team.take(team.ina)
    team.answer_blind(item, team.ina, 1)
    team.act(item, team.ina, Action.APPROVE)
    tree = Taxonomy(
        (*MMAR_TEMPLATE.layers[:1], Layer("Perception Layer", ("Music",)), *MMAR_TEMPLATE.layers[2:])
    )
    with raises("items-without-category"), team.database.write() as session:
        save_taxonomy(session, team.project, team.admin, tree, [], base=1, why="x", now=NOW)
    moves = [Move("Perception Layer", "Music Theory", "Perception Layer", "Music")]
    with team.database.write() as session:
        save_taxonomy(session, team.project, team.admin, tree, moves, base=1, why="x", now=NOW)
    with raises("stale"), team.database.write() as session:
        save_taxonomy(session, team.project, team.admin, tree, moves, base=1, why="x", now=NOW)
    with team.database.read() as session:
        row = revisions.find_item(session, team.project, item)
        case = revisions.load_case(session, team.project, row)
        assert (row.sub_category, row.state, row.revision) == ("Music", "approved", 2)
        assert case.approvals == {team.ina.person}
        assert case.writers == {team.anna.person}  # the admin's relabelling is not authorship
        assert session.scalars(select(TaxonomyVersion.number)).all() == [1, 2]
    with raises("role"), team.database.write() as session:
        save_taxonomy(session, team.project, team.anna, tree, [], base=2, why="", now=NOW)


def test_renaming_a_layer_moves_items_ideas_and_targets(
    team: Team,
) -> None:
    item = team.write_item(msgspec.structs.replace(GOOD, sub_category=""))
    with team.database.write() as session:
        project = session.get_one(Project, team.project.id)
        idea = ideas.add_idea(session, project, team.anna, "Chords", "", [], NOW)
        ideas.change_idea(session, project, idea.id, team.anna, category="Perception Layer / Music Theory")
        aims = {
            "Perception Layer|music": 10,
            "Hearing|music": 1,
            "Perception Layer|music|en": 4,
            "language:en": 7,
        }
        project.settings = msgspec.structs.replace(project.settings, targets=aims)
    old = MMAR_TEMPLATE.layers[1]
    tree = Taxonomy((MMAR_TEMPLATE.layers[0], Layer("Hearing", old.subs), *MMAR_TEMPLATE.layers[2:]))
    with raises("items-without-category"), team.database.write() as session:
        project = session.get_one(Project, team.project.id)
        save_taxonomy(session, project, team.admin, tree, [], base=1, why="x", now=NOW)
    moves = [Move(old.name, sub, "Hearing", sub) for sub in (*old.subs, "")]
    with team.database.write() as session:
        project = session.get_one(Project, team.project.id)
        save_taxonomy(session, project, team.admin, tree, moves, base=1, why="x", now=NOW)
    with team.database.read() as session:
        project = session.get_one(Project, team.project.id)
        row = revisions.find_item(session, project, item)
        assert (row.category, row.sub_category) == ("Hearing", "")
        assert session.get_one(Idea, idea.id).category == "Hearing / Music Theory"
        assert project.settings.targets == {"Hearing|music": 11, "Hearing|music|en": 4, "language:en": 7}


def test_each_person_has_a_draft_of_their_own_which_saving_deletes(team: Team) -> None:
    item = team.write_item()
    with team.database.write() as session:
        row = revisions.find_item(session, team.project, item)
        half = ItemContent(question="Half a sen")
        drafts.save_draft(session, row, team.anna, half, 1, 1, NOW)
        drafts.save_draft(session, row, team.anna, half, 1, 1, NOW + timedelta(seconds=1))
    with team.database.read() as session:
        draft = drafts.find_draft(session, item, team.anna.person)
        assert draft is not None
        assert draft.content == half
        assert drafts.find_draft(session, item, team.ben.person) is None
    with team.database.write() as session:
        items.save(session, team.project, item, team.anna, GOOD, version=1, base=1, why="", now=NOW)
    with team.database.read() as session:
        assert drafts.find_draft(session, item, team.anna.person) is None


def test_an_item_of_another_project_is_not_found(team: Team) -> None:
    item = team.write_item()
    with team.database.write() as session:
        other = projects.add_project(session, "other", "Other", team.admin_person, NOW)
        with raises("not-found"):
            revisions.find_item(session, other, item)


def test_a_draft_without_author_belongs_to_whoever_claims_it(team: Team) -> None:
    with team.database.write() as session:
        stub = items.new_item(session, team.project, team.admin, NOW)
        stub.author_id = None
    assert team.take(team.anna, "drafts") == stub.id
    assert team.take(team.ben, "drafts") is None
    with raises("own"), team.database.write() as session:
        items.save(session, team.project, stub.id, team.ben, GOOD, version=0, base=0, why="", now=NOW)
    with team.database.write() as session:
        items.save(session, team.project, stub.id, team.anna, GOOD, version=0, base=0, why="", now=NOW)
    with team.database.read() as session:
        assert revisions.find_item(session, team.project, stub.id).author_id == team.anna.person


def test_a_proposal_changes_nothing_until_it_is_accepted(team: Team) -> None:
    item = team.write_item()
    with team.database.write() as session:
        row = revisions.find_item(session, team.project, item)
        result = proposals.add_proposal(
            session,
            team.project.id,
            "distractors",
            {"distractors": ["Viola", "Bassoon", "Horn"]},
            model="text/x",
            prompt="p",
            now=NOW,
            item=row,
        )
        assert revisions.content_of(session, row) == GOOD
    with pytest.raises(NotAllowed), team.database.write() as session:
        proposals.review_proposal(session, team.project, result.id, team.ben, "accepted", NOW)
    with team.database.write() as session:
        edited = {"distractors": ["Viola", "Bassoon", "Tuba"]}
        proposals.review_proposal(session, team.project, result.id, team.anna, "edited", NOW, edited=edited)
    with raises("stale"), team.database.write() as session:
        proposals.review_proposal(session, team.project, result.id, team.anna, "accepted", NOW)
    with team.database.read() as session:
        newest = session.scalars(select(Revision).order_by(Revision.id.desc()).limit(1)).one()
        assert newest.content.choices == ("Viola", "Cello", "Bassoon", "Tuba")
        assert newest.content.key == "Cello"
        assert "text/x" in newest.why


def test_merging_ideas_counts_each_person_once(team: Team) -> None:
    with team.database.write() as session:
        one = ideas.add_idea(session, team.project, team.anna, "Replay identification", "", ["replay"], NOW)
        two = ideas.add_idea(session, team.project, team.ben, "Is it a recording?", "", ["signal"], NOW)
        for actor in (team.anna, team.ben):
            ideas.vote(session, team.project, two.id, actor)
        ideas.vote(session, team.project, one.id, team.anna)
        ideas.merge_ideas(session, team.project, two.id, one.id, team.ben)
    with team.database.read() as session:
        cards = ideas.idea_board(session, team.project.id, team.anna.person)
        assert [(card.idea.title, card.votes, card.mine, card.merged) for card in cards] == [
            ("Replay identification", 2, True, ("Is it a recording?",))
        ]
        assert cards[0].idea.tags == ("replay", "signal")
    with raises("cannot-merge"), team.database.write() as session:
        ideas.merge_ideas(session, team.project, two.id, one.id, team.ben)


def test_the_last_admin_cannot_be_removed(team: Team) -> None:
    with team.database.write() as session:
        project = session.get(Project, team.project.id)
        assert project is not None
        with raises("state"):
            people.set_roles(session, project, team.admin_person, frozenset(), team.admin)
        with raises("role"):
            people.set_roles(session, project, team.admin_person, frozenset(), team.anna)
