"""Importing items again: missing clips, differing fields, invalid names."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from expect import raises

pytest.importorskip("fastapi", reason="the studio's extra is not installed")

import numpy as np
import soundfile
from sqlalchemy import select

from mmar.items import Item as PublicItem
from mmar.studio.config import StudioConfig
from mmar.studio.data import Database
from mmar.studio.data.item_tables import Item, Revision
from mmar.studio.data.tables import Person, Project
from mmar.studio.exchange.imported_clips import items_needing_clips, store_clips
from mmar.studio.exchange.importing import ImportResult, import_items
from mmar.studio.jobs.worker import Worker
from mmar.studio.store import people, projects, revisions
from mmar.studio.store.recordings import clip_of
from mmar.studio.web.app import open_studio
from mmar.studio.web.context import Studio
from mmar.studio.workflow.content import Cue, cue_regions, to_item

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def record(number: int, **more: str) -> PublicItem:
    result = PublicItem(
        id=f"tone-{number}", audio_path=f"./audio/tone-{number}.wav", question=f"Which pitch has tone {number}?",
        choices=("high", "low"), answer="low", modality="music", category="Signal Layer",
        sub_category="Anomaly Detection", url=f"https://youtu.be/abcdefghij{number}", timestamp="0:01,0:02",
    )  # fmt: skip
    return msgspec.structs.replace(result, **more)


def tone(folder: Path, number: int, hertz: float) -> None:
    (folder / "audio").mkdir(parents=True, exist_ok=True)
    wave = 0.3 * np.sin(2 * np.pi * hertz * np.arange(16_000) / 16_000)
    soundfile.write(folder / f"audio/tone-{number}.wav", wave, 16_000)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Studio]:
    made = open_studio(StudioConfig(data=tmp_path / "data"))
    with made.database.write() as session:
        root = people.add_person(session, "root", "Root", NOW, site_admin=True)
        projects.add_project(session, "tones", "Tones", root, NOW)
    yield made
    made.database.close()


def bring_in(
    opened: Studio, *items: PublicItem, folder: Path | None = None, update: bool = False
) -> ImportResult:
    clips = {}
    if folder is not None:
        with opened.database.read() as session:
            wanting = items_needing_clips(session, session.get_one(Project, 1), items)
        clips = store_clips(opened.config.media, folder, wanting)
    with opened.database.write() as session:
        project = session.get_one(Project, 1)
        actor = people.actor_in(session, 1, session.get_one(Person, 1))
        done = import_items(session, project, actor, items, NOW, clips=clips, update=update)
    worker = Worker(opened.config, opened.database, opened.clock)
    while worker.run_next():
        pass
    return done


def clip_hertz(opened: Studio) -> dict[str, str | None]:
    """The pitch of each item's clip in Hz."""
    result = {}
    with opened.database.read() as session:
        for item in session.scalars(select(Item).order_by(Item.id)):
            clip = clip_of(session, item)
            result[item.public_id] = clip and str(round(pitch(opened.config.media / clip.path)))
    return result


def pitch(path: Path) -> float:
    samples, rate = soundfile.read(path)
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * rate / len(samples))


def test_items_without_clips_get_them_from_a_later_import(opened: Studio, tmp_path: Path) -> None:
    items = [record(0), record(1), record(2, url="")]
    assert bring_in(opened, *items).clips == 0
    with opened.database.write() as session:
        session.scalars(select(Item).where(Item.public_id == "tone-1")).one().state = "approved"
    for index in range(3):
        tone(tmp_path, index, 300 + 100 * index)
    done = bring_in(opened, *items, folder=tmp_path)
    assert (done.added, len(done.known), done.clips, done.differing) == (0, 3, 3, [])
    assert clip_hertz(opened) == {"tone-0": "300", "tone-1": "400", "tone-2": "500"}
    with opened.database.read() as session:
        assert session.scalars(select(Item.state).order_by(Item.id)).all() == ["draft", "approved", "draft"]
        # An approved item stays what was approved: the revision that brings the clip is nobody's writing.
        kinds = session.scalars(select(Revision.kind).where(Revision.item_id == 2)).all()
    assert kinds == ["import", "import"]
    # Once more there is nothing to take, and nothing is decoded for it.
    tone(tmp_path, 0, 800)
    again = bring_in(opened, *items, folder=tmp_path)
    assert (again.clips, dict(again.clips_left)) == (0, {})
    assert clip_hertz(opened)["tone-0"] == "300"


def test_a_clip_of_other_segments_is_not_attached(opened: Studio, tmp_path: Path) -> None:
    bring_in(opened, record(0))
    with opened.database.write() as session:
        item = session.get_one(Item, 1)
        actor = people.actor_in(session, 1, session.get_one(Person, 1))
        content = msgspec.structs.replace(revisions.content_of(session, item), timestamp="0:05,0:09")
        revisions.add_revision(session, session.get_one(Project, 1), item, actor, content, "", NOW)
    tone(tmp_path, 0, 300)
    clips = store_clips(opened.config.media, tmp_path, [record(0)])
    with opened.database.write() as session:
        actor = people.actor_in(session, 1, session.get_one(Person, 1))
        done = import_items(session, session.get_one(Project, 1), actor, [record(0)], NOW, clips=clips)
    assert dict(done.clips_left) == {"their URL or segments were edited": 1}
    assert clip_hertz(opened) == {"tone-0": None}


def test_one_path_for_two_clips_is_a_conflict(opened: Studio, tmp_path: Path) -> None:
    tone(tmp_path / "one", 0, 300)
    tone(tmp_path / "other", 0, 700)
    bring_in(opened, record(0), folder=tmp_path / "one")
    theirs = record(0, id="their-tone")
    with raises("clip-conflict"):
        bring_in(opened, theirs, folder=tmp_path / "other")
    assert clip_hertz(opened) == {"tone-0": "300"}
    # One sound under one path may be asked about twice.
    bring_in(opened, theirs, folder=tmp_path / "one")
    assert clip_hertz(opened) == {"tone-0": "300", "their-tone": "300"}


def test_a_file_is_not_used_for_two_clips_of_one_name(opened: Studio, tmp_path: Path) -> None:
    tone(tmp_path, 0, 300)
    items = [record(0, id=name, audio_path=f"./{name}/tone-0.wav") for name in ("one", "two")]
    with raises("clips-not-found"):
        store_clips(opened.config.media, tmp_path / "audio", items)
    assert list(store_clips(opened.config.media, tmp_path / "audio", items[:1])) == ["./one/tone-0.wav"]


def test_a_folder_without_any_of_the_clips_is_an_error(opened: Studio, tmp_path: Path) -> None:
    with raises("clips-not-found"):
        bring_in(opened, record(0), folder=tmp_path)
    with opened.database.read() as session:
        assert session.scalars(select(Item)).all() == []


def test_differing_items_are_counted_and_updated_on_request(opened: Studio) -> None:
    bring_in(opened, record(0), record(1), record(2))
    with opened.database.write() as session:
        session.scalars(select(Item).where(Item.public_id == "tone-1")).one().state = "approved"
    new = [record(0, question="How high?"), record(1, question="How high?"), record(2)]
    done = bring_in(opened, *new)
    assert (done.differing, done.updated) == (["tone-0", "tone-1"], 0)
    assert "2 differ from the file and were not changed" in done.summary
    done = bring_in(opened, *new, update=True)
    assert (done.updated, done.differing, sum(done.left.values())) == (1, [], 1)
    with opened.database.read() as session:
        assert session.scalars(select(Item.question).order_by(Item.id)).all() == [
            "How high?", "Which pitch has tone 1?", "Which pitch has tone 2?",
        ]  # fmt: skip
        newest = session.scalars(select(Revision).where(Revision.item_id == 1)).all()[-1]
        assert (newest.kind, newest.author_id) == ("edit", 1)


def test_times_of_cues_stay_if_the_file_has_none(opened: Studio) -> None:
    bring_in(opened, record(0))
    with opened.database.write() as session:
        item = session.get_one(Item, 1)
        actor = people.actor_in(session, 1, session.get_one(Person, 1))
        cues = (Cue("a hum", 0.1, 0.4), Cue("a click"))
        content = msgspec.structs.replace(revisions.content_of(session, item), cues=cues)
        revisions.add_revision(session, session.get_one(Project, 1), item, actor, content, "", NOW)
        exported = to_item(content, "tone-0", "./audio/tone-0.wav", regions=True)
    assert cue_regions(exported) == [(0.1, 0.4), None]
    assert bring_in(opened, exported).differing == []
    bring_in(opened, record(0, question="How high?", cue=("a click", "a hum")), update=True)
    with opened.database.read() as session:
        now = revisions.content_of(session, session.get_one(Item, 1))
    assert now.question == "How high?"
    assert now.cues == (Cue("a click"), Cue("a hum", 0.1, 0.4))


def test_importing_a_release_does_not_remove_withheld_fields(opened: Studio) -> None:
    full = record(0, thinking="Low, since it hums.", cue=("a hum",), extra={"note": 7})
    bring_in(opened, msgspec.structs.replace(full, names=(*full.names, "note")))
    released = {name: value for name, value in full.to_record().items() if name not in ("thinking", "cue")}
    assert bring_in(opened, PublicItem.from_record(released)).differing == []
    changed = PublicItem.from_record({**released, "question": "How high?", "canary": "c"})
    assert bring_in(opened, changed, update=True).updated == 1
    with opened.database.read() as session:
        now = revisions.content_of(session, session.get_one(Item, 1))
    again = to_item(now, "tone-0", full.audio_path).to_record()
    assert again == {**full.to_record(), "note": 7, "question": "How high?", "canary": "c"}
    # An empty field of the file is said, not left out.
    bring_in(opened, PublicItem.from_record({**released, "thinking": None}), update=True)
    with opened.database.read() as session:
        assert revisions.content_of(session, session.get_one(Item, 1)).thinking == ""


def test_concurrent_imports_of_one_file_add_its_items_once(database: Database) -> None:
    with database.write() as session:
        root = people.add_person(session, "root", "Root", NOW, site_admin=True)
        projects.add_project(session, "tones", "Tones", root, NOW)

    def send(_: int) -> int:
        with database.write() as session:
            actor = people.actor_in(session, 1, session.get_one(Person, 1))
            items = [record(index) for index in range(9)]
            return import_items(session, session.get_one(Project, 1), actor, items, NOW).added

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(send, range(4))) == [0, 0, 0, 9]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"id": "i" * 201}, "text-too-long"),
        ({"id": "two\nlines"}, "invalid-character"),
        ({"audio_path": "../../etc/passwd"}, "unsafe-path"),
        ({"question": "a\0b"}, "invalid-character"),
        ({"question": "?" * 20_001}, "text-too-long"),
        ({"modality": "m" * 61}, "text-too-long"),
    ],
)
def test_an_invalid_item_makes_the_whole_import_fail(
    opened: Studio, wrong: dict[str, str], code: str
) -> None:
    with raises(code):
        bring_in(opened, record(0), record(1, **wrong))
    with opened.database.read() as session:
        assert session.scalars(select(Item)).all() == []
