"""Only items with a clip are inspected where the project requires audio, and only after the clip was played."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from project_team import NOW, Team
from sqlalchemy import select
from sqlalchemy.orm import Session

from expect import raises
from mmar.audio.levels import Levels
from mmar.studio.data import Database
from mmar.studio.data.item_tables import BlindAnswer, Item, Playback
from mmar.studio.data.tables import Clip, Recording
from mmar.studio.store import inspection, item_lists, revisions
from mmar.studio.workflow import Action, State
from mmar.studio.workflow.states import imported_state
from mmar.studio.workflow.statistics import human_performance


@pytest.fixture
def team(database: Database) -> Team:
    return Team(database)


def require_audio(team: Team, session: Session) -> None:
    project = session.merge(team.project)
    project.settings = msgspec.structs.replace(project.settings, needs_audio=True)
    team.project.settings = project.settings


def add_clip(session: Session, team: Team, item: Item, seconds: float) -> None:
    media: dict[str, Any] = {
        "project_id": team.project.id, "path": "a", "sha256": "0", "size": 1, "duration": seconds, "rate": 8000,
        "channels": 1, "created": NOW,
    }  # fmt: skip
    recording = Recording(source=f"x{item.id}", media_type="audio/wav", **media)
    session.add(recording)
    session.flush()
    levels = Levels(-6.0, 0, 0)
    session.add(
        Clip(key=item.clip_key, recording_id=recording.id, levels=levels, fingerprint=b"", alike=(), **media)
    )
    session.flush()


def test_an_item_without_a_clip_is_not_offered_claimed_answered_or_approved(team: Team) -> None:
    item = team.send_to_inspection()
    assert team.take(team.ina) == item  # claimed before the rule was set
    with team.database.write() as session:
        require_audio(team, session)
    with team.database.write() as session:
        assert item_lists.waiting(session, team.project, team.ina, NOW)["inspection"] == 0
    assert team.take(team.ivo) is None
    with team.database.write() as session, raises("audio"):
        inspection.claim_item(
            session, team.project, revisions.find_item(session, team.project, item), team.ina, NOW
        )
    with raises("audio"):
        team.answer_blind(item, team.ina, 1)
    with team.database.write() as session:
        inspection.mark_key_seen(session, session.get_one(Item, item), team.ina.person, NOW)
    with raises("audio"):
        team.act(item, team.ina, Action.APPROVE)


def test_a_blind_answer_needs_the_clip_to_be_played_to_its_end(team: Team) -> None:
    number = team.send_to_inspection()
    with team.database.write() as session:
        require_audio(team, session)
        item = session.get_one(Item, number)
        add_clip(session, team, item, 8.0)
        with raises("listen"):  # it has not even begun
            inspection.finish_playback(session, item, team.ina, NOW)
    assert team.take(team.ina) == number
    with raises("listen"):
        team.answer_blind(number, team.ina, 1)
    with team.database.write() as session:
        item = session.get_one(Item, number)
        inspection.start_playback(session, item, team.ina, NOW)
        with raises("listen"):  # a second later an 8 s clip has not ended at any speed
            inspection.finish_playback(session, item, team.ina, NOW + timedelta(seconds=1))
    with raises("listen"):
        team.answer_blind(number, team.ina, 1)
    with team.database.write() as session:
        item = session.get_one(Item, number)
        inspection.start_playback(session, item, team.ina, NOW + timedelta(seconds=3))  # played again
        inspection.finish_playback(session, item, team.ina, NOW + timedelta(seconds=4))
        case = revisions.load_case(session, team.project, item)
        assert (case.clip, case.played_by) == (True, {team.ina.person})
    team.answer_blind(number, team.ina, 1)
    with team.database.read() as session:
        assert session.scalars(select(BlindAnswer.played)).all() == [True]
        score = human_performance(inspection.blind_ratings(session, team.project.id))
        assert (score.answers, score.right) == (1, 1)
    assert team.act(number, team.ina, Action.APPROVE).state == "approved"


def test_an_answer_without_a_clip_is_possible_where_audio_is_not_required_and_never_counts(
    team: Team,
) -> None:
    number = team.send_to_inspection()
    team.take(team.ina)
    with team.database.write() as session:
        inspection.start_playback(session, session.get_one(Item, number), team.ina, NOW)
        inspection.finish_playback(session, session.get_one(Item, number), team.ina, NOW)
        assert session.scalars(select(Playback)).all() == []
        with raises("role"):
            inspection.start_playback(session, session.get_one(Item, number), team.ben, NOW)
    team.answer_blind(number, team.ina, 1)
    with team.database.read() as session:
        assert session.scalars(select(BlindAnswer.played)).all() == [False]
        assert inspection.blind_ratings(session, team.project.id) == []


@pytest.mark.parametrize(
    ("inspect", "audio", "state"),
    [(False, True, State.DRAFT), (False, False, State.DRAFT), (True, True, State.INSPECTION),
     (True, False, State.PREPARATION)],
)  # fmt: skip
def test_an_import_for_inspection_puts_items_without_audio_into_preparation(
    inspect: bool, audio: bool, state: State
) -> None:
    assert imported_state(inspect=inspect, audio=audio) is state
